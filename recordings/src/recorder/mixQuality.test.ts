import { createDecoder, createEncoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import type { PlacedPacket } from '../format/packets.ts';
import { FRAME, level, tone } from '../testing/sound.ts';
import { speech } from '../testing/speech.ts';
import { levelDbov, TARGET_DBOV } from './Leveller.ts';
import { Mixer } from './Mixer.ts';
import { worstClick } from '../testing/clicks.ts';

/** Opus as browsers send it: 20 ms, VBR, 32 kbit/s. */
async function sent(pcm: Int16Array): Promise<Uint8Array[]> {
  const options = { sampleRate: 48_000, channels: 1, bitrate: 32_000, complexity: 1 } as const;
  const encoder = await createEncoder(options);
  const packets: Uint8Array[] = [];
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    packets.push(encoder.encode(pcm.subarray(at, at + FRAME)));
  }
  encoder.free();
  return packets;
}

interface Track {
  packets: Uint8Array[];
  /** Samples. */
  from?: number;
  /** -dBov of a packet, as the sender says. */
  audioLevel?: (index: number) => number;
  /** Packets that never came. */
  lost?: (index: number) => boolean;
}

/** The mix, decoded on its clock: the encoder's delay taken off, silence where it has no packets. */
async function mixOf(tracks: Track[], ms: number) {
  const mixer = await Mixer.create();
  for (const [id, { packets, from = 0, audioLevel, lost }] of tracks.entries()) {
    await mixer.addSource(String(id));
    packets.forEach((payload, i) => {
      if (lost?.(i) === true) return;
      const packet = { position: from + i * FRAME, payload, audioLevel: audioLevel?.(i) };
      mixer.push(String(id), packet, FRAME);
    });
  }
  const packets: PlacedPacket[] = [];
  for (let at = 0; at <= ms * 48; at += 4800) packets.push(...mixer.mix(at));
  const pcm = await decoded(packets, ms);
  const { lookahead, stats } = mixer;
  mixer.close();
  return { pcm: pcm.subarray(lookahead), stats };
}

async function decoded(packets: PlacedPacket[], ms: number): Promise<Int16Array> {
  const decoder = await createDecoder({ sampleRate: 48_000, channels: 1 });
  const pcm = new Int16Array(ms * 48 + 2 * FRAME);
  const silence = Uint8Array.of(0xf8, 0xff, 0xfe);
  const placed = new Map(packets.map(({ position, payload }) => [position, payload]));
  for (let at = 0; at < ms * 48; at += FRAME) {
    pcm.set(decoder.decode(placed.get(at) ?? silence), at);
  }
  decoder.free();
  return pcm;
}

function activeDbov(pcm: Int16Array): number {
  const levels: number[] = [];
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    levels.push(levelDbov(pcm, at, at + FRAME));
  }
  const active = levels.filter((one) => one > Math.max(...levels) - 10);
  return 10 * Math.log10(active.reduce((sum, one) => sum + 10 ** (one / 10), 0) / active.length);
}

