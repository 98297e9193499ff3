import { beforeEach, describe, expect, it } from 'vitest';
import { createFrameEncoder, type FrameEncoder } from '../codecs/frameEncoders.ts';
import { g711, type G711Law } from '../codecs/g711.ts';
import { levelDbov } from './level.ts';
import { RoomMixer, type G711Frame, type MixedLeg } from './RoomMixer.ts';
import { NARROW_SAMPLES, WIDE_SAMPLES } from './TwoRateBus.ts';

class FakeLeg implements MixedLeg {
  readonly codec: G711Law;
  readonly encoder: FrameEncoder;
  voice: number | undefined;
  readonly frames: Uint8Array[] = [];

  constructor(encoder: FrameEncoder, voice?: number) {
    this.codec = encoder.codec as G711Law;
    this.encoder = encoder;
    this.voice = voice;
  }

  pullVoice(): Int16Array | undefined {
    return this.voice === undefined ? undefined : new Int16Array(NARROW_SAMPLES).fill(this.voice);
  }

  sent: G711Frame | undefined;
  volume: { apply(pcm: Int16Array): void } | undefined;

  codesOf(): G711Frame | undefined {
    return this.sent;
  }

  silences = 0;
  noiseDbov: number | undefined;

  sendSilence(): void {
    this.silences += 1;
  }

  sendFrame(codes: Uint8Array): void {
    this.frames.push(codes);
  }

  /** What it hears at the end of the last frame, where the filters have settled. */
  heard(): number {
    const pcm = new Int16Array(160);
    g711(this.codec).decode(this.frames.at(-1)!, pcm);
    return pcm[159]!;
  }
}

/** What a constant becomes in G.711. */
function coded(value: number, law: G711Law): number {
  const codes = new Uint8Array(1);
  const pcm = new Int16Array(1);
  g711(law).encode(Int16Array.of(value), codes);
  g711(law).decode(codes, pcm);
  return pcm[0]!;
}

const mix = (mixer: RoomMixer, legs: MixedLeg[], sources: number[] = [], ticks = 2): void => {
  const pulled = sources.map((value) => ({ pull: () => new Int16Array(WIDE_SAMPLES).fill(value) }));
  for (let i = 0; i < ticks; i++) mixer.mixOnce(legs, pulled, 0);
};

const phone = async (codec: G711Law = 'PCMU', voice?: number): Promise<FakeLeg> =>
  new FakeLeg(await createFrameEncoder(codec), voice);

