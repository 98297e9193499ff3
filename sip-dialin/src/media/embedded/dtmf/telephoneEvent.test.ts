import { describe, expect, it } from 'vitest';
import {
  KeyDetector,
  parseTelephoneEvent,
  pressPayloads,
  writeTelephoneEvent,
} from './telephoneEvent.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

type Packets = [timestamp: number, payload: Uint8Array][];

/** What the detector tells for these packets, in order, all at the same time. */
function keysOf(detector: KeyDetector, packets: Packets, { ssrc = 1, now = 0 } = {}): string {
  return packets
    .map(([timestamp, payload]) => detector.push({ ssrc, timestamp, payload }, now) ?? '')
    .join('');
}

const press = (key: string, timestamp: number, ms = 100): Packets =>
  pressPayloads(key, ms).map((payload) => [timestamp, payload]);

describe('telephone events', () => {
  it('are read and written as RFC 4733 section 2.3 draws them', () => {
    expect(parseTelephoneEvent(hex('0b8a0320'))).toEqual({
      event: 11,
      end: true,
      volume: 10,
      duration: 800,
    });
    expect(writeTelephoneEvent({ event: 1, end: false, volume: 10, duration: 160 })).toEqual(
      hex('010a00a0'),
    );
    expect(parseTelephoneEvent(hex('010a00'))).toBeUndefined();
  });

  it('pressPayloads() counts the duration up and ends three times', () => {
    expect(pressPayloads('#', 60).map((payload) => Buffer.from(payload).toString('hex'))).toEqual([
      '0b0a00a0',
      '0b0a0140',
      '0b8a01e0',
      '0b8a01e0',
      '0b8a01e0',
    ]);
    expect(() => pressPayloads('x')).toThrow(RangeError);
    expect(() => pressPayloads('')).toThrow(RangeError);
  });
});

describe('KeyDetector', () => {
  it('tells each press once, the same key twice as two', () => {
    const packets = [
      ...press('1', 0),
      ...press('1', 1600),
      ...press('#', 3200),
      ...press('D', 4800),
    ];
    expect(keysOf(new KeyDetector(), packets)).toBe('11#D');
  });

  it('tells a press whose start was lost, whose end was lost, or of which one packet came', () => {
    const packets = [
      ...press('4', 0).slice(3),
      ...press('4', 1600).slice(0, 2),
      ...press('4', 3200).slice(-1),
      ...press('5', 4800).slice(1, 2),
    ];
    expect(keysOf(new KeyDetector(), packets)).toBe('4445');
  });

  it('takes no notice of order: late packets of an earlier press are no new one', () => {
    const first = press('1', 0);
    const packets = [...first.slice(0, 4), ...press('2', 1600).slice(0, 2), ...first.slice(4)];
    expect(keysOf(new KeyDetector(), packets)).toBe('12');
  });

  it('tells one press for senders that move the timestamp with every packet', () => {
    const packets = pressPayloads('7', 200).map((payload, i): [number, Uint8Array] => [
      i * 160,
      payload,
    ]);
    expect(keysOf(new KeyDetector(), [...packets, ...press('7', 8000)])).toBe('77');
  });

  it('tells the same key twice for such senders too, as soon as the first has ended', () => {
    const packets = (from: number): Packets =>
      pressPayloads('7', 100).map((payload, i) => [from + i * 160, payload]);
    expect(keysOf(new KeyDetector(), [...packets(0), ...packets(1440)])).toBe('77');
  });

  it('tells a press of many seconds once, over its segments', () => {
    const event = { event: 9, end: false, volume: 10 };
    const long: [number, Uint8Array][] = [
      [100, writeTelephoneEvent({ ...event, duration: 0xff00 })],
      [100, writeTelephoneEvent({ ...event, duration: 0xffff })],
      [100 + 0xffff, writeTelephoneEvent({ ...event, duration: 160 })],
      [100 + 0xffff, writeTelephoneEvent({ ...event, end: true, duration: 320 })],
    ];
    expect(keysOf(new KeyDetector(), long)).toBe('9');
  });

  it('at 48 kHz takes timestamps that move on for one press as well', () => {
    const packets = [0, 960, 1920].map((timestamp): Packets[number] => [
      timestamp,
      writeTelephoneEvent({ event: 5, end: false, volume: 10, duration: 480 }),
    ]);
    expect(keysOf(new KeyDetector(48_000), packets)).toBe('5');
  });

  it('works across the wrap of the timestamp, and for a new sender', () => {
    const detector = new KeyDetector();
    expect(keysOf(detector, [...press('3', 0xfffffff0), ...press('3', 2000)])).toBe('33');
    expect(keysOf(detector, press('3', 2000), { ssrc: 2 })).toBe('3');
    expect(keysOf(detector, press('3', 0x90000000), { ssrc: 2 })).toBe('3');
  });

  it("tells recorded keys each time they are played, as SIPp's are, in any order", () => {
    const detector = new KeyDetector();
    let now = 0;
    const play = (...recording: Parameters<typeof press>): string =>
      keysOf(detector, press(...recording), { now: (now += 60) });
    // The same numbers again, then those of a recording made a second before.
    expect(play('1', 13280) + play('1', 13280) + play('0', 8932) + play('0', 8932)).toBe('1100');
  });

  it('does not take the packets of one press for a recording: late, sent again, after a gap', () => {
    const detector = new KeyDetector();
    const packets = press('5', 800, 200);
    expect(keysOf(detector, packets.slice(0, 4), { now: 0 })).toBe('5');
    expect(keysOf(detector, packets.slice(6, 9), { now: 400 })).toBe('');
    expect(keysOf(detector, packets.slice(-3), { now: 440 })).toBe('');
    expect(keysOf(detector, packets.slice(4, 6), { now: 450 })).toBe('');
    expect(keysOf(detector, packets.slice(-1), { now: 600 })).toBe('');
  });

  it('is silent for events that are no keys and for rubbish', () => {
    const flash = writeTelephoneEvent({ event: 16, end: false, volume: 0, duration: 160 });
    expect(
      keysOf(new KeyDetector(), [
        [0, flash],
        [1, hex('')],
        [2, hex('ff')],
      ]),
    ).toBe('');
  });
});
