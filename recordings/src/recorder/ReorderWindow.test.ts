import { describe, expect, it } from 'vitest';
import { ReorderWindow, type ArrivedPacket } from './ReorderWindow.ts';

function packet(seq: number, arrivedAt = 0): ArrivedPacket {
  const payload = new Uint8Array(1);
  return { payloadType: 111, seq: seq & 0xffff, timestamp: 0, ssrc: 1, payload, arrivedAt };
}

function seqs(packets: readonly ArrivedPacket[]): number[] {
  return packets.map(({ seq }) => seq);
}

describe('ReorderWindow', () => {
  it('passes packets in order at once, over the wrap too', () => {
    const window = new ReorderWindow();
    const out = [65_534, 65_535, 65_536, 65_537].map((seq) => seqs(window.push(packet(seq))));
    expect(out).toEqual([[65_534], [65_535], [0], [1]]);
  });

  it('puts two that overtook each other in order', () => {
    const window = new ReorderWindow();
    window.push(packet(65_535));
    expect(seqs(window.push(packet(1)))).toEqual([]);
    expect(seqs(window.push(packet(0)))).toEqual([0, 1]);
  });

  it('drops doubles and what comes too late', () => {
    const window = new ReorderWindow();
    window.push(packet(1));
    expect(window.push(packet(1))).toEqual([]);
    window.push(packet(3));
    expect(window.push(packet(3))).toEqual([]);
    expect(window.stats).toMatchObject({ late: 1, duplicates: 1 });
  });

  it('waits 60 ms for a lost packet', () => {
    const window = new ReorderWindow();
    window.push(packet(1, 0));
    window.push(packet(3, 40));
    expect(window.due(99)).toEqual([]);
    expect(seqs(window.due(100))).toEqual([3]);
    expect(window.stats.lost).toBe(1);
    expect(seqs(window.push(packet(4, 101)))).toEqual([4]);
  });

  it('follows a stream that begins anew with other numbers', () => {
    const window = new ReorderWindow();
    window.push(packet(1));
    expect(seqs(window.push(packet(30_000)))).toEqual([30_000]);
    expect(seqs(window.push(packet(30_001)))).toEqual([30_001]);
    expect(window.stats.restarts).toBe(1);
  });
});
