import { describe, expect, it } from 'vitest';
import { createPhoneEncoder } from '../codecs/opus.ts';
import { OpusUplink, type UplinkPacket } from './OpusUplink.ts';

const SSRC = 5;

/** An uplink with an encoder that writes the first sample of each frame; silence is DTX. */
function setUp(): {
  uplink: OpusUplink;
  sent: UplinkPacket[];
  dtx: boolean[];
  freed: () => boolean;
  encoded: () => number;
} {
  const sent: UplinkPacket[] = [];
  const dtx: boolean[] = [];
  let freed = false;
  let encoded = 0;
  const uplink = new OpusUplink({
    encoder: {
      encode: (pcm) => {
        encoded += 1;
        return pcm[0] ? Uint8Array.of(0, 0, 0, pcm[0]) : Uint8Array.of(0);
      },
      setDtx: (enabled) => dtx.push(enabled),
      free: () => (freed = true),
    },
    firstSequenceNumber: 65534,
    firstTimestamp: 0xfffffff0,
    send: (packet) => sent.push(packet),
  });
  return { uplink, sent, dtx, freed: () => freed, encoded: () => encoded };
}

function push(
  uplink: OpusUplink,
  i: number,
  options: Partial<Record<'ssrc' | 'samples' | 'seq' | 'timestamp' | 'value', number>> = {},
): void {
  const { ssrc = SSRC, samples = 160, seq = i, value = 1 } = options;
  const timestamp = options.timestamp ?? i * samples;
  const now = (i * samples) / 8;
  const pcm = new Int16Array(samples).fill(value);
  uplink.push(
    {
      ssrc,
      sequenceNumber: seq & 0xffff,
      timestamp: timestamp >>> 0,
      payload: new Uint8Array(0),
      pcm,
      voice: true,
    },
    now,
  );
}

const seqs = (sent: UplinkPacket[]): number[] =>
  sent.map((packet) => (packet.sequenceNumber + 2) & 0xffff);
/** Timestamps in 20 ms frames since the first. */
const frames = (sent: UplinkPacket[]): number[] =>
  sent.map((packet) => ((packet.timestamp - 0xfffffff0) >>> 0) / 960);

