import type { StatementsView } from '@switchroom/protocol';
import { MIX_ID } from '../format/ids.ts';
import type { Manifest } from '../format/manifest.ts';

/** What a manifest says of consent, of the pauses, which are those of the mix, and of when what happened. */
export function statementsOf(manifest: Manifest): StatementsView {
  const { consentPolicy, consents, gaps, timeline } = manifest;
  const pauses = gaps.flatMap(({ file, reason, fromMs, toMs, by }) =>
    file === MIX_ID && reason === 'paused' && by ? [{ fromMs, toMs, by }] : [],
  );
  return {
    consents: { policy: consentPolicy, consents: inOrder(consents), pauses },
    timeline: { events: inOrder(timeline), gaps },
  };
}

function inOrder<T extends { atMs: number }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => a.atMs - b.atMs);
}
