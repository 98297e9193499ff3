import { describe, expect, it } from 'vitest';
import { ClockMapper } from './ClockMapper.ts';

/** CELT, 20 ms. */
const PAYLOAD = Uint8Array.of(0xf8, 0xff, 0xfe);
const START = 5000;

/** Sends packet after packet and collects where they were placed, in ms. */
class Sender {
  readonly mapper: ClockMapper;
  readonly placed: number[] = [];
  timestamp: number;
  #seq = 0;

  constructor(timestamp = 0xffff_ff00, end = 0) {
    this.mapper = new ClockMapper(START, end);
    this.timestamp = timestamp;
  }

  /** One packet that comes `at` ms after the recording's start. */
  send(at: number): void {
    const { timestamp } = this;
    this.timestamp = (timestamp + 960) >>> 0;
    this.#collect(
      this.mapper.push({
        ...{ payloadType: 111, seq: this.#seq++, timestamp, ssrc: 1, payload: PAYLOAD },
        arrivedAt: START + at,
      }),
    );
  }

  flush(): void {
    this.#collect(this.mapper.flush());
  }

  due(at: number): void {
    this.#collect(this.mapper.due(START + at));
  }

  #collect(packets: readonly { position: number }[]): void {
    this.placed.push(...packets.map(({ position }) => position / 48));
  }
}

function times(from: number, count: number, step = 20): number[] {
  return Array.from({ length: count }, (_, i) => from + i * step);
}

describe('ClockMapper', () => {
  it('ends the first packet when it came, and goes on by timestamps over their wrap', () => {
    const sender = new Sender();
    for (const at of times(100, 10)) sender.send(at);
    expect(sender.placed).toEqual(times(80, 10));
    expect(sender.mapper.stats.ties).toBe(1);
  });

  it('does not follow jitter', () => {
    const sender = new Sender();
    for (const at of times(100, 6)) sender.send(at);
    for (const at of [230, 231, 290, 291]) sender.send(at);
    expect(sender.placed).toEqual(times(80, 10));
  });

  it('ties by the packet that was delayed least of the first 100 ms', () => {
    const sender = new Sender();
    for (const at of [180, 181, 182, 183, 184, 200, 220, 240, 260, 280]) sender.send(at);
    sender.flush();
    // Packet 4 came at 184, 5 at 200: the sender's packet n ends at 100 + n * 20.
    expect(sender.placed).toEqual(times(80, 10));
  });

  it('gives what it holds after 100 ms though nothing follows', () => {
    const sender = new Sender();
    sender.send(100);
    sender.due(199);
    expect(sender.placed).toEqual([]);
    sender.due(200);
    expect(sender.placed).toEqual([80]);
  });

  it('keeps a pause as long as it was when timestamps go on', () => {
    const sender = new Sender();
    for (const at of times(100, 10)) sender.send(at);
    sender.timestamp += 48_000;
    for (const at of times(1300, 10)) sender.send(at);
    expect(sender.placed.slice(10)).toEqual(times(1280, 10));
  });

  it('keeps a pause as long as it was when timestamps stood still', () => {
    const sender = new Sender();
    for (const at of times(100, 10)) sender.send(at);
    for (const at of times(3000, 10)) sender.send(at);
    expect(sender.placed.slice(10)).toEqual(times(2980, 10));
    expect(sender.mapper.stats.ties).toBe(2);
  });

  it('follows a jump of the timestamps in either direction', () => {
    for (const jump of [10_000_000, -10_000_000]) {
      const sender = new Sender(0);
      for (const at of times(100, 10)) sender.send(at);
      sender.timestamp = (sender.timestamp + jump) >>> 0;
      for (const at of times(300, 10)) sender.send(at);
      expect(sender.placed).toEqual(times(80, 20));
    }
  });

  it('puts all where it belongs when the network stalls and then delivers at once', () => {
    const sender = new Sender();
    for (const at of times(100, 10)) sender.send(at);
    for (const n of times(0, 20, 1)) sender.send(700 + n / 10);
    for (const at of times(720, 10)) sender.send(at);
    sender.flush();
    expect(sender.placed.slice(30)).toEqual(times(700, 10));
    expect(sender.placed.slice(10, 30)).toEqual(times(300, 20));
  });

  it('never places a packet before the end of the one before, nor before its track', () => {
    const sender = new Sender(0, 500 * 48);
    for (const at of times(100, 100, 18)) sender.send(at);
    expect(sender.placed[0]).toBe(500);
    sender.placed
      .slice(1)
      .forEach((at, i) => expect(at).toBeGreaterThanOrEqual(sender.placed[i]! + 20));
  });

  it('stays near a sender whose clock runs 200 ppm slow, for four hours', () => {
    const sender = new Sender(0);
    let worst = 0;
    const count = (4 * 3600 * 1000) / 20;
    for (let i = 0; i < count; i++) {
      sender.send(100 + i * 20 * 1.0002);
      const last = sender.placed.pop();
      if (last !== undefined && i > 10)
        worst = Math.max(worst, Math.abs(80 + i * 20 * 1.0002 - last));
      sender.placed.length = 0;
    }
    expect(worst).toBeLessThan(350);
  });

  it('leaves out what is not Opus', () => {
    const mapper = new ClockMapper(START, 0);
    const head = { payloadType: 111, seq: 1, timestamp: 0, ssrc: 1, arrivedAt: START };
    expect(mapper.push({ ...head, payload: new Uint8Array(0) })).toEqual([]);
    expect(mapper.push({ ...head, payload: Uint8Array.of(0xfb, 0x3f) })).toEqual([]);
    expect(mapper.stats.notOpus).toBe(2);
  });
});