describe('the mix', () => {
  it('has a quiet phone as loud as a loud browser', async () => {
    // They take turns, 8 s each.
    const loud = await sent(speech({ ms: 8000, dbov: -12 }));
    const quiet = await sent(speech({ ms: 8000, dbov: -40, noiseDbov: -70, pitch: 190 }));
    const { pcm } = await mixOf([{ packets: loud }, { packets: quiet, from: 384_000 }], 16_000);
    const [a, b] = [4, 12].map((s) => activeDbov(pcm.subarray(s * 48_000, (s + 4) * 48_000)));
    expect(Math.abs(a! - b!)).toBeLessThan(3);
    expect(Math.abs(a! - TARGET_DBOV)).toBeLessThan(3);
  });

  describe('has no click', () => {
    /** Of 3 s, which its sender begins softly. */
    const hum = (): Int16Array =>
      tone(440, 3000).map((sample, i) => sample * Math.min(1, i / 4800));
    /** What a track that is just cut off in the middle of a wave makes of it. */
    const cut = (pcm: Int16Array): Int16Array => pcm.slice().fill(0, 48_000 + 27);

    it.each<[string, Omit<Track, 'packets'> & { first?: number; last?: number }]>([
      ['where somebody joins in the middle of a word', { first: 50 }],
      ['where somebody leaves in the middle of a word', { last: 100 }],
      ['where two packets are lost', { lost: (i) => i === 60 || i === 61 }],
      ['where a stream pauses for 400 ms', { lost: (i) => i >= 60 && i < 80 }],
    ])('%s', async (_, { first = 0, last = 150, ...track }) => {
      const packets = (await sent(hum())).slice(first, last);
      const { pcm } = await mixOf([{ packets, from: first * FRAME, ...track }], 3200);
      expect(level(pcm.subarray(50_400, 55_200), 440)).toBeGreaterThan(-30);
      expect(worstClick(pcm).dbov).toBeLessThan(worstClick(cut(hum())).dbov - 25);
    });

    it('where several come and go while somebody speaks on', async () => {
      const steady = {
        packets: await sent(tone(300, 6000).map((s, i) => s * Math.min(1, i / 4800))),
      };
      const packets = (await sent(hum())).slice(20, 100);
      const others = [1, 2, 3].map((second) => ({ packets, from: second * 48_000 + 777 }));
      const { pcm } = await mixOf([steady, ...others], 6000);
      expect(worstClick(pcm.subarray(0, 5900 * 48)).dbov).toBeLessThan(
        worstClick(cut(hum())).dbov - 25,
      );
    });

    it('where silence ends that was not decoded', async () => {
      const packets = await sent(speech({ ms: 6000, dbov: -23 }));
      // As senders say it: their own measure of each packet.
      const said = (i: number): number => (i % 150 < 105 ? 20 : 100);
      const [whole, saved] = [
        await mixOf([{ packets }], 6000),
        await mixOf([{ packets, audioLevel: said }], 6000),
      ];
      expect(whole.stats.passedOver).toBe(0);
      expect(saved.stats.passedOver).toBeGreaterThan(50);
      // From the first packet of a sentence on it is as if all had been decoded.
      const [from, to] = [3 * 48_000, 5 * 48_000];
      const [a, b] = [whole.pcm.subarray(from, to), saved.pcm.subarray(from, to)];
      expect(errorDb(a, b)).toBeLessThan(-20);
      expect(worstClick(saved.pcm).dbov).toBeLessThan(worstClick(whole.pcm).dbov + 1);
    });
  });

  it('costs no decoding while everybody is silent', async () => {
    const packets = await sent(speech({ ms: 20_000, dbov: -127, noiseDbov: -75 }));
    const { stats, pcm } = await mixOf([{ packets, audioLevel: () => 80 }], 20_000);
    expect(stats.decoded).toBeLessThan(30);
    expect(stats.passedOver).toBeGreaterThan(960);
    expect(levelDbov(pcm, 24_000)).toBe(-127);
  });

  it('does not believe a sender that calls its voice silence', async () => {
    const packets = await sent(tone(440, 12_000));
    // From the first packet on: the silence is heard for a while before it counts.
    const always = await mixOf([{ packets, audioLevel: () => 127 }], 12_000);
    expect(level(always.pcm.subarray(14_400, 62_400), 440)).toBeGreaterThan(-22);
    expect(always.stats.passedOver).toBeLessThan(5);
    // After it was found honest: by the next probe.
    const quiet = await sent(new Int16Array(3 * 48_000));
    const later = await mixOf([{ packets: [...quiet, ...packets], audioLevel: () => 127 }], 15_000);
    expect(level(later.pcm.subarray(9 * 48_000, 10 * 48_000), 440)).toBeGreaterThan(-22);
  });

  it('does not tick with the noise that a sender with DTX sends now and then', async () => {
    const packets = await sent(speech({ ms: 6000, dbov: -127, noiseDbov: -60 }));
    const lost = (i: number): boolean => i % 20 !== 0;
    const { stats } = await mixOf([{ packets, lost, audioLevel: () => 60 }], 6000);
    expect(stats).toMatchObject({ encoded: 0, decoded: 15 });
  });

  it('turns down what is too loud together, without crackling', async () => {
    // Eight shout at once, before the levellers know them.
    const pitches = [300, 410, 520, 630, 740, 850, 960, 1070];
    const tracks = [];
    for (const pitch of pitches) tracks.push({ packets: await sent(tone(pitch, 1500, 26_000)) });
    const { pcm } = await mixOf(tracks, 1500);
    expect(pcm.every((sample) => Math.abs(sample) < 32_767)).toBe(true);
    // Of what is above 6 kHz nobody sang anything.
    expect(worstClick(pcm.subarray(4800, 64_800)).dbov).toBeLessThan(-45);
  });
});

/** How far off one is from the other, in dB of it. */
function errorDb(a: Int16Array, b: Int16Array): number {
  let [error, power] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    power += a[i]! ** 2;
  }
  return 10 * Math.log10(error / power);
}
