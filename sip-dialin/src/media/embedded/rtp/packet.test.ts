import { describe, expect, it } from 'vitest';
import { isRtcp, parseRtp, writeRtp } from './packet.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

describe('parseRtp()', () => {
  it('reads a plain packet', () => {
    const packet = parseRtp(hex('80 88 fffe 00000140 deadbeef d5d5'));
    expect(packet).toEqual({
      payloadType: 8,
      marker: true,
      sequenceNumber: 0xfffe,
      timestamp: 0x140,
      ssrc: 0xdeadbeef,
      csrcs: [],
      extensions: [],
      payload: hex('d5d5'),
    });
  });

  it('reads CSRCs, one-byte extensions with padding between, and packet padding', () => {
    const packet = parseRtp(
      hex(
        'b2 00 0001 00000002 00000003 0000000a ffffffff bede 0002 10 85 00 00 32 aabbcc ff 00 00 03',
      ),
    );
    expect(packet?.csrcs).toEqual([10, 0xffffffff]);
    expect(packet?.extensions).toEqual([
      { id: 1, data: hex('85') },
      { id: 3, data: hex('aabbcc') },
    ]);
    expect(packet?.payload).toEqual(hex('ff'));
  });

  it('stops at extension id 15 and skips other profiles whole', () => {
    const stopped = parseRtp(hex('90 00 0001 00000002 00000003 bede 0001 10 01 f0 02 ff'));
    expect(stopped?.extensions).toEqual([{ id: 1, data: hex('01') }]);
    const other = parseRtp(hex('90 00 0001 00000002 00000003 1000 0001 01010203 ee'));
    expect(other?.extensions).toEqual([]);
    expect(other?.payload).toEqual(hex('ee'));
  });

  it.each([
    ['nothing', ''],
    ['too short', '80 00 0001 00000002 000000'],
    ['version 1', '40 00 0001 00000002 00000003 ff'],
    ['RTCP', '80 c8 0001 00000002 00000003 ff'],
    ['CSRCs cut off', '82 00 0001 00000002 00000003 0000000a'],
    ['extension header cut off', '90 00 0001 00000002 00000003 bede'],
    ['extension cut off', '90 00 0001 00000002 00000003 bede 0002 10000000'],
    ['padding of zero', 'a0 00 0001 00000002 00000003 ff00'],
    ['padding longer than the packet', 'a0 00 0001 00000002 00000003 ff03'],
  ])('gives undefined for %s', (_, bytes) => {
    expect(parseRtp(hex(bytes))).toBeUndefined();
  });

  it('never throws, whatever arrives', () => {
    let state = 1;
    for (let round = 0; round < 5000; round++) {
      const bytes = new Uint8Array(round % 64);
      for (let i = 0; i < bytes.length; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        bytes[i] = state >>> 16;
      }
      if (bytes.length) bytes[0] = 0x80 | (bytes[0]! & 0x3f);
      expect(() => parseRtp(bytes)).not.toThrow();
    }
  });
});

describe('writeRtp()', () => {
  it('writes what parseRtp() reads', () => {
    const packet = {
      payloadType: 111,
      marker: true,
      sequenceNumber: 65535,
      timestamp: 0xfffffffe,
      ssrc: 0x80000001,
      csrcs: [1, 2, 3],
      extensions: [
        { id: 2, data: hex('9e') },
        { id: 14, data: hex('00112233445566778899aabbccddeeff') },
      ],
      payload: hex('010203'),
    };
    expect(parseRtp(writeRtp({ ...packet, padding: 5 }))).toEqual(packet);
    expect(parseRtp(writeRtp(packet))).toEqual(packet);
  });

  it('writes a golden packet', () => {
    const bytes = writeRtp({
      payloadType: 100,
      sequenceNumber: 1,
      timestamp: 960,
      ssrc: 7,
      payload: hex('f8'),
      extensions: [{ id: 1, data: hex('85') }],
    });
    expect(bytes).toEqual(hex('90 64 0001 000003c0 00000007 bede 0001 10850000 f8'));
  });

  it('refuses what the format has no room for', () => {
    const base = { payloadType: 0, sequenceNumber: 0, timestamp: 0, ssrc: 0, payload: hex('') };
    expect(() => writeRtp({ ...base, csrcs: Array<number>(16).fill(0) })).toThrow(RangeError);
    expect(() => writeRtp({ ...base, padding: 256 })).toThrow(RangeError);
    expect(() => writeRtp({ ...base, extensions: [{ id: 15, data: hex('00') }] })).toThrow(
      RangeError,
    );
    expect(() => writeRtp({ ...base, extensions: [{ id: 1, data: hex('') }] })).toThrow(RangeError);
  });
});

it('isRtcp() tells by the packet type', () => {
  expect(isRtcp(hex('80c8'))).toBe(true);
  expect(isRtcp(hex('8080'))).toBe(false);
  expect(isRtcp(hex('80'))).toBe(false);
});
