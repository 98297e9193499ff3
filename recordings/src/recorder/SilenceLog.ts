import type { Gap, TimelineEvent } from '@switchroom/protocol';

/** Shorter ones are no gap: who is silent sends something every 400 ms. */
const SHORTEST_MS = 1000;

interface Span {
  fromMs: number;
  /** `null`: it goes on. */
  toMs: number | null;
}

interface Silence extends Span {
  toMs: number;
}

/** A track as its gaps are concerned. */
interface TrackOf {
  id: string;
  participantId: string;
}

/**
 * Where a track has no packets, and why, as far as the recorder knows: so that each second of a track is sound or a gap that the
 * manifest states. All in ms of the recording's clock.
 */
export class SilenceLog {
  /** By track. */
  readonly #silences = new Map<string, Silence[]>();
  /** When the server was lost, by track: up to when it offered the participant's sound again. */
  readonly #lost = new Map<string, Span[]>();

  /** Nothing came for a track from one place to another. */
  add(track: string, fromMs: number, toMs: number): void {
    const [from, to] = [Math.ceil(fromMs), Math.floor(toMs)];
    if (to - from < SHORTEST_MS) return;
    entryOf(this.#silences, track).push({ fromMs: from, toMs: to });
  }

  /** The server went away, and what it sent with it. */
  lost(tracks: Iterable<string>, atMs: number): void {
    for (const track of tracks) {
      const spans = entryOf(this.#lost, track);
      if (spans.at(-1)?.toMs !== null) spans.push({ fromMs: atMs, toMs: null });
    }
  }

  /** The server offers the track's participant, maybe again. */
  found(track: string, atMs: number): void {
    const last = this.#lost.get(track)?.at(-1);
    if (last?.toMs === null) last.toMs = atMs;
  }

  /** What there is no sound of. What is in a pause is stated as such already. */
  gaps(
    tracks: readonly TrackOf[],
    timeline: readonly TimelineEvent[],
    pauses: readonly Gap[],
  ): Gap[] {
    return tracks.flatMap(({ id, participantId }) => {
      const reasons: [Gap['reason'], Span[]][] = [
        ['paused', pauses.filter(({ file }) => file === id)],
        ['server-lost', this.#lost.get(id) ?? []],
        ['muted', mutes(timeline, participantId)],
      ];
      const silences = this.#silences.get(id) ?? [];
      return silences.flatMap((silence) => explained(id, silence, reasons));
    });
  }
}

/** Cuts a silence by what explains it; what nothing explains is nobody's doing that the recorder knows of. */
function explained(file: string, silence: Silence, reasons: [Gap['reason'], Span[]][]): Gap[] {
  const gaps: Gap[] = [];
  let rest = [silence];
  for (const [reason, spans] of [...reasons, ['no-packets', [ALWAYS]] as const]) {
    for (const span of spans) {
      const [from, to] = [span.fromMs, span.toMs ?? Infinity];
      rest = rest.flatMap(({ fromMs, toMs }) => {
        const inner = { fromMs: Math.max(fromMs, from), toMs: Math.min(toMs, to) };
        if (inner.toMs <= inner.fromMs) return [{ fromMs, toMs }];
        gaps.push({ file, ...inner, reason });
        const before = { fromMs, toMs: inner.fromMs };
        const after = { fromMs: inner.toMs, toMs };
        return [before, after].filter((part) => part.toMs > part.fromMs);
      });
    }
  }
  return gaps
    .filter((gap) => gap.reason !== 'paused' && gap.toMs! - gap.fromMs >= SHORTEST_MS)
    .sort((a, b) => a.fromMs - b.fromMs);
}

const ALWAYS: Span = { fromMs: 0, toMs: null };

function mutes(timeline: readonly TimelineEvent[], participantId: string): Span[] {
  const spans: Span[] = [];
  for (const { event, atMs, participantId: who } of timeline) {
    const last = spans.at(-1);
    if (who !== participantId) continue;
    if (event === 'muted') spans.push({ fromMs: atMs, toMs: null });
    else if (['unmuted', 'left'].includes(event) && last?.toMs === null) last.toMs = atMs;
  }
  return spans;
}

function entryOf<T>(map: Map<string, T[]>, key: string): T[] {
  const found = map.get(key) ?? [];
  map.set(key, found);
  return found;
}
