import type { Gap } from '@switchroom/protocol';
import { MIX_ID } from '../format/ids.ts';
import type { Manifest, ManifestFile } from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { unknownEntry } from './Tally.ts';

type Entry = Manifest['ledger'][number];

/*
 * What a recorder that died had noted of its tracks, as far as its files bear it out: a note can be of what it was about
 * to write.
 */

/** An entry for each track: where the last record may be missing, nobody knows what was written. */
export function leftLedger(ledger: readonly Entry[], files: readonly ManifestFile[]): Entry[] {
  const tracks = files.filter(({ id }) => id !== MIX_ID).map(({ id }) => id);
  const unknown = tracks.filter((id) => !ledger.some(({ track }) => track === id));
  return [...ledger, ...unknown.map(unknownEntry)].map((entry) => {
    const file = files.find(({ id }) => id === entry.track);
    if (file?.endedCleanly === true || entry.upToMs !== undefined) return entry;
    const upToMs = Math.ceil((file?.endPosition ?? 0) / SAMPLES_PER_MS);
    return { ...entry, written: 'unknown', sounding: 'unknown', upToMs };
  });
}

/** Up to where each file ends: what comes then is stated as the death of its recorder. */
export function leftGaps(gaps: readonly Gap[], files: readonly ManifestFile[]): Gap[] {
  return gaps.flatMap((gap) => {
    const file = files.find(({ id }) => id === gap.file);
    // Nobody was left to end a pause either.
    if (file === undefined || file.endedCleanly || gap.reason === 'paused') return [gap];
    const toMs = Math.min(gap.toMs ?? Infinity, Math.ceil(file.endPosition / SAMPLES_PER_MS));
    return toMs > gap.fromMs ? [{ ...gap, toMs }] : [];
  });
}