describe('OpusUplink', () => {
  it('sends one packet for each of the phone, across the wraps, the first with a marker', () => {
    const { uplink, sent } = setUp();
    for (let i = 0; i < 4; i++) push(uplink, i);
    expect(seqs(sent)).toEqual([0, 1, 2, 3]);
    expect(frames(sent)).toEqual([0, 1, 2, 3]);
    expect(sent.map((packet) => packet.marker)).toEqual([true, false, false, false]);
  });

  it('keeps the gap of a lost packet', () => {
    const { uplink, sent } = setUp();
    for (const i of [0, 1, 4, 5]) push(uplink, i);
    expect(seqs(sent)).toEqual([0, 1, 4, 5]);
    expect(frames(sent)).toEqual([0, 1, 4, 5]);
    expect(uplink.stats.lost).toBe(2);
  });

  it('makes no gap where the phone paused, or sent keys', () => {
    const { uplink, sent } = setUp();
    push(uplink, 0);
    push(uplink, 10, { seq: 1 });
    expect(seqs(sent)).toEqual([0, 1]);
    expect(frames(sent)).toEqual([0, 10]);
    expect(sent[1]!.marker).toBe(true);

    uplink.passOver(SSRC, 2);
    uplink.passOver(SSRC, 3);
    push(uplink, 20, { seq: 4 });
    expect(seqs(sent)).toEqual([0, 1, 2]);
    expect(uplink.stats.lost).toBe(0);
  });

  it('leaves late and repeated packets out', () => {
    const { uplink, sent } = setUp();
    for (const i of [0, 2, 1, 2, 3]) push(uplink, i);
    expect(seqs(sent)).toEqual([0, 2, 3]);
    expect(uplink.stats.late).toBe(2);
  });

  it.each([
    [80, 8, 4],
    [160, 4, 4],
    [240, 4, 6],
    [320, 4, 8],
    [480, 4, 12],
  ])('frames packets of %i samples anew', (samples, packets, expected) => {
    const { uplink, sent } = setUp();
    for (let i = 0; i < packets; i++) push(uplink, i, { samples });
    const all = Array.from({ length: expected }, (_, i) => i);
    expect(seqs(sent)).toEqual(all);
    expect(frames(sent)).toEqual(all);
  });

  it('keeps time when a packet of 30 ms is lost', () => {
    const { uplink, sent } = setUp();
    for (const i of [0, 2, 3]) push(uplink, i, { samples: 240 });
    // 0-20 whole, 20-40 padded, 40-60 lost; then two frames, and two.
    expect(frames(sent)).toEqual([0, 1, 3, 4, 5]);
    expect(seqs(sent)).toEqual([0, 1, 3, 4, 5]);
  });

  it('goes on when the caller changes SSRC or jumps in time', () => {
    const { uplink, sent } = setUp();
    push(uplink, 0);
    push(uplink, 1, { ssrc: 9, seq: 40_000, timestamp: 3_000_000_000 });
    push(uplink, 2, { ssrc: 9, seq: 40_001, timestamp: 3_000_000_160 });
    push(uplink, 3, { ssrc: 9, seq: 12, timestamp: 77 });
    push(uplink, 53, { seq: 1, timestamp: 0 });
    expect(seqs(sent)).toEqual([0, 1, 2, 3, 4]);
    expect(frames(sent)).toEqual([0, 1, 2, 3, 53]);
    expect(uplink.stats.rebased).toBe(3);
  });

  it.each([
    ['10 ms', 80, 0],
    ['a second', 8000, 0],
    ['a second, and so do its numbers', 8000, 2000],
  ])('leaves nothing out when the clock of the caller goes back by %s', (_, units, numbers) => {
    const { uplink, sent } = setUp();
    for (let i = 0; i < 100; i++) {
      const back = i < 60 ? 0 : 1;
      push(uplink, i, {
        seq: 5000 + i - back * numbers,
        timestamp: 90_000 + i * 160 - back * units,
        value: 1000,
      });
    }
    const all = Array.from({ length: 100 }, (__, i) => i);
    expect(seqs(sent)).toEqual(all);
    expect(frames(sent)).toEqual(all);
  });

  it('follows on by the clock after a pause of ours', () => {
    const { uplink, sent } = setUp();
    push(uplink, 0);
    uplink.pause();
    push(uplink, 100);
    expect(seqs(sent)).toEqual([0, 1]);
    expect(frames(sent)).toEqual([0, 100]);
    expect(sent[1]!.marker).toBe(true);
  });

  it('sends nothing for what the encoder does not want sent (DTX)', () => {
    const { uplink, sent } = setUp();
    push(uplink, 0);
    push(uplink, 1, { value: 0 });
    push(uplink, 2, { value: 0 });
    push(uplink, 3);
    expect(seqs(sent)).toEqual([0, 1]);
    expect(frames(sent)).toEqual([0, 3]);
  });

  it('lets the encoder pause only where it is quiet', () => {
    const { uplink, dtx } = setUp();
    [10, 10, 2000, 2000, 10].forEach((value, i) => push(uplink, i, { value }));
    expect(dtx).toEqual([false, true]);
  });

  it('does not encode what is silent for longer than 300 ms, and begins again at once', () => {
    const { uplink, sent, encoded } = setUp();
    push(uplink, 0, { value: 3000 });
    for (let i = 1; i < 101; i++) push(uplink, i, { value: 0 });
    expect(encoded()).toBe(1 + 15);
    push(uplink, 101, { value: 3000 });
    expect(frames(sent)).toEqual([0, 101]);
    expect(seqs(sent)).toEqual([0, 1]);
  });

  it('lets time go on through silence that is not decoded, once that has lasted', () => {
    const { uplink, sent, encoded } = setUp();
    const rests = (i: number): boolean =>
      uplink.rest({ ssrc: SSRC, sequenceNumber: i, timestamp: i * 160 }, i * 20);
    push(uplink, 0, { value: 3000 });
    for (let i = 1; i < 16; i++) {
      expect(rests(i)).toBe(false);
      push(uplink, i, { value: 0 });
    }
    push(uplink, 16, { value: 0 });
    for (let i = 17; i < 60; i++) expect(rests(i)).toBe(true);
    expect(rests(61)).toBe(false); // One is missing.
    expect(rests(59)).toBe(false); // It has come.
    push(uplink, 60, { value: 3000 });
    expect(rests(61)).toBe(false);
    expect(frames(sent)).toEqual([0, 60]);
    expect(seqs(sent)).toEqual([0, 1]);
    expect(encoded()).toBe(1 + 15 + 1);
  });

  it('sends a steady tone on and on', async () => {
    const sent: UplinkPacket[] = [];
    const uplink = new OpusUplink({
      encoder: await createPhoneEncoder(),
      firstSequenceNumber: 0,
      firstTimestamp: 0,
      send: (packet) => sent.push(packet),
    });
    for (let i = 0; i < 200; i++) {
      const pcm = Int16Array.from({ length: 160 }, (_, k) => 5000 * Math.sin((i * 160 + k) / 3));
      uplink.push(
        {
          ssrc: 1,
          sequenceNumber: i,
          timestamp: i * 160,
          payload: new Uint8Array(0),
          pcm,
          voice: true,
        },
        i * 20,
      );
    }
    expect(sent).toHaveLength(200);
    for (let i = 200; i < 400; i++) push(uplink, i, { ssrc: 1, value: 0 });
    expect(sent.length).toBeLessThan(230);
    uplink.close();
  });

  it('writes the level once the SFU said under which id, and frees its encoder', () => {
    const { uplink, sent, freed } = setUp();
    push(uplink, 0);
    uplink.levelExtensionId = 10;
    push(uplink, 1, { value: 1036 }); // -30 dBov.
    expect(sent[0]!.extensions).toEqual([]);
    expect(sent[1]!.extensions).toEqual([{ id: 10, data: Uint8Array.of(0x80 | 30) }]);
    uplink.close();
    expect(freed()).toBe(true);
  });
});
