import { describe, expect, it } from 'vitest';
import { createPhoneEncoder, createSourceDecoder, opusSamples } from './opus.ts';

describe('opusSamples()', () => {
  it.each([
    [[0b00000_000], 480], // SILK narrowband, 10 ms.
    [[0b00011_000], 2880], // 60 ms.
    [[0b01101_000], 960], // Hybrid, 20 ms.
    [[0b11100_000], 120], // CELT fullband, 2.5 ms.
    [[0b11111_001], 1920], // Two frames of 20 ms.
    [[0b11111_011, 3], 2880], // Three.
  ])('reads the length of %j', (bytes, samples) => {
    expect(opusSamples(Uint8Array.from(bytes))).toBe(samples);
  });

  it('refuses an empty packet, no frames, and more than 120 ms', () => {
    expect(opusSamples(new Uint8Array(0))).toBeUndefined();
    expect(opusSamples(Uint8Array.of(0b11111_011))).toBeUndefined();
    expect(opusSamples(Uint8Array.of(0b11111_011, 7))).toBeUndefined();
  });
});

it('what the phone encoder makes of 20 ms lasts 20 ms, and decodes to 16 kHz', async () => {
  const encoder = await createPhoneEncoder();
  const decoder = await createSourceDecoder();
  const packet = encoder.encode(Int16Array.from({ length: 160 }, (_, i) => 8000 * Math.sin(i / 2)));
  expect(opusSamples(packet)).toBe(960);
  expect(decoder.decode(packet)).toHaveLength(320);
  encoder.free();
  decoder.free();
});
