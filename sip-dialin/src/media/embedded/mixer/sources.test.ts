import { createEncoder } from 'libopus-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { LEG_FORMATS } from '../codecs/legCodecs.ts';
import { createSourceDecoder, type SourceDecoder } from '../codecs/opus.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { levelDbov } from './level.ts';
import { OpusSource } from './OpusSource.ts';
import { PhoneSource } from './PhoneSource.ts';
import { VoiceGate } from './VoiceGate.ts';

const toneAt = (hz: number, rate: number, from: number, samples: number): Int16Array =>
  Int16Array.from(
    { length: samples },
    (_, i) => 8000 * Math.sin((2 * Math.PI * hz * (from + i)) / rate),
  );

describe('PhoneSource', () => {
  /** Packets of 20 ms, loud where `loud(i)`; how loud each tick was, `undefined` for silence. */
  function run(count: number, loud: (i: number) => boolean, lost = -1): (number | undefined)[] {
    const gate = new VoiceGate();
    const source = new PhoneSource(gate, LEG_FORMATS.PCMU);
    return Array.from({ length: count }, (_, i) => {
      const pcm = loud(i) ? toneAt(500, 8000, i * 160, 160) : new Int16Array(160);
      if (i !== lost) {
        gate.update(levelDbov(pcm), 20);
        source.push(i, i * 160, pcm, i * 20);
      }
      const frame = source.pull(i * 20 + 5);
      return frame && levelDbov(frame);
    });
  }

  it('does not clip the onset: as many loud frames come out as went in', () => {
    const loud = run(100, (i) => i >= 50 && i < 70).filter(
      (level) => level !== undefined && level > -30,
    );
    expect(loud.length).toBeGreaterThanOrEqual(20);
  });

  it('is not mixed while silent, nor long after', () => {
    const levels = run(100, (i) => i >= 50 && i < 60);
    expect(levels.slice(0, 49).every((level) => level === undefined)).toBe(true);
    expect(levels.slice(75).every((level) => level === undefined)).toBe(true);
  });

  it('conceals a lost packet, a little softer', () => {
    const levels = run(40, () => true, 20).map((level) => level ?? -127);
    const quietest = Math.min(...levels.slice(10));
    expect(quietest).toBeGreaterThan(-19);
    expect(quietest).toBeLessThan(-15.3);
  });
});

describe('OpusSource', () => {
  let packets: Uint8Array[];
  beforeAll(async () => {
    const encoder = await createEncoder({
      sampleRate: 48_000,
      channels: 1,
      frameSize: 960,
      fec: true,
      packetLossPercent: 20,
      bitrate: 32_000,
    });
    packets = Array.from({ length: 100 }, (_, i) =>
      encoder.encode(toneAt(440, 48_000, i * 960, 960)),
    );
    encoder.free();
  });

  const packet = (i: number, payload = packets[i]!): RtpPacket => ({
    payloadType: 100,
    marker: false,
    sequenceNumber: i,
    timestamp: i * 960,
    ssrc: 1,
    csrcs: [],
    extensions: [],
    payload,
  });

  it('decodes to 16 kHz, and makes up for single losses from the next packet', async () => {
    const decoder = await createSourceDecoder();
    const fec: boolean[] = [];
    const spied: SourceDecoder = {
      decode: (data) => {
        fec.push(false);
        return decoder.decode(data);
      },
      decodeFec: (data, samples) => {
        fec.push(true);
        return decoder.decodeFec(data, samples);
      },
      conceal: (samples) => decoder.conceal(samples),
      free: () => decoder.free(),
    };
    const source = new OpusSource(spied);
    const levels: number[] = [];
    for (let i = 0; i < 100; i++) {
      if (i !== 50) source.push(packet(i), i * 20);
      const frame = source.pull(i * 20 + 5);
      if (frame) {
        expect(frame).toHaveLength(320);
        levels.push(levelDbov(frame));
      }
    }
    expect(fec.filter(Boolean)).toHaveLength(1);
    expect(levels.length).toBeGreaterThanOrEqual(97);
    // Brought down to -26 dBov for being loud; what FEC gives back is softer still.
    for (const level of levels.slice(5)) expect(level).toBeGreaterThan(-36);
    for (const level of levels.slice(60)) expect(level).toBeGreaterThan(-27);
    source.close();
    source.close();
    expect(source.pull(2000)).toBeUndefined();
  });

  it('takes a pause (DTX) as silence and goes on after it', async () => {
    const source = new OpusSource(await createSourceDecoder());
    const heard: boolean[] = [];
    for (let i = 0; i < 90; i++) {
      if (i < 30 || i >= 60) source.push(packet(i < 30 ? i : i - 29), i * 20);
      if (i === 30) source.push(packet(30, Uint8Array.of(packets[0]![0]! & 0xfc)), i * 20);
      heard.push(source.pull(i * 20 + 5) !== undefined);
    }
    expect(heard.slice(35, 60).every((any) => !any)).toBe(true);
    expect(heard.slice(66).every((any) => any)).toBe(true);
    source.close();
  });

  it('survives rubbish: counts it, and plays on', async () => {
    const source = new OpusSource(await createSourceDecoder());
    for (let i = 0; i < 60; i++) {
      if (i === 20) source.push(packet(i, new Uint8Array(0)), i * 20);
      else if (i === 30) source.push(packet(i, Uint8Array.of(0xff, 0xff, 0xff)), i * 20);
      else source.push(packet(i), i * 20);
      source.pull(i * 20 + 5);
    }
    expect(source.stats.malformed + source.stats.undecodable).toBeGreaterThan(0);
    expect(source.pull(60 * 20 + 5)).toBeDefined();
    source.close();
  });
});
