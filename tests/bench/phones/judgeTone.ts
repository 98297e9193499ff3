import { ToneWatch } from '../ToneWatch.ts';
import { stoodStill, type Stall, type WirePacket } from './WireLog.ts';

/** A machine that stands still for less makes no gap of more than 5 ms. */
const STOOD_STILL_MS = 5;
/** What the machine did so long before a packet can still be heard in it: no jitter buffer is deeper. */
const FELT_MS = 250;

/** When somebody else is heard besides the tone. */
export type Breaking = Stall;

export interface ToneVerdict {
  listenedMs: number;
  longestGapMs: number;
  /** Of more than 5 ms. */
  gaps: number;
  clicks: number;
  /** The same, of what was heard while the machine itself stood still, or just after it. */
  apart: { longestGapMs: number; gaps: number; clicks: number };
}

/**
 * Listens to a tone afterwards. A gap is where the stream that came, laid out by its own timestamps, lacks the tone:
 * packets that never came or came after those that follow them, and stretches of 2 ms at less than half its level. A
 * packet that is only late is none: that is what a phone's jitter buffer is for. A click is a sample that does not go on
 * as the sine did. Packets that were heard while the machine stood still, or just after, are judged apart.
 */
export function judgeTone(
  heard: readonly WirePacket[],
  breaking: readonly Breaking[],
  stalls: readonly Stall[],
): ToneVerdict {
  const long = stalls.filter(({ from, until }) => until - from > STOOD_STILL_MS);
  const watch = new ToneWatch();
  const [met, apart] = [nothing(), nothing()];
  let listenedMs = 0;
  const first = heard[0]?.timestamp ?? 0;
  for (const { at, timestamp, samples } of heard) {
    watch.isMixed = breaking.some(({ from, until }) => from <= at && at <= until);
    const before = { gaps: watch.gaps, clicks: watch.clicks };
    watch.longestGapMs = 0;
    watch.push((timestamp - first) | 0, samples);
    listenedMs = watch.listenedMs;
    const span = { from: at - FELT_MS, until: at, longerThan: STOOD_STILL_MS };
    const sum = stoodStill(long, span) ? apart : met;
    sum.gaps += watch.gaps - before.gaps;
    sum.clicks += watch.clicks - before.clicks;
    sum.longestGapMs = Math.max(sum.longestGapMs, watch.longestGapMs);
  }
  return { listenedMs, ...met, apart };
}

function nothing(): ToneVerdict['apart'] {
  return { longestGapMs: 0, gaps: 0, clicks: 0 };
}
