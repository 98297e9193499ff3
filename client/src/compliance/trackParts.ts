import type { Gap, TimelineEvent, TimelineView, TrackView } from '@switchroom/protocol';
import type { Span } from './RecordingsApi.ts';

/** What a track can be besides sound: on hold, damaged since, or without sound for one of the manifest's reasons. */
export type PartKind = 'held' | 'damaged' | Gap['reason'];

export interface TrackPart extends Span {
  kind: PartKind;
}

/** A gap begins and ends with packets, a hold or a mute with what was said of it: they are so far apart at most, ms. */
const APART_MS = 1500;

/**
 * Where the participant of a track was muted or on hold, and where there is no sound for another reason, in order. A gap
 * that a mute or a hold explains is not told twice. `damage`: what the vault cannot read any more.
 */
export function partsOf(
  { id, participantId }: Pick<TrackView, 'id' | 'participantId'>,
  { events, gaps }: TimelineView,
  durationMs: number,
  damage: readonly Span[] = [],
): TrackPart[] {
  const own = events.filter((event) => event.participantId === participantId);
  const said = [
    ...spansOf(own, { kind: 'muted', end: 'unmuted' }, durationMs),
    ...spansOf(own, { kind: 'held', end: 'resumed' }, durationMs),
  ];
  const isTold = ({ fromMs, toMs }: TrackPart): boolean =>
    said.some((part) => part.fromMs - APART_MS <= fromMs && toMs <= part.toMs + APART_MS);
  const silent = gaps
    .filter(({ file }) => file === id)
    .map(({ reason, fromMs, toMs }) => ({ kind: reason, fromMs, toMs: toMs ?? durationMs }))
    .filter((gap) => !['muted', 'no-packets'].includes(gap.kind) || !isTold(gap));
  return [...said, ...silent, ...damagedParts(damage)].sort((a, b) => a.fromMs - b.fromMs);
}

export function damagedParts(damage: readonly Span[]): TrackPart[] {
  return damage.map((part) => ({ kind: 'damaged', ...part }));
}

/** Where a part lies on a lane that is as wide as the recording is long. */
export function styleOf(
  { fromMs, toMs }: Span,
  durationMs: number,
): { left: string; width: string } {
  const share = (ms: number): string => `${(ms / durationMs) * 100}%`;
  return { left: share(fromMs), width: share(toMs - fromMs) };
}

/** The kinds that occur, each once. */
export function kindsOf(parts: Iterable<TrackPart>): PartKind[] {
  return [...new Set(Array.from(parts, ({ kind }) => kind))];
}

function spansOf(
  events: readonly TimelineEvent[],
  { kind, end }: { kind: 'muted' | 'held'; end: TimelineEvent['event'] },
  durationMs: number,
): TrackPart[] {
  const spans: TrackPart[] = [];
  let fromMs: number | undefined;
  for (const { event, atMs } of events) {
    if (event === kind) fromMs ??= atMs;
    if (fromMs === undefined || (event !== end && event !== 'left')) continue;
    spans.push({ kind, fromMs, toMs: atMs });
    fromMs = undefined;
  }
  if (fromMs !== undefined) spans.push({ kind, fromMs, toMs: durationMs });
  return spans;
}
