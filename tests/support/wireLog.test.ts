import { describe, expect, it } from 'vitest';
import { judgeTone } from '../bench/phones/judgeTone.ts';
import { packetDelays } from '../bench/phones/packetDelays.ts';
import { talk } from '../bench/phones/talk.ts';
import { longestStall, stoodStill, WireLog, type WirePacket } from '../bench/phones/WireLog.ts';
import { decodeMulaw, encodeMulaw } from './audio/g711.ts';
import { tone } from './audio/tones.ts';
import { buildRtp, PCMU } from './net/rtp.ts';

const { samples } = talk();

/** Packet `index` of a stream of noise, as it is `shift` samples further back. */
function packet(index: number, at: number, shift = 0): WirePacket {
  const from = index * 160 - shift;
  const piece = Int16Array.from({ length: 160 }, (_, i) => samples[from + i] ?? 0);
  return { at, late: 0, timestamp: (0xfffffff0 + index * 160) >>> 0, ssrc: 1, samples: piece };
}

const sent = Array.from({ length: 20 }, (_, i) => packet(i, i * 20));
const rounded = (values: number[]): number[] => values.map((value) => Math.round(value * 10) / 10);

describe('packetDelays', () => {
  it('gives the time from packet to packet, where each is passed on as it is', () => {
    const received = sent.map((one) => ({ ...one, at: one.at + 3.5 }));
    expect(rounded(packetDelays(sent, received).map(({ delay }) => delay))).toEqual(
      Array(20).fill(3.5),
    );
  });

  it('adds how much further back in its packet a sound is', () => {
    const received = Array.from({ length: 20 }, (_, i) => packet(i, i * 20 + 2, 80));
    const delays = packetDelays(sent.slice(0, 19), received).map(({ delay }) => delay);
    expect(rounded(delays)).toEqual(Array(19).fill(12));
  });

  it('finds the one that was late among punctual ones, and at another level', () => {
    const received = sent.map((one, i) => ({
      ...one,
      at: one.at + (i === 7 ? 30 : 1),
      samples: one.samples.map((sample) => sample / 2),
    }));
    const delays = rounded(packetDelays(sent, received).map(({ delay }) => delay));
    expect(delays[7]).toBe(30);
    expect(delays.filter((delay) => delay === 1)).toHaveLength(19);
  });

  it('leaves out what is not heard', () => {
    const received = sent.map((one, i) =>
      // Some packets of a voice are like their neighbours; this one is like none.
      i === 12 ? { ...one, samples: new Int16Array(160) } : one,
    );
    expect(packetDelays(sent, received)).toHaveLength(19);
    expect(packetDelays(sent, [])).toEqual([]);
  });
});

describe('WireLog', () => {
  function note(
    kind: string,
    phone: number,
    at: number,
    due: number,
    data: Uint8Array = new Uint8Array(),
  ) {
    const head = Buffer.alloc(24);
    head.write(kind);
    head[1] = phone;
    head.writeUInt16LE(data.length, 2);
    head.writeBigInt64LE(BigInt(1e18 + at * 1e6), 8);
    head.writeBigInt64LE(BigInt(1e18 + due * 1e6), 16);
    return Buffer.concat([head, data]);
  }

  it('reads who sent and heard what when, and when nothing ran', () => {
    const payload = Buffer.from(encodeMulaw(samples.subarray(0, 160)));
    const rtp = { marker: false, payloadType: PCMU, sequence: 1, timestamp: 160, ssrc: 7, payload };
    const log = new WireLog(
      Buffer.concat([
        note('s', 0, 0, -2, buildRtp(rtp)),
        note('r', 1, 8, 10, buildRtp(rtp)),
        note('r', 1, 9, 9, buildRtp({ ...rtp, payloadType: 13 })),
        note('l', 1, 50, 40),
        note('o', 0, 70, 50),
      ]),
    );
    const heard = decodeMulaw(payload);
    expect(log.side(0).sent).toEqual([{ at: 0, late: 2, timestamp: 160, ssrc: 7, samples: heard }]);
    expect(log.side(1).received).toMatchObject([{ at: 8, late: 2 }]);
    expect(log.machineStalls).toEqual([{ from: 40, until: 50 }]);
    expect(longestStall(log.neighbourStalls)).toBe(20);
    expect(log.side(5)).toEqual({ sent: [], received: [] });
  });

  it('tells whether the machine stood still in a time', () => {
    const stalls = [{ from: 40, until: 50 }];
    expect(stoodStill(stalls, { from: 45, until: 60, longerThan: 5 })).toBe(true);
    expect(stoodStill(stalls, { from: 51, until: 60, longerThan: 5 })).toBe(false);
    expect(stoodStill(stalls, { from: 45, until: 60, longerThan: 10 })).toBe(false);
  });
});

describe('judgeTone', () => {
  const { samples: sine } = tone({ frequency: 1000, seconds: 1 });
  const heard = Array.from({ length: 50 }, (_, i) => ({
    at: i * 20,
    late: 0,
    timestamp: i * 160,
    ssrc: 1,
    samples: sine.slice(i * 160, (i + 1) * 160),
  }));

  it('finds no fault with a steady tone, also where packets come late', () => {
    const late = heard.map((one, i) => (i === 9 ? { ...one, at: one.at + 15 } : one));
    const { longestGapMs, gaps, clicks } = judgeTone(late, [], []);
    expect({ longestGapMs, gaps, clicks }).toEqual({ longestGapMs: 0, gaps: 0, clicks: 0 });
  });

  it('tells what was lost while the machine stood still apart', () => {
    const without = heard.filter((_, i) => i !== 5 && i !== 40);
    const verdict = judgeTone(without, [], [{ from: 790, until: 801 }]);
    expect(verdict).toMatchObject({
      longestGapMs: 20,
      gaps: 1,
      apart: { longestGapMs: 20, gaps: 1 },
    });
  });
});
