import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { SoftPhone, sine } from '@switchroom/sip-dialin/phone';
import { Switchroom } from '../support/Switchroom.ts';
import { BenchPhone } from './BenchPhone.ts';
import { machine } from './report.ts';
import { ToneWatch, WATCHED_TONE } from './ToneWatch.ts';

/*
 * `npm run bench:tone`: a tone of one phone through the whole of Switchroom to another, in real time, for half an hour
 * (`-- --minutes=30`). A third phone breaks in every 20 s, so that the mix has one talker and two in turn.
 */
const LONGEST_GAP_MS = 5;
const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Math.max(0.2, Number(options.minutes) || 30);

const switchroom = await Switchroom.start({ env: { LOG_LEVEL: 'warn' } });
const watch = new ToneWatch();
let last: number | undefined;
let position = 0;
let stalls = { count: 0, longestMs: 0 };
try {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const speaker = await BenchPhone.join(meeting, sine(WATCHED_TONE));
  let isWatched = false;
  const listener = await SoftPhone.dial({
    uri: meeting.dialIn[0]!.sipUri,
    localAddress: '127.0.0.1',
    onFrame: ({ timestamp, samples }) => {
      if (!isWatched) return;
      position += last === undefined ? 0 : (timestamp - last) | 0;
      last = timestamp;
      watch.push(position, samples);
    },
  });
  await listener.key(`${meeting.pin}#`);
  const other = await BenchPhone.join(meeting);
  await listen(4);
  await speaker.listen(0);
  isWatched = true;
  const until = performance.now() + minutes * 60_000;
  for (let round = 0; performance.now() < until; round++) {
    // Once in a while somebody else makes a short sound at a tenth of the level.
    watch.isMixed = round % 4 === 3;
    if (watch.isMixed) other.play(murmur());
    await listen(5);
  }
  stalls = speaker.stalls();
  await Promise.all([speaker.hangUp(), listener.hangUp(), other.hangUp()]);
} finally {
  await switchroom.stop();
}
const met = watch.longestGapMs <= LONGEST_GAP_MS ? 'met' : 'MISSED';
console.log(machine());
console.log(
  `${(watch.listenedMs / 60_000).toFixed(1)} min of a tone: longest gap ${watch.longestGapMs.toFixed(1)} ms, ` +
    `${watch.gaps} of more than 5 ms, ${watch.clicks} clicks   aim: no gap above ${LONGEST_GAP_MS} ms: ${met}`,
);
// A machine that keeps the sender from sending makes gaps that no mixer can fill.
console.log(
  `the sender itself was late ${stalls.count} times, its longest pause ${stalls.longestMs.toFixed(0)} ms`,
);
process.exitCode = met === 'met' ? 0 : 1;

async function listen(seconds: number): Promise<void> {
  await once(AbortSignal.timeout(seconds * 1000), 'abort');
}

/** A second of a soft tone, 26 dB below the watched one. */
function murmur() {
  let frames = 50;
  let sample = 0;
  return (frame: Int16Array): boolean => {
    for (let i = 0; i < frame.length; i++)
      frame[i] = 400 * Math.sin((2 * Math.PI * 620 * sample++) / 8000);
    return --frames > 0;
  };
}
