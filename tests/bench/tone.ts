import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tone } from '../support/audio/tones.ts';
import { Switchroom } from '../support/Switchroom.ts';
import { judgeTone, type Breaking } from './phones/judgeTone.ts';
import { longestStall, type Stall, type WireLog, type WirePacket } from './phones/WireLog.ts';
import { WirePhones } from './phones/WirePhones.ts';
import { machine } from './report.ts';
import { OTHER_TONE, WATCHED_TONE } from './ToneWatch.ts';

/*
 * `npm run bench:tone`: a tone of one phone through the whole of Switchroom to another, in real time, for half an hour
 * (`-- --minutes=30`). A third phone breaks in every 20 s, so that the mix has one talker and two in turn. The phones
 * are `wirephones.c`, at real-time priority; all that was heard is looked at afterwards.
 */
const LONGEST_GAP_MS = 5;
const SETTLE_MS = 4000;
const ROUND_MS = 20_000;
/** How long the third phone says something, and how long until nothing of it is in the mix any more. */
const MURMUR_MS = 1000;
const FADED_MS = 2000;
const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Math.max(0.2, Number(options.minutes) || 30);

const switchroom = await Switchroom.start({ env: { LOG_LEVEL: 'warn' } });
try {
  await WirePhones.during(3, async (phones) => {
    const heard = await listen(phones);
    console.log(machine());
    const met = report(heard, phones.isRealTime);
    process.exitCode = met ? 0 : 1;
  });
} finally {
  await switchroom.stop();
}

interface Heard {
  said: readonly WirePacket[];
  heard: readonly WirePacket[];
  /** When the third phone could be heard. */
  breaking: readonly Breaking[];
  log: WireLog;
}

/** The call: all that was said and heard in it. */
async function listen(phones: WirePhones): Promise<Heard> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const speaker = await phones.join(meeting, 3);
  await speaker.say(tone({ frequency: WATCHED_TONE, seconds: 1, amplitude: 0.1 }));
  const listener = await phones.join(meeting, 10);
  const other = await phones.join(meeting, 17);
  await delay(SETTLE_MS);
  for (const phone of [speaker, listener, other]) phone.note();
  const until = performance.now() + minutes * 60_000;
  for (;;) {
    await delay(Math.max(0, Math.min(ROUND_MS - MURMUR_MS, until - performance.now())));
    if (performance.now() >= until) break;
    // A tenth of the level of the tone, or less.
    await other.say(tone({ frequency: OTHER_TONE, seconds: 1, amplitude: 0.012 }));
    await delay(MURMUR_MS);
    await other.say();
  }
  const log = await phones.log();
  await Promise.all([speaker, listener, other].map((phone) => phone.hangUp()));
  const isSound = ({ samples }: WirePacket): boolean => samples.some((one) => Math.abs(one) > 100);
  return {
    said: log.side(speaker.index).sent,
    heard: log.side(listener.index).received,
    breaking: log
      .side(other.index)
      .sent.filter(isSound)
      .map(({ at }) => ({ from: at, until: at + FADED_MS })),
    log,
  };
}

/** Says it in words; gives whether the aim is met. */
function report({ said, heard, breaking, log }: Heard, isRealTime: boolean): boolean {
  const { listenedMs, longestGapMs, gaps, clicks, apart } = judgeTone(
    heard,
    breaking,
    log.machineStalls,
  );
  const met = longestGapMs <= LONGEST_GAP_MS;
  const [from, until] = [heard[0]?.at ?? 0, heard.at(-1)?.at ?? 0];
  const meanwhile = (stalls: readonly Stall[]): number =>
    longestStall(stalls.filter((stall) => stall.until > from && stall.from < until));
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const most = (values: readonly number[]): string =>
    ms(values.reduce((a, b) => Math.max(a, b), 0));
  console.log(
    `${(listenedMs / 60_000).toFixed(1)} min of a tone: longest gap ${ms(longestGapMs)}, ${gaps} of more than ` +
      `5 ms, ${clicks} clicks   aim: no gap above ${LONGEST_GAP_MS} ms: ${met ? 'met' : 'MISSED'}`,
  );
  console.log(
    `apart, while the machine itself stood still: ${apart.gaps} gaps of more than 5 ms (longest ` +
      `${ms(apart.longestGapMs)}), ${apart.clicks} clicks; it stood still for up to ` +
      `${ms(meanwhile(log.machineStalls))}, others had it for up to ${ms(meanwhile(log.neighbourStalls))}`,
  );
  // The one depends on the phones, the other on what a phone's jitter buffer must bear.
  console.log(
    `the phones (${isRealTime ? 'at' : 'WITHOUT'} real-time priority) sent up to ` +
      `${most(said.map(({ late }) => late))} late; between two packets heard lay up to ` +
      most(heard.map(({ at }, i) => at - (heard[i - 1]?.at ?? at))),
  );
  return met;
}
