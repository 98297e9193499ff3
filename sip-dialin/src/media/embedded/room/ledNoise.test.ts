import { describe, expect, it } from 'vitest';
import { seeded } from '../testing/networks.ts';
import { SimulatedRoom } from '../testing/SimulatedRoom.ts';
import { SOUNDS } from '../testing/sounds.ts';

const SAMPLES = 160;
const SECONDS = 25;

/** Sound from and until these ms, silence otherwise. */
function says(name: string, fromMs: number, untilMs: number): (i: number) => Int16Array {
  const pcm = SOUNDS[name]!.sound(SECONDS * 50 * SAMPLES, 8000);
  return (i) =>
    i * 20 >= fromMs && i * 20 < untilMs
      ? pcm.slice(i * SAMPLES, (i + 1) * SAMPLES)
      : new Int16Array(SAMPLES);
}

const NAMES = ['white noise', 'noise of traffic', 'a voice in noise'];

describe.each(NAMES)('a room with somebody who sends %s without a pause', (name) => {
  it('lets them lead, undelayed, soon after they are alone', async () => {
    const room = await SimulatedRoom.of(
      { says: says(name, 200, 2000), phase: 5 },
      { says: says(name, 1000, 1e9), phase: 14 },
      {},
    );
    room.run(1900);
    expect(room.pulse.leader).toBe(room.phones[0]!.voice);
    room.run(3500);
    expect(room.pulse.leader).toBe(room.phones[1]!.voice);
  });

  it('lets them lead again after seconds of jitter', async () => {
    const random = seeded(4);
    const lateMs = (i: number): number => (i > 100 && i < 300 ? 80 * random() : 0);
    const room = await SimulatedRoom.of({ says: says(name, 200, 1e9), lateMs }, {});
    room.run(5000);
    expect(room.pulse.leader).toBeUndefined();
    room.run(20_000);
    expect(room.pulse.leader).toBe(room.phones[0]!.voice);
    expect(room.pulse.stats.lost).toBeLessThan(3);
  });
});
