import { describe, expect, it } from 'vitest';
import {
  compound,
  ntpTime,
  parseRtcp,
  writeBye,
  writeReceiverReport,
  writeSdes,
  writeSenderReport,
  type ReportBlock,
} from './rtcp.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

const report: ReportBlock = {
  ssrc: 0xfeedface,
  fractionLost: 25,
  cumulativeLost: -3,
  extendedHighestSeq: 0x0001fffe,
  jitter: 42,
  lastSr: 0x12345678,
  delaySinceLastSr: 65536,
};
const sender = {
  ntpSeconds: 0xe0000001,
  ntpFraction: 0x80000000,
  rtpTimestamp: 160,
  packetCount: 9,
  octetCount: 1440,
};

describe('RTCP', () => {
  it('reads back a compound packet of SR, SDES and BYE', () => {
    const bytes = compound(
      writeSenderReport(1, sender, [report]),
      writeSdes(1, 'a@b'),
      writeBye([1, 2]),
    );
    expect(parseRtcp(bytes)).toEqual([
      { type: 'sr', ssrc: 1, sender, reports: [report] },
      { type: 'sdes', chunks: [{ ssrc: 1, cname: 'a@b' }] },
      { type: 'bye', ssrcs: [1, 2], reason: undefined },
    ]);
  });

  it('reads back a receiver report', () => {
    expect(parseRtcp(writeReceiverReport(5, [report]))).toEqual([
      { type: 'rr', ssrc: 5, reports: [report] },
    ]);
  });

  it.each(['', 'a', 'ab', 'abc', 'abcd', 'abcde'])('pads SDES to words for CNAME "%s"', (cname) => {
    const bytes = writeSdes(9, cname);
    expect(bytes.length % 4).toBe(0);
    expect(bytes.at(-1)).toBe(0);
    expect(parseRtcp(bytes)).toEqual([{ type: 'sdes', chunks: [{ ssrc: 9, cname }] }]);
  });

  it('writes a golden BYE and reads a reason', () => {
    expect(writeBye([0xdeadbeef])).toEqual(hex('81 cb 0001 deadbeef'));
    expect(parseRtcp(hex('81 cb 0002 deadbeef 02 6f6b 00'))).toEqual([
      { type: 'bye', ssrcs: [0xdeadbeef], reason: 'ok' },
    ]);
  });

  it('passes kinds it does not use', () => {
    expect(parseRtcp(hex('80 c9 0001 00000001 81 cd 0002 00000001 00000002'))).toEqual([
      { type: 'rr', ssrc: 1, reports: [] },
      { type: 'other', packetType: 205 },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a cut header', '80 c9 00'],
    ['version 1', '40 c9 0001 00000001'],
    ['a length beyond the datagram', '80 c9 0002 00000001'],
    ['more report blocks than bytes', '81 c9 0001 00000001'],
    ['an RTP packet', '80 00 0001 00000001'],
    ['an SR without sender info', '80 c8 0001 00000001'],
    ['an SDES item beyond the packet', '81 ca 0002 00000001 01 09 6162'],
    ['padding beyond the packet', 'a0 c9 0001 00000020'],
  ])('gives undefined for %s', (_, bytes) => {
    expect(parseRtcp(hex(bytes))).toBeUndefined();
  });

  it('ntpTime() counts from 1900', () => {
    expect(ntpTime(0)).toEqual({ ntpSeconds: 2_208_988_800, ntpFraction: 0 });
    expect(ntpTime(1500).ntpFraction).toBe(0x80000000);
  });
});
