import { expect, it } from 'vitest';
import { amplitudeAt, toneFrame } from '../testing/tones.ts';
import { SimulatedRoom, type Habits } from '../testing/SimulatedRoom.ts';

/*
 * Hours in seconds: time is simulated. Two hours are five wraps of the sequence number, and 720 ms of
 * difference between the clocks of the two.
 */

const HOURS = 2;
const MINUTE = 60_000;
const AMPLITUDE = 3000;
const RATE = 8000;
/** Whole periods fit in a second. */
const TONES = [440, 1130] as const;

/** Speaks always, by a clock of its own. */
function talker(hz: number, ppm: number): Habits {
  const second = Array.from({ length: 50 }, (_, i) => toneFrame(hz, RATE, i * 160, 160, AMPLITUDE));
  return { says: (i) => second[i % 50]!, ppm };
}

it(
  `two phones whose clocks differ talk for ${HOURS} hours: nothing piles up, nothing is missing`,
  { timeout: 120_000 },
  async () => {
    const room = await SimulatedRoom.of(talker(TONES[0], 50), talker(TONES[1], -50), {});
    const listener = room.phones[2]!;
    let frames = 0;
    for (let minute = 1; minute <= HOURS * 60; minute++) {
      room.run(minute * MINUTE);
      frames += listener.heard.length;
      const pcm = listener.pcm((minute - 1) * MINUTE + 55_000);
      for (const hz of TONES) expect(amplitudeAt(pcm, hz, RATE)).toBeGreaterThan(0.9 * AMPLITUDE);
      const waiting = room.phones.map(({ voice }) => voice.heldMs ?? 0);
      expect(Math.max(...waiting)).toBeLessThan(120);
      for (const phone of room.phones) {
        phone.heard.length = 0;
        phone.sent.length = 0;
      }
    }
    // A frame each 20 ms by the leader's clock, which is 50 ppm slow.
    expect(frames / (HOURS * 180_000)).toBeCloseTo(1, 3);
  },
);
