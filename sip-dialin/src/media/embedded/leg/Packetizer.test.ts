import { expect, it } from 'vitest';
import { createFrameEncoder } from '../codecs/frameEncoders.ts';
import { createSourceDecoder, opusSamples } from '../codecs/opus.ts';
import { toneFrame } from '../testing/tones.ts';
import { packetMs, Packetizer } from './Packetizer.ts';

it.each([
  [undefined, undefined, 20],
  [30, undefined, 30],
  [undefined, 10, 10],
  [60, 40, 40],
  [35, undefined, 30],
  [200, undefined, 60],
  [5, undefined, 10],
])('for ptime %s and maxptime %s packets are of %i ms', (ptime, maxptime, expected) => {
  expect(packetMs(ptime, maxptime)).toBe(expected);
});

it.each([10, 20, 30, 40, 50, 60])('cuts codes into packets of %i ms, none lost', (ms) => {
  const packetizer = new Packetizer('PCMU', ms);
  const frames = Array.from({ length: 30 }, (_, i) => new Uint8Array(160).fill(i));
  const packets = frames.flatMap((frame) => packetizer.push(frame));
  expect(packets.every(({ payload }) => payload.length === ms * 8)).toBe(true);
  expect(Buffer.concat(packets.map(({ payload }) => payload))).toEqual(Buffer.concat(frames));
  expect(packetizer.clear()).toBe(0);
  packetizer.push(frames[0]!);
  expect(packetizer.clear()).toBe(ms > 20 ? 20 : 0);
});

it.each([10, 40, 60])('puts Opus frames together for %i ms, and decoders take them', async (ms) => {
  const encoder = await createFrameEncoder('opus');
  const decoder = await createSourceDecoder();
  const packetizer = new Packetizer('opus', ms);
  let decoded = 0;
  for (let i = 0; i < 30; i++) {
    for (const packet of packetizer.push(encoder.encode(toneFrame(400, 16_000, i * 320, 320)))) {
      expect(opusSamples(packet.payload)).toBe(packet.ms * 48);
      expect(packet.ms).toBeLessThanOrEqual(Math.max(ms, 20));
      decoded += decoder.decode(packet.payload).length;
    }
  }
  expect(decoded + packetizer.clear() * 16).toBe(30 * 320);
  encoder.free();
  decoder.free();
});
