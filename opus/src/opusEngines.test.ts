import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OpusError, OPUS_ENGINES } from './index.ts';
import { loadNative } from './native.ts';

const RATE = 48_000;
const FRAME = RATE / 50;

/** 20 ms of a sine in the middle of itself. */
function tone(hertz: number, frame: number, rate = RATE): Int16Array {
  const length = rate / 50;
  const at = (i: number): number => (2 * Math.PI * hertz * (frame * length + i)) / rate;
  return Int16Array.from({ length }, (_, i) => Math.round(8000 * Math.sin(at(i))));
}

/** Level of one frequency, dB of full scale (Goertzel). */
function level(pcm: Int16Array, hertz: number, rate = RATE): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let [s1, s2] = [0, 0];
  for (const sample of pcm) [s1, s2] = [sample / 32_768 + turn * s1 - s2, s1];
  const power = s1 * s1 + s2 * s2 - turn * s1 * s2;
  return 10 * Math.log10(Math.max(1e-20, (4 * power) / pcm.length ** 2));
}

/** `npm test` builds the addon first: where there is one, it is tested. */
it.runIf(process.platform === 'linux')('has the addon, and uses it', () => {
  expect(OPUS_ENGINES.map(({ name }) => name)).toEqual(['native', 'wasm']);
});

it('does without an addon that is not there, or cannot be loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'opus-'));
  const file = join(folder, 'opus.node');
  expect(loadNative(file)).toBeUndefined();
  await writeFile(file, 'of another system');
  expect(loadNative(file)).toBeUndefined();
  await rm(folder, { recursive: true });
});

