import { describe, expect, it } from 'vitest';
import { LEG_FORMATS } from '../codecs/legCodecs.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { amplitudeAt, toneFrame, worstResidueDb } from '../testing/tones.ts';
import { LegRecorder } from './LegRecorder.ts';
import { Recording } from './Recording.ts';
import { withoutSilence } from './withoutSilence.ts';

const RATE = 8000;
const HZ = 500;
const packet = (sequenceNumber: number, timestamp: number, ssrc = 1): RtpPacket => ({
  payloadType: 0,
  marker: false,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: timestamp >>> 0,
  ssrc,
  csrcs: [],
  extensions: [],
  payload: new Uint8Array(160),
});
/** Packet `i` of a tone, its numbers beginning just before they wrap. */
const tonePacket = (recording: Recording, i: number, ssrc = 1): void => {
  const pcm = toneFrame(HZ, RATE, i * 160, 160);
  recording.push(packet(65_530 + i, 0xffffff00 + i * 160, ssrc), pcm, LEG_FORMATS.PCMU, i * 20);
};
const ms = (pcm: Int16Array): number => pcm.length / 16;
const level = (pcm: Int16Array, fromMs: number, toMs: number): number =>
  amplitudeAt(pcm.subarray(fromMs * 16, toMs * 16), HZ, 16_000);

describe('Recording', () => {
  it('puts packets in order, over the wrap of their numbers, and takes each once', () => {
    const recording = new Recording(5000, 0);
    for (const i of [0, 1, 3, 2, 2, 4, 5, 7, 6, 8, 9, 10, 11]) tonePacket(recording, i);
    const pcm = recording.finish();
    expect(ms(pcm)).toBe(240);
    expect(worstResidueDb(pcm.subarray(320), HZ, 16_000)).toBeLessThan(-30);
  });

  it('makes up for a lost packet, and keeps the time of a long loss', () => {
    const recording = new Recording(5000, 0);
    for (let i = 0; i < 50; i++) if (i !== 10 && (i < 20 || i >= 35)) tonePacket(recording, i);
    const pcm = recording.finish();
    expect(ms(pcm)).toBe(1000);
    expect(level(pcm, 195, 225)).toBeGreaterThan(2500);
    expect(level(pcm, 500, 680)).toBeLessThan(50);
    expect(level(pcm, 720, 980)).toBeGreaterThan(4500);
  });

  it('is silent where the caller presses a key or pauses, and makes nothing up', () => {
    const recording = new Recording(5000, 0);
    for (let i = 0; i < 10; i++) tonePacket(recording, i);
    recording.passOver(packet(65_540, 0xffffff00 + 1600), 200);
    for (let i = 15; i < 25; i++) {
      const pcm = toneFrame(HZ, RATE, i * 160, 160);
      recording.push(packet(65_526 + i, 0xffffff00 + i * 160), pcm, LEG_FORMATS.PCMU, i * 20);
    }
    const pcm = recording.finish();
    expect(ms(pcm)).toBe(500);
    expect(level(pcm, 210, 290)).toBeLessThan(50);
  });

  it('goes on by the clock with another SSRC', () => {
    const recording = new Recording(5000, 0);
    for (let i = 0; i < 10; i++) tonePacket(recording, i);
    for (let i = 20; i < 30; i++) {
      const pcm = toneFrame(HZ, RATE, i * 160, 160);
      recording.push(packet(i, i * 160 + 12_345, 2), pcm, LEG_FORMATS.PCMU, i * 20);
    }
    const pcm = recording.finish();
    expect(ms(pcm)).toBe(600);
    expect(level(pcm, 220, 380)).toBeLessThan(50);
  });

  it('forgets the sound of a key that ends it, and makes nothing up for it', () => {
    const recording = new Recording(5000, 0);
    for (let i = 0; i < 20; i++) tonePacket(recording, i);
    recording.forgetLast(90);
    expect(ms(recording.finish())).toBe(310);
    for (let i = 20; i < 30; i++) tonePacket(recording, i);
    const pcm = recording.finish();
    expect(ms(pcm)).toBe(600);
    expect(level(pcm, 320, 390)).toBeLessThan(50);
    new Recording(1, 0).forgetLast(90);
  });

  it('holds no more than its time', () => {
    const recording = new Recording(300, 1000);
    for (let i = 0; i < 50; i++) tonePacket(recording, i);
    expect(ms(recording.finish())).toBe(300);
    expect([recording.isOver(1299), recording.isOver(1300)]).toEqual([false, true]);
  });
});

describe('withoutSilence', () => {
  const line = (seconds: number, amplitude: number) =>
    toneFrame(90, 16_000, 0, seconds * 16_000, amplitude);

  it('cuts the noise of the line before and after, with a margin, and keeps pauses', () => {
    const pcm = line(3, 20);
    for (const from of [16_000, 24_000]) pcm.set(toneFrame(HZ, 16_000, 0, 4800), from);
    // 300 ms of tone, 200 ms of pause, 300 ms of tone, 60 ms before and after.
    expect(ms(withoutSilence(pcm))).toBe(800 + 120);
  });

  it('gives nothing of silence, of noise and of a click', () => {
    expect(withoutSilence(new Int16Array(0))).toHaveLength(0);
    expect(withoutSilence(new Int16Array(16_000))).toHaveLength(0);
    expect(withoutSilence(line(1, 100))).toHaveLength(0);
    const click = line(1, 20);
    click.set(toneFrame(1000, 16_000, 0, 640), 8000);
    expect(withoutSilence(click)).toHaveLength(0);
  });
});

describe('LegRecorder', () => {
  it('ends one recording with the next, by time, and by stop()', async () => {
    const recorder = new LegRecorder();
    const first = recorder.start(1000, 0);
    const pcm = toneFrame(HZ, RATE, 0, 800);
    recorder.push(packet(1, 0), pcm.slice(), LEG_FORMATS.PCMU, 10);
    const second = recorder.start(1000, 100);
    expect(Buffer.from((await first).subarray(0, 4)).toString()).toBe('RIFF');
    recorder.check(1099);
    recorder.push(packet(1, 0), pcm.slice(), LEG_FORMATS.PCMU, 1099);
    recorder.check(1100);
    expect((await second).length).toBeGreaterThan(1600);
    const third = recorder.start(1000, 2000);
    recorder.stop();
    recorder.stop();
    expect(await third).toHaveLength(0);
    recorder.push(packet(1, 0), pcm, LEG_FORMATS.PCMU, 2010);
  });
});
