import { describe, expect, it } from 'vitest';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { levelDbov } from '../mixer/level.ts';
import { seeded } from '../testing/networks.ts';
import { toneFrame } from '../testing/tones.ts';
import type { Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { LegVoice } from './LegVoice.ts';

const SECONDS = 20;

function uplinkWith(parts: Partial<Uplink>): Uplink {
  const silent = { push() {}, passOver() {}, pause() {} };
  return { ssrc: 1, codec: 'PCMU', rest: () => false, ...silent, ...parts };
}

/** The packet `i` of 20 ms; what is in it is decoded already. */
function packetAt(i: number, clockRate = 8000): RtpPacket {
  return {
    ...{ payloadType: 0, marker: false, ssrc: 7, csrcs: [], extensions: [] },
    sequenceNumber: i,
    timestamp: (i * clockRate) / 50,
    payload: new Uint8Array(160),
  };
}

/** A voice in words: how loud it comes out to phones and to browsers in the last half, dBov. */
function heard(codec: LegCodec, dbov: number): { phones: number; browsers: number } {
  const format = LEG_FORMATS[codec];
  const samples = format.pcmRate / 50;
  const amplitude = 32768 * 10 ** (dbov / 20) * Math.sqrt(2 / 3);
  const toBrowsers: number[] = [];
  const toPhones: number[] = [];
  const uplink = uplinkWith({ codec, push: ({ pcm }) => toBrowsers.push(levelDbov(pcm)) });
  const voice = new LegVoice();
  for (let i = 0; i < SECONDS * 50; i++) {
    const pcm = Int16Array.from({ length: samples }, (_, n) => {
      const at = i / 50 + n / format.pcmRate;
      if (at % 3 > 2 || at % 0.4 > 0.3) return 0;
      let sum = 0;
      for (let h = 1; h <= 3; h++) sum += Math.sin(2 * Math.PI * 140 * h * at + h);
      return sum * amplitude;
    });
    const packet = packetAt(i, format.clockRate);
    voice.push(packet, pcm, format, uplink, i * 20);
    const frame = voice.pull(i * 20 + 5);
    toPhones.push(frame ? levelDbov(frame) : -127);
  }
  return { phones: loud(toPhones), browsers: loud(toBrowsers) };
}

/** The mean of the loudest fifth of the last half. */
function loud(levels: readonly number[]): number {
  const last = levels.slice(levels.length / 2).toSorted((a, b) => b - a);
  const loudest = last.slice(0, last.length / 5);
  return loudest.reduce((sum, level) => sum + level, 0) / loudest.length;
}

/** Someone who talks, is silent for long, and talks again: what phones hear, and how often it rested. */
function spurts(mayRest: boolean): { frames: (Int16Array | undefined)[]; rested: number } {
  const voice = new LegVoice();
  const format = LEG_FORMATS.PCMU;
  const frames: (Int16Array | undefined)[] = [];
  const uplink = uplinkWith({ rest: () => mayRest });
  let rested = 0;
  for (let i = 0; i < 200; i++) {
    const talks = i < 50 || i >= 150;
    const pcm = toneFrame(400, 8000, i * 160, 160).map((x) => (talks ? x / 3 : 0));
    const packet = packetAt(i);
    if (!talks && voice.rest(packet, format, uplink, i * 20)) rested += 1;
    else voice.push(packet, pcm, format, uplink, i * 20);
    frames.push(voice.pull(i * 20 + 5)?.slice());
  }
  return { frames, rested };
}

/**
 * Words of 400 ms with pauses of 600 in the noise of an idle line, each with a soft first 60 ms, 12 dB below
 * the rest. Of each 20 ms: whether it was within a word (`soft`, `loud`) and what phones heard of it.
 */
function softlyBegun(dbov: number, noiseDbov: number): { part: string; heard: boolean }[] {
  const voice = new LegVoice();
  const uplink = uplinkWith({});
  const random = seeded(3);
  const noise = 32768 * 10 ** (noiseDbov / 20) * Math.sqrt(12);
  return Array.from({ length: 20 * 50 }, (_, i) => {
    const at = i % 50;
    const part = at < 3 ? 'soft' : at < 20 ? 'loud' : 'pause';
    const db = { soft: dbov - 12, loud: dbov, pause: -127 }[part];
    const amplitude = 32768 * 10 ** (db / 20) * Math.SQRT2;
    const pcm = toneFrame(400, 8000, i * 160, 160, amplitude).map(
      (x) => x + noise * (random() - 0.5),
    );
    const packet = packetAt(i);
    voice.push(packet, pcm, LEG_FORMATS.PCMU, uplink, i * 20);
    voice.lead(); // So that what comes out is what went in just now.
    return { part, heard: voice.pull(i * 20 + 5) !== undefined };
  });
}

describe('LegVoice', () => {
  it.each([-26, -36, -45])('lets the soft beginnings of words through, at %d dBov', (dbov) => {
    const known = softlyBegun(dbov, -72).slice(250); // After five seconds of it.
    expect(known.filter(({ part, heard }) => part !== 'pause' && !heard)).toEqual([]);
  });

  it.each([-72, -64, -58])('closes between soft words, in noise of %d dBov', (noiseDbov) => {
    const known = softlyBegun(-45, noiseDbov).slice(250);
    const pauses = known.filter((_, i) => i % 50 >= 32); // The gate stays open for 200 ms.
    expect(pauses.length).toBeGreaterThan(200);
    expect(pauses.filter(({ heard }) => heard)).toEqual([]);
  });

  it('rests in silence, and nothing of what is said after that is missing', () => {
    const [resting, awake] = [spurts(true), spurts(false)];
    expect(awake.rested).toBe(0);
    expect(resting.rested).toBeGreaterThan(80); // All but the hangover of the gate.
    const loud = ({ frames }: typeof awake): Int16Array[] =>
      frames.slice(140).flatMap((frame) => (frame && levelDbov(frame) > -40 ? [frame] : []));
    expect(loud(resting).length).toBeGreaterThanOrEqual(48);
    expect(loud(resting)[0]).toEqual(toneFrame(400, 8000, 150 * 160, 160).map((x) => x / 3));
    expect(Math.abs(loud(resting).length - loud(awake).length)).toBeLessThanOrEqual(1);
  });

  it.each<LegCodec>(['PCMU', 'G722'])(
    'brings quiet and loud callers near each other for phones and browsers: %s',
    (codec) => {
      const [quiet, loudOne, usual] = [-45, -10, -27].map((dbov) => heard(codec, dbov));
      for (const to of ['phones', 'browsers'] as const) {
        const levels = [quiet![to], loudOne![to], usual![to]];
        expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(6);
      }
      expect(Math.abs(usual!.phones - -27)).toBeLessThan(1.5);
    },
  );

  it('levels Opus for phones alone: browsers get it as it came', () => {
    const { phones, browsers } = heard('opus', -42);
    expect(browsers).toBeLessThan(-40);
    expect(phones).toBeGreaterThan(-33);
  });
});
