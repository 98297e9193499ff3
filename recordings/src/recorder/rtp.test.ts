import { describe, expect, it } from 'vitest';
import { ReceptionStats } from './ReceptionStats.ts';
import { parseSenderReports, receiverReport } from './rtcp.ts';
import { isRtcp, parseRtp } from './rtp.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('parseRtp()', () => {
  it('reads a packet with CSRC, extension and padding', () => {
    const datagram = bytes(
      'b1 ef 0102 03040506 07080910 aaaaaaaa bede0001 10b20000 f8fffe 00 00 03',
    );
    expect(parseRtp(datagram)).toEqual({
      payloadType: 111,
      seq: 0x0102,
      timestamp: 0x03040506,
      ssrc: 0x07080910,
      payload: bytes('f8fffe'),
    });
  });

  it('refuses what is too short, of another version, or padded beyond itself', () => {
    for (const hex of [
      '80 6f 0001',
      '40 6f 0001 00000000 00000001 f8',
      '8f 6f 0001 00000000 00000001 f8',
      '90 6f 0001 00000000 00000001 bede00ff 00',
      'a0 6f 0001 00000000 00000001 f8 00',
      'a0 6f 0001 00000000 00000001 f8 ff',
    ]) {
      expect(parseRtp(bytes(hex))).toBeNull();
    }
  });

  it('tells RTCP apart', () => {
    expect(isRtcp(bytes('80 c8 0006'))).toBe(true);
    expect(isRtcp(bytes('80 6f 0006'))).toBe(false);
    expect(isRtcp(bytes('80 ef 0006'))).toBe(false);
  });
});

describe('receiver reports', () => {
  const packet = (seq: number): Parameters<ReceptionStats['received']>[0] => {
    const payload = new Uint8Array(1);
    return { payloadType: 111, seq: seq & 0xffff, timestamp: seq * 960, ssrc: 7, payload };
  };

  it('count loss over the wrap, since the last report and in all', () => {
    const stats = new ReceptionStats(7);
    expect(stats.report(0)).toBeNull();
    for (const seq of [65_534, 65_535, 65_536, 65_538]) stats.received(packet(seq), seq * 20);
    stats.senderReport(0x11223344, 1000);
    expect(stats.report(1500)).toEqual({
      ssrc: 7,
      fractionLost: 51,
      cumulativeLost: 1,
      highestSeq: 65_538,
      jitter: 0,
      lastSr: 0x11223344,
      delaySinceLastSr: 32_768,
    });
    stats.received(packet(65_539), 65_539 * 20);
    expect(stats.report(2000)).toMatchObject({ fractionLost: 0, cumulativeLost: 1 });
  });

  it('are written as RFC 3550 has them', () => {
    const block = {
      ...{ ssrc: 7, fractionLost: 51, cumulativeLost: 1, highestSeq: 65_538 },
      ...{ jitter: 2, lastSr: 0x11223344, delaySinceLastSr: 32_768 },
    };
    expect(receiverReport(9, 'rec', [block])).toEqual(
      bytes(
        '81c90007 00000009 00000007 33000001 00010002 00000002 11223344 00008000' +
          '81ca0003 00000009 01037265 63000000',
      ),
    );
  });

  it('take the time of a sender report out of a compound packet', () => {
    const sr = '80c80006 00000007 aaaa1122 3344bbbb 00000000 00000001 00000002';
    expect(parseSenderReports(bytes(`${sr} 81ca0001 00000007`))).toEqual([
      { ssrc: 7, middle: 0x11223344 },
    ]);
    expect(parseSenderReports(bytes('80c80006 00000007'))).toEqual([]);
    expect(parseSenderReports(bytes('ffff'))).toEqual([]);
  });
});
