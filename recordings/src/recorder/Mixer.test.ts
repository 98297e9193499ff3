import { createDecoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import type { PlacedPacket } from '../format/packets.ts';
import { encode, FRAME, level, tone } from '../testing/sound.ts';
import { Limiter } from './Limiter.ts';
import { Mixer } from './Mixer.ts';

async function decode(packets: PlacedPacket[]): Promise<Int16Array> {
  const decoder = await createDecoder({ sampleRate: 48_000, channels: 1 });
  const pcm = new Int16Array(packets.length * FRAME);
  packets.forEach(({ payload }, i) => pcm.set(decoder.decode(payload), i * FRAME));
  decoder.free();
  return pcm;
}

describe('Mixer', () => {
  it('sums all that talk at once', async () => {
    const mixer = await Mixer.create();
    const tones = [440, 700, 1100, 1900];
    for (const hertz of tones) {
      await mixer.addSource(String(hertz));
      (await encode(tone(hertz, 1000))).forEach((payload, i) =>
        mixer.push(String(hertz), { position: i * FRAME, payload }, FRAME),
      );
    }
    const pcm = (await decode(mixer.mix(48_000))).subarray(9600);
    for (const hertz of tones) expect(level(pcm, hertz)).toBeGreaterThan(-21);
    expect(level(pcm, 1500)).toBeLessThan(-45);
    mixer.close();
  });

  it('gives the same for steps of any size', async () => {
    const packets = await encode(tone(440, 3000));
    const results: Buffer[] = [];
    for (const step of [480, 4800, 144_000]) {
      const mixer = await Mixer.create();
      await mixer.addSource('a');
      packets.forEach((payload, i) =>
        mixer.push('a', { position: i * FRAME + 480, payload }, FRAME),
      );
      const out: PlacedPacket[] = [];
      for (let at = 0; at <= 144_000; at += step) out.push(...mixer.mix(at));
      out.push(...mixer.mix(144_000));
      results.push(Buffer.concat(out.map(({ payload }) => payload)));
      mixer.close();
    }
    expect(results[1]!.equals(results[0]!)).toBe(true);
    expect(results[2]!.equals(results[0]!)).toBe(true);
  });

  it('encodes nothing while nobody sounds, though packets of silence come', async () => {
    const mixer = await Mixer.create();
    await mixer.addSource('a');
    const packets = await encode(new Int16Array(48_000));
    packets.forEach((payload, i) => mixer.push('a', { position: i * FRAME, payload }, FRAME));
    expect(mixer.mix(96_000)).toEqual([]);
    expect(mixer.stats).toMatchObject({ encoded: 0, silent: 100 });
    mixer.close();
  });

  it('passes over a packet that is broken', async () => {
    const mixer = await Mixer.create();
    await mixer.addSource('a');
    // Code 3, VBR, six frames, and no lengths.
    mixer.push('a', { position: 0, payload: Uint8Array.of(0xfb, 0x86) }, 5760);
    expect(mixer.mix(48_000)).toEqual([]);
    expect(mixer.stats.decodeErrors).toBe(1);
    mixer.close();
  });
});

describe('Limiter', () => {
  it('leaves what fits as it is', () => {
    const sum = Float32Array.from({ length: FRAME }, (_, i) => (i % 100) * 250);
    const out = new Int16Array(FRAME);
    new Limiter().process(sum, out);
    expect([...out]).toEqual([...sum]);
  });

  it('turns a sum beyond 16 bits down and lets go slowly', () => {
    const limiter = new Limiter();
    const loud = Float32Array.from({ length: FRAME }, (_, i) => (i % 2 === 0 ? 60_000 : -60_000));
    const out = new Int16Array(FRAME);
    limiter.process(loud, out);
    expect(out.slice(120).every((sample) => Math.abs(sample) === 30_000)).toBe(true);
    limiter.process(
      Float32Array.from(loud, (sample) => sample / 6),
      out,
    );
    expect(out[0]).toBe(5000);
    expect(out[959]).toBeLessThan(5200);
  });
});
