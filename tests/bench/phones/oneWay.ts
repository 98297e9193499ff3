import { setTimeout as delay } from 'node:timers/promises';
import type { Switchroom } from '../../support/Switchroom.ts';
import { percentile } from '../invite.ts';
import { audible, packetDelays } from './packetDelays.ts';
import { longestStall, stoodStill, type WireLog } from './WireLog.ts';
import { WirePhones } from './WirePhones.ts';
import { talk } from './talk.ts';

const FRAME_MS = 20;
/** Jitter buffers find their depth, the one who talks is found to be alone. */
const SETTLE_MS = 3000;
const LISTEN_MS = 3000;
/** A machine that stands still for longer is seen in a figure that is to be 12 ms, ms. */
const STOOD_STILL_MS = 5;

export interface OneWay {
  /** One way of each packet of the talker, ms; sorted. */
  delays: number[];
  /** Those during which the machine itself stood still; not among `delays`. */
  apart: number[];
  /** Packets whose sound was not found again. */
  unheard: number;
  /** How late the measuring phones were in sending, and in reading (which is not in the figure), ms. */
  lateSending: number;
  lateReading: number;
  /** The longest time that the machine stood still, and that others kept an ordinary thread waiting, ms. */
  machineStall: number;
  neighbourStall: number;
  isRealTime: boolean;
}

/**
 * One way from phone to phone: one talks, one listens, a fresh meeting each call, in a steady state. The phase between
 * the two phones' packets is random, evenly spread over the calls. What a delay is: `packetDelays`.
 */
export async function oneWay(switchroom: Switchroom, calls: number): Promise<OneWay> {
  const figures = empty(true);
  for (let call = 0; call < calls; call++) {
    const between = ((call + Math.random()) / calls) * FRAME_MS;
    // New phones each time: nothing of one call is left in the next.
    await WirePhones.during(2, async (phones) => {
      figures.isRealTime &&= phones.isRealTime;
      add(figures, await oneCall(switchroom, phones, between));
    });
  }
  figures.delays.sort((a, b) => a - b);
  return figures;
}

/** The figure in words, and beneath it what is to be known of the machine. */
export function wordsOf(figures: OneWay): string {
  const { delays, apart, unheard } = figures;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const list = apart.length === 0 ? 'none' : `${apart.length}, up to ${ms(Math.max(...apart))}`;
  const phones = figures.isRealTime ? 'at real-time priority' : 'WITHOUT real-time priority';
  return [
    `median ${ms(percentile(delays, 0.5))}, p99 ${ms(percentile(delays, 0.99))}, ` +
      `longest ${ms(delays.at(-1) ?? NaN)} of ${delays.length} packets, ${unheard} not heard`,
    `apart, while the machine stood still for more than ${STOOD_STILL_MS} ms: ${list} ` +
      `(longest ${ms(figures.machineStall)}); others had it for up to ${ms(figures.neighbourStall)}`,
    `the measuring phones, ${phones}, sent up to ${ms(figures.lateSending)} late and read up to ` +
      `${ms(figures.lateReading)} late`,
  ].join('\n    ');
}

async function oneCall(
  switchroom: Switchroom,
  phones: WirePhones,
  betweenMs: number,
): Promise<ReturnType<typeof judge>> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const phase = Math.random() * FRAME_MS;
  const talker = await phones.join(meeting, phase);
  const listener = await phones.join(meeting, (phase + betweenMs) % FRAME_MS);
  try {
    await talker.say(talk());
    await delay(SETTLE_MS);
    talker.note();
    listener.note();
    await delay(LISTEN_MS);
    return judge(await phones.log(), talker.index, listener.index);
  } finally {
    await Promise.all([talker.hangUp(), listener.hangUp()]);
  }
}

function judge(log: WireLog, talker: number, listener: number) {
  const [said, heard] = [log.side(talker).sent, log.side(listener).received];
  const [from, until] = [said[0]?.at ?? 0, heard.at(-1)?.at ?? 0];
  // The last of it may not have come yet when listening ended.
  const whole = audible(said).filter(({ at }) => at < until - 500);
  const passages = packetDelays(whole, heard);
  const isApart = passages.map(({ sentAt, heardAt }) =>
    stoodStill(log.machineStalls, {
      from: sentAt - FRAME_MS,
      until: heardAt,
      longerThan: STOOD_STILL_MS,
    }),
  );
  const within = (stall: { from: number; until: number }): boolean =>
    stall.from > from && stall.until < until;
  return {
    delays: passages.filter((_, i) => !isApart[i]).map((passage) => passage.delay),
    apart: passages.filter((_, i) => isApart[i]).map((passage) => passage.delay),
    unheard: whole.length - passages.length,
    lateSending: Math.max(0, ...said.map(({ late }) => late)),
    lateReading: Math.max(0, ...heard.map(({ late }) => late)),
    machineStall: longestStall(log.machineStalls.filter(within)),
    neighbourStall: longestStall(log.neighbourStalls.filter(within)),
  };
}

function empty(isRealTime: boolean): OneWay {
  const lateness = { lateSending: 0, lateReading: 0, machineStall: 0, neighbourStall: 0 };
  return { delays: [], apart: [], unheard: 0, ...lateness, isRealTime };
}

function add(sum: OneWay, call: ReturnType<typeof judge>): void {
  sum.delays.push(...call.delays);
  sum.apart.push(...call.apart);
  sum.unheard += call.unheard;
  for (const key of ['lateSending', 'lateReading', 'machineStall', 'neighbourStall'] as const)
    sum[key] = Math.max(sum[key], call[key]);
}
