import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeMulaw } from '../audio/g711.ts';
import { levelAt } from '../audio/goertzel.ts';
import { tone } from '../audio/tones.ts';
import { freePort, freePortRange } from './freePort.ts';
import { readPcap, writePcap } from './pcap.ts';
import { buildRtp, parseRtp, PCMU, soundOf, type RtpPacket } from './rtp.ts';

/** A tone as RTP packets of 20 ms. */
function packetsOf(frequency: number, firstTimestamp = 0): RtpPacket[] {
  const bytes = Buffer.from(encodeMulaw(tone({ frequency, seconds: 1 }).samples));
  return Array.from({ length: 50 }, (_, i) => ({
    marker: i === 0,
    payloadType: PCMU,
    sequence: 65530 + i,
    timestamp: (firstTimestamp + 160 * i) % 2 ** 32,
    ssrc: 7,
    payload: bytes.subarray(160 * i, 160 * (i + 1)),
  }));
}

describe('free ports', () => {
  it('can be bound for TCP and for UDP', async () => {
    const port = await freePort();
    const tcp = createServer().listen(port, '127.0.0.1');
    const udp = createSocket('udp4').bind(port, '127.0.0.1');
    await Promise.all([
      new Promise((resolve) => tcp.once('listening', resolve)),
      new Promise((resolve) => udp.once('listening', resolve)),
    ]);
    tcp.close();
    udp.close();
  });

  it('come in ranges outside the default one', async () => {
    const { min, max } = await freePortRange(20);
    expect(max - min).toBe(19);
    expect(min % 2).toBe(0);
    expect(max < 20_000 || min >= 30_000).toBe(true);
  });
});

describe('RTP', () => {
  it('is read as it was built, the sequence number wrapped', () => {
    const [packet] = packetsOf(440).slice(8);
    const again = parseRtp(buildRtp(packet!));
    expect(again).toEqual({ ...packet, sequence: 2 });
  });

  it('passes over CSRCs, extension and padding', () => {
    const head = [0xb1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9];
    const packet = Buffer.from([...head, 0xbe, 0xde, 0, 1, 0x10, 5, 0, 0, 42, 43, 0, 2]);
    expect([...parseRtp(packet)!.payload]).toEqual([42, 43]);
  });

  it('tells RTCP and rubbish from RTP', () => {
    expect(parseRtp(Buffer.from([0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0]))).toBeUndefined();
    expect(parseRtp(Buffer.from('too short'))).toBeUndefined();
    expect(parseRtp(Buffer.alloc(20))).toBeUndefined();
    expect(parseRtp(Buffer.from([0x9f, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]))).toBeUndefined();
  });

  it('becomes sound by its timestamps: reordered, doubled, over the wrap', () => {
    const packets = packetsOf(440, 2 ** 32 - 1600);
    [packets[20], packets[21]] = [packets[21]!, packets[20]!];
    packets.splice(30, 0, packets[29]!);
    const sound = soundOf(packets);
    expect(sound.samples.length).toBe(8000);
    expect(levelAt(sound, 440)).toBeCloseTo(-12, 0);
  });

  it('has silence where packets are missing', () => {
    const packets = packetsOf(440);
    packets.splice(10, 5);
    const { samples } = soundOf(packets);
    expect(samples.length).toBe(8000);
    expect(samples.subarray(1600, 2400).every((sample) => sample === 0)).toBe(true);
  });
});

describe('pcap', () => {
  const datagrams = [0, 1, 2].map((i) => ({
    time: 1_700_000_000 + i * 0.02,
    sourcePort: 4000,
    destinationPort: 5000 + i,
    payload: Buffer.from(`packet ${i}`),
  }));

  it('is read as it was written', () => {
    const again = readPcap(writePcap(datagrams));
    expect(again.map(({ payload }) => payload.toString())).toEqual([
      'packet 0',
      'packet 1',
      'packet 2',
    ]);
    expect(again[2]!.destinationPort).toBe(5002);
    expect(again[2]!.time - again[0]!.time).toBeCloseTo(0.04, 4);
  });

  it('is read as far as it has come', () => {
    const file = writePcap(datagrams);
    expect(readPcap(file.subarray(0, file.length - 3))).toHaveLength(2);
    expect(readPcap(file.subarray(0, 10))).toHaveLength(0);
  });
});
