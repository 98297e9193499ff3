import { BLOCK_MS } from './countingTones.ts';
import type { Kill, Victim } from './killing.ts';

/*
 * The rule. Every tenth of a second that a phone said is in a sealed recording, but for
 * - one second before a recorder was killed: what it had not written yet;
 * - from any kill on, the time in which no recorder could hear the phone: up to the begin of its next track, as the
 *   recordings themselves state it (the phone's room, its stream or the recorder was not there).
 * When a recorder is killed and the other one is well, its next track begins within 3 s; when the server or the SFU's
 * worker is killed and nothing else, within 10 s.
 */
const LOST_BY_RECORDER_MS = 1000;
/** Sound is under way for so long, and blocks are not cut finer. */
const BLUR_MS = 300;
/** At the beginning each phone is told that the meeting is recorded, and is not in the room meanwhile. */
const ANNOUNCEMENT_MS = 6000;
const REPLACED_MS = { recorder: 3000, server: 10_000, worker: 10_000 };
/** What else was killed so shortly before is not well: a recorder has to start, and the others are taken one by one. */
const WELL_AFTER_MS = { recorder: 15_000, server: 5000, worker: 5000 };

export interface Party {
  name: string;
  saidAt: readonly number[];
  heard: ReadonlySet<number>;
  /** When its tracks in sealed recordings begin, ms since 1970, rising. */
  tracks: readonly number[];
}

export interface Account {
  /** What is accounted for, ms since 1970. */
  from: number;
  to: number;
  saidMs: number;
  recordedMs: number;
  /** Missing within the rule, and beyond it. */
  excusedMs: number;
  unexcused: string[];
  /** By what was killed, while nothing else was: from there to the next track, ms. */
  replacedMs: Record<Exclude<Victim, 'idle recorder'>, number[]>;
}

interface Span {
  from: number;
  to: number;
}

export function accountFor(
  { name, saidAt, heard, tracks }: Party,
  kills: readonly Kill[],
): Account {
  const told = (saidAt[Math.min(...heard)] ?? 0) + ANNOUNCEMENT_MS;
  const first = Math.min(...[...heard].filter((block) => saidAt[block]! >= told));
  const last = Math.max(...heard);
  const end = saidAt[last] ?? 0;
  const excuses = kills.map((one) => excuseOf(one, tracks, end));
  const account: Account = {
    ...{ from: saidAt[first] ?? 0, to: end },
    ...{
      saidMs: (last - first + 1) * BLOCK_MS,
      recordedMs: [...heard].filter((block) => block >= first).length * BLOCK_MS,
    },
    ...{ excusedMs: 0, unexcused: [], replacedMs: { recorder: [], server: [], worker: [] } },
  };
  for (const { from, to } of missing(first, last, heard)) {
    const [start, stop] = [saidAt[from]!, saidAt[to]! + BLOCK_MS];
    if (isCovered(start, stop, excuses)) {
      account.excusedMs += (to - from + 1) * BLOCK_MS;
    } else {
      const near = kills.map(({ victim, at }) => `${victim} ${at - start}`).join(', ');
      account.unexcused.push(`${name}: ${stop - start} ms at ${start} (kills, ms after: ${near})`);
    }
  }
  for (const one of kills) {
    const next = tracks.find((begin) => begin > one.at);
    if (one.victim === 'idle recorder' || next === undefined) continue;
    const took = next - one.at;
    const alone = {
      from: one.at - WELL_AFTER_MS[one.victim],
      to: one.at + Math.min(took, REPLACED_MS[one.victim]),
    };
    if (kills.some((other) => other !== one && other.at > alone.from && other.at < alone.to))
      continue;
    account.replacedMs[one.victim].push(took);
    if (took > REPLACED_MS[one.victim]) {
      account.unexcused.push(`${name}: after the ${one.victim} killed at ${one.at} ${took} ms`);
    }
  }
  return account;
}

function excuseOf({ victim, at }: Kill, tracks: readonly number[], end: number): Span {
  if (victim === 'idle recorder') return { from: at, to: at };
  const back = tracks.find((begin) => begin > at) ?? end;
  const before = victim === 'recorder' ? LOST_BY_RECORDER_MS : 0;
  return { from: at - before - BLUR_MS, to: back + BLUR_MS };
}

function isCovered(from: number, to: number, spans: readonly Span[]): boolean {
  let covered = from;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (span.from <= covered) covered = Math.max(covered, span.to);
  }
  return covered >= to;
}

/** Runs of blocks that were not heard. A single one is where a tone was cut by the window, or concealed. */
function* missing(
  first: number,
  last: number,
  heard: ReadonlySet<number>,
): Generator<{ from: number; to: number }> {
  let from: number | undefined;
  for (let block = first; block <= last + 1; block++) {
    const isMissing = block <= last && !heard.has(block);
    if (isMissing) from ??= block;
    if (isMissing || from === undefined) continue;
    if (block - from > 1) yield { from, to: block - 1 };
    from = undefined;
  }
}