describe.each(OPUS_ENGINES)('libopus, $name', (engine) => {
  const voip = { sampleRate: RATE, application: 'voip', bitrate: 32_000 } as const;

  it('decodes what it encoded, at any rate', async () => {
    for (const sampleRate of [8000, 16_000, 48_000] as const) {
      const encoder = await engine.createEncoder({ ...voip, sampleRate });
      const decoder = await engine.createDecoder({ sampleRate: 16_000 });
      const heard = Array.from({ length: 20 }, (_, i) =>
        decoder.decode(encoder.encode(tone(440, i, sampleRate))),
      );
      expect(heard.map(({ length }) => length)).toEqual(Array(20).fill(320));
      const later = Int16Array.from(heard.slice(10).flatMap((pcm) => [...pcm]));
      expect(level(later, 440, 16_000)).toBeGreaterThan(-14);
      expect(level(later, 700, 16_000)).toBeLessThan(-40);
      encoder.free();
      decoder.free();
    }
  });

  it('gives each result an array of its own', async () => {
    const encoder = await engine.createEncoder(voip);
    const decoder = await engine.createDecoder({ sampleRate: RATE });
    const first = encoder.encode(tone(440, 0));
    const copy = first.slice();
    const heard = decoder.decode(first);
    const heardCopy = heard.slice();
    decoder.decode(encoder.encode(tone(880, 1)));
    expect(first).toEqual(copy);
    expect(heard).toEqual(heardCopy);
    encoder.free();
    decoder.free();
  });

  it('takes frames of 2.5 to 60 ms, and a Buffer', async () => {
    const encoder = await engine.createEncoder({ ...voip, application: 'audio' });
    const decoder = await engine.createDecoder({ sampleRate: RATE });
    for (const ms of [2.5, 5, 10, 20, 40, 60]) {
      const packet = encoder.encode(new Int16Array(ms * 48));
      expect(decoder.decode(Buffer.from(packet))).toHaveLength(ms * 48);
    }
    encoder.free();
    decoder.free();
  });

  it('spends no more than its bitrate, about', async () => {
    const bytesFor = async (bitrate: number): Promise<number> => {
      const encoder = await engine.createEncoder({ ...voip, application: 'audio', bitrate });
      let bytes = 0;
      for (let i = 0; i < 100; i++) bytes += encoder.encode(tone(440 + i, i)).length;
      encoder.free();
      return bytes;
    };
    const [less, more] = [await bytesFor(16_000), await bytesFor(64_000)];
    expect((less * 8) / 2).toBeLessThan(16_000 * 1.3);
    expect(more).toBeGreaterThan(2 * less);
  });

  it('by DTX sends next to nothing of silence, and all of it without', async () => {
    const encoder = await engine.createEncoder({ ...voip, isVoice: true, dtx: true });
    const sizes = (): number[] =>
      Array.from({ length: 50 }, () => encoder.encode(new Int16Array(FRAME)).length);
    expect(
      sizes()
        .slice(25)
        .filter((size) => size <= 2).length,
    ).toBeGreaterThan(20);
    encoder.setDtx(false);
    expect(Math.min(...sizes())).toBeGreaterThan(2);
    encoder.free();
  });

  it('finds a lost packet in the next one, and makes one up where there is none', async () => {
    const options = { ...voip, isVoice: true, complexity: 9, expectedLossPercent: 30 };
    const encoder = await engine.createEncoder({ ...options, sampleRate: 16_000 });
    const packets = Array.from({ length: 40 }, (_, i) =>
      encoder.encode(tone(i < 30 ? 300 : 900, i, 16_000)),
    );
    // The first packet of another tone is lost: only the one after it knows of that.
    const lost = 30;
    const decoders = [
      await engine.createDecoder({ sampleRate: 16_000 }),
      await engine.createDecoder({ sampleRate: 16_000 }),
    ] as const;
    for (const packet of packets.slice(0, lost)) for (const one of decoders) one.decode(packet);
    const found = decoders[0].decodeFec(packets[lost + 1]!, 320);
    const madeUp = decoders[1].conceal(320);
    expect([found.length, madeUp.length]).toEqual([320, 320]);
    expect(level(found, 900, 16_000)).toBeGreaterThan(level(found, 300, 16_000));
    expect(level(madeUp, 300, 16_000)).toBeGreaterThan(level(madeUp, 900, 16_000));
    encoder.free();
    for (const one of decoders) one.free();
  });

  it('says by how much it is late, which is less with low delay', async () => {
    const plain = await engine.createEncoder(voip);
    const low = await engine.createEncoder({ ...voip, application: 'restricted-lowdelay' });
    expect(plain.lookahead).toBe(312);
    expect(low.lookahead).toBe(120);
    plain.free();
    low.free();
  });

  it('refuses what is no packet, no frame, no rate, and goes on', async () => {
    const encoder = await engine.createEncoder(voip);
    const decoder = await engine.createDecoder({ sampleRate: RATE });
    const good = encoder.encode(tone(440, 0));
    const isPacketError = expect.objectContaining({ name: 'OpusError', code: -4 }) as unknown;
    // A code 3 packet of no frames; two frames of one byte (RFC 6716 section 3.4).
    for (const bad of [Uint8Array.of(0x03, 0x00), Uint8Array.of(0x79, 1), new Uint8Array(0)]) {
      expect(() => decoder.decode(bad)).toThrow(isPacketError);
    }
    expect(() => encoder.encode(new Int16Array(100))).toThrow(OpusError);
    expect(() => decoder.conceal(7)).toThrow(OpusError);
    await expect(engine.createDecoder({ sampleRate: 44_100 as 48_000 })).rejects.toThrow(OpusError);
    const wrong = { ...voip, sampleRate: 44_100 as 48_000 };
    await expect(engine.createEncoder(wrong)).rejects.toThrow(OpusError);
    await expect(engine.createEncoder({ ...voip, complexity: 11 })).rejects.toThrow(OpusError);
    expect(decoder.decode(good)).toHaveLength(FRAME);
    encoder.free();
    decoder.free();
  });

  it('is freed once, and says so to whoever asks it for more', async () => {
    const encoder = await engine.createEncoder(voip);
    const decoder = await engine.createDecoder({ sampleRate: RATE });
    const packet = encoder.encode(tone(440, 0));
    for (const one of [encoder, decoder, encoder, decoder]) one.free();
    expect(() => encoder.encode(tone(440, 1))).toThrow(OpusError);
    expect(() => encoder.setDtx(true)).toThrow(OpusError);
    expect(() => decoder.decode(packet)).toThrow(OpusError);
    expect(() => decoder.conceal(FRAME)).toThrow(OpusError);
  });
});