describe('RoomMixer', () => {
  let mixer: RoomMixer;
  beforeEach(async () => {
    mixer = new RoomMixer();
    mixer.addEncoder(await createFrameEncoder('PCMU'));
    mixer.addEncoder(await createFrameEncoder('PCMA'));
  });

  it('gives each the exact sum of all others', async () => {
    const [a, b, c] = [await phone('PCMU', 1000), await phone('PCMA', -300), await phone('PCMU')];
    mix(mixer, [a, b, c], [50, 7]);
    expect(a.heard()).toBe(coded(-243, 'PCMU'));
    expect(b.heard()).toBe(coded(1057, 'PCMA'));
    expect(c.heard()).toBe(coded(757, 'PCMU'));
  });

  it('encodes once for all silent phones of a law, and once for each talker', async () => {
    const silent = await Promise.all(
      Array.from({ length: 40 }, (_, i) => phone(i % 2 ? 'PCMU' : 'PCMA')),
    );
    const talkers = [await phone('PCMU', 100), await phone('PCMU', 200)];
    mix(mixer, [...silent, ...talkers], [], 1);
    expect(mixer.stats).toEqual({ ticks: 1, encoded: 2 + 2, passedOn: 0, sent: 42 });
    expect(silent[0]!.frames[0]).toBe(silent[2]!.frames[0]);
    expect(silent[1]!.frames[0]).toBe(silent[3]!.frames[0]);
  });

  it('sends silence when nobody talks, and when the only talker listens', async () => {
    const [silent, talker] = [await phone(), await phone('PCMU', 500)];
    mix(mixer, [silent]);
    expect(silent.frames.at(-1)!.every((code) => code === 0xff)).toBe(true);
    mix(mixer, [silent, talker]);
    expect(talker.heard()).toBe(0);
    expect(silent.heard()).toBe(coded(500, 'PCMU'));
  });

  it('encodes nothing once the room is silent, and at once when somebody talks', async () => {
    const [a, b] = [await phone(), await phone('PCMA')];
    mix(mixer, [a, b], [], 50);
    expect(mixer.stats.encoded).toBe(20);
    expect([a.silences, a.frames.length]).toEqual([40, 10]);
    a.voice = 800;
    mix(mixer, [a, b]);
    expect(b.heard()).toBe(coded(800, 'PCMA'));
  });

  it('has the noise of the loudest line that pauses, once for all', async () => {
    const [a, b, c] = [await phone(), await phone(), await phone()];
    a.noiseDbov = -60;
    b.noiseDbov = -70;
    mix(mixer, [a, b, c], [], 50);
    const pcm = new Int16Array(160);
    const rms = (leg: FakeLeg): number => {
      g711(leg.codec).decode(leg.frames.at(-1)!, pcm);
      return levelDbov(pcm);
    };
    // Half of its band passes the filter: 3 dB less.
    expect(rms(c)).toBeGreaterThan(-67);
    expect(rms(c)).toBeLessThan(-60);
    expect(mixer.stats.encoded).toBe(50);
  });

  it('goes on without a click when a listener begins to talk', async () => {
    const leg = await phone();
    const listener = await phone();
    mix(mixer, [leg, listener], [1000], 3);
    leg.voice = 0;
    mix(mixer, [leg, listener], [1000], 1);
    expect(leg.frames.at(-1)).toEqual(listener.frames.at(-1));
  });

  it('passes on what a lone talker sent to all of its law, and to nobody else', async () => {
    const [talker, same, other] = [await phone('PCMU', 700), await phone(), await phone('PCMA')];
    const sent = new Uint8Array(NARROW_SAMPLES).fill(0x7f); // No encoder makes this zero.
    talker.sent = { law: 'PCMU', codes: sent };
    mix(mixer, [talker, same, other], [], 1);
    expect(same.frames[0]).toBe(sent);
    expect(other.heard()).toBe(coded(700, 'PCMA'));
    expect(talker.heard()).toBe(0);
    expect(mixer.stats).toMatchObject({ passedOn: 1, encoded: 2 });
  });

  it('passes nothing on when somebody else talks, or while what they said rings on', async () => {
    const [talker, second, listener] = [await phone('PCMU', 700), await phone(), await phone()];
    talker.sent = { law: 'PCMU', codes: new Uint8Array(NARROW_SAMPLES) };
    mix(mixer, [talker, listener], [50], 1);
    mix(mixer, [talker, listener], [], 1);
    second.voice = 9;
    mix(mixer, [talker, second, listener], [], 1);
    expect(mixer.stats.passedOn).toBe(0);
    second.voice = undefined;
    mix(mixer, [talker, second, listener], [], 1);
    expect(listener.frames.at(-1)).toBe(talker.sent.codes);
  });

  it('gives a phone with a volume of its own what it alone hears', async () => {
    const [talker, listener, quieter] = [await phone('PCMU', 800), await phone(), await phone()];
    talker.sent = { law: 'PCMU', codes: new Uint8Array(NARROW_SAMPLES) };
    quieter.volume = { apply: (pcm) => pcm.forEach((x, i) => (pcm[i] = x / 2)) };
    mix(mixer, [talker, listener, quieter], [], 1);
    expect(quieter.heard()).toBe(coded(400, 'PCMU'));
    expect(listener.frames[0]).toBe(talker.sent.codes);
  });

  it('saturates when too many shout at once', async () => {
    const listener = await phone('PCMA');
    mix(mixer, [listener], [30_000, 30_000, 30_000]);
    expect(listener.heard()).toBe(coded(32_767, 'PCMA'));
  });
});
