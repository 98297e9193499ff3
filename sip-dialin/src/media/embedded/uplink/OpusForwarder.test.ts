import { describe, expect, it } from 'vitest';
import { OpusForwarder } from './OpusForwarder.ts';
import type { UplinkPacket } from './OpusUplink.ts';

const FIRST_TIMESTAMP = 0xfffffff0;

function setUp() {
  const sent: UplinkPacket[] = [];
  const forwarder = new OpusForwarder({
    firstSequenceNumber: 65534,
    firstTimestamp: FIRST_TIMESTAMP,
    send: (packet) => sent.push(packet),
  });
  forwarder.levelExtensionId = 3;
  const push = (i: number, { seq = i, ts = i * 960, ssrc = 7, value = 3000 } = {}): void => {
    forwarder.push(
      {
        ssrc,
        sequenceNumber: (65530 + seq) & 0xffff,
        timestamp: (0xffffff00 + ts) >>> 0,
        payload: Uint8Array.of(1, 2, 3, i),
        pcm: new Int16Array(320).fill(value),
        voice: true,
      },
      i * 20,
    );
  };
  const numbers = (): number[] => sent.map((packet) => (packet.sequenceNumber + 2) & 0xffff);
  const frames = (): number[] =>
    sent.map((packet) => ((packet.timestamp - FIRST_TIMESTAMP) >>> 0) / 960);
  return { sent, forwarder, push, numbers, frames };
}

describe('OpusForwarder', () => {
  it('sends packets as they came, under our numbers and with their level, across the wraps', () => {
    const { sent, push, numbers, frames } = setUp();
    for (let i = 0; i < 10; i++) push(i);
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(frames()).toEqual(numbers());
    expect(sent[4]!.payload).toEqual(Uint8Array.of(1, 2, 3, 4));
    // 20 log10(3000 / 32768) = -20.8 dBov, and somebody speaks.
    expect(sent[4]!.extensions).toEqual([{ id: 3, data: Uint8Array.of(0x80 | 21) }]);
    expect(sent.map(({ marker }) => marker).slice(0, 2)).toEqual([true, false]);
  });

  it('keeps the gap of a lost packet, and leaves late and repeated ones out', () => {
    const { forwarder, push, numbers, frames } = setUp();
    for (const i of [0, 1, 3, 2, 3, 4]) push(i);
    expect(numbers()).toEqual([0, 1, 3, 4]);
    expect(frames()).toEqual([0, 1, 3, 4]);
    expect(forwarder.stats.late).toBe(2);
  });

  it('makes no gap of keys, nor of what is silent for longer than 300 ms', () => {
    const { forwarder, push, numbers, frames, sent } = setUp();
    push(0);
    forwarder.passOver(7, (65530 + 1) & 0xffff);
    push(2, { seq: 2 });
    expect(numbers()).toEqual([0, 1]);
    for (let i = 3; i < 53; i++) push(i, { value: 0 });
    push(53);
    expect(numbers()).toEqual(Array.from({ length: 2 + 15 + 1 }, (_, i) => i));
    expect(frames().at(-1)).toBe(53);
    expect(sent.at(-1)!.marker).toBe(true);
  });

  it('goes on when the caller starts anew, and by the clock after a pause of ours', () => {
    const { forwarder, push, numbers, frames } = setUp();
    push(0);
    push(1, { ssrc: 9, seq: 40_000, ts: 3_000_000_000 });
    push(2, { ssrc: 9, seq: 40_001, ts: 3_000_000_960 });
    forwarder.pause();
    push(102, { ssrc: 9, seq: 40_101, ts: 3_000_096_960 });
    expect(numbers()).toEqual([0, 1, 2, 3]);
    expect(frames().slice(0, 3)).toEqual([0, 1, 2]);
    expect(frames()[3]).toBeGreaterThanOrEqual(102);
    expect(frames()[3]).toBeLessThan(104);
    expect(forwarder.numbersAt(102 * 20).sequenceNumber).toBe(2);
  });

  it('goes on without a gap, and not back, when the clock of the caller goes back by a second', () => {
    const { push, numbers, frames } = setUp();
    for (let i = 0; i < 100; i++) push(i, i < 60 ? {} : { ts: (i - 50) * 960 });
    const all = Array.from({ length: 100 }, (_, i) => i);
    expect(numbers()).toEqual(all);
    expect(frames()).toEqual(all);
  });
});
