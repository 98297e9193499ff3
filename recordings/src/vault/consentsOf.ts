import type { ConsentsView } from '@switchroom/protocol';
import { MIX_ID } from '../format/ids.ts';
import type { Manifest } from '../format/manifest.ts';

/** What a manifest says of consent, and of the pauses, which are those of the mix. */
export function consentsOf({ consentPolicy, consents, gaps }: Manifest): ConsentsView {
  return {
    policy: consentPolicy,
    consents: consents.toSorted((a, b) => a.atMs - b.atMs),
    pauses: gaps.flatMap(({ file, reason, fromMs, toMs, by }) =>
      file === MIX_ID && reason === 'paused' && by ? [{ fromMs, toMs, by }] : [],
    ),
  };
}
