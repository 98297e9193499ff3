import { describe, expect, it, vi } from 'vitest';
import { Negotiation } from '../../sdp/Negotiation.ts';
import { buildOffer } from '../../sdp/buildSdp.ts';
import { g711 } from '../codecs/g711.ts';
import { G722Encoder } from '../codecs/g722.ts';
import { LEG_CODECS } from '../codecs/legCodecs.ts';
import { pressPayloads } from '../dtmf/telephoneEvent.ts';
import { toneFrame } from '../testing/tones.ts';
import { parseRtp, type RtpPacket } from '../rtp/packet.ts';
import { parseRtcp } from '../rtp/rtcp.ts';
import { LegReceiver } from './LegReceiver.ts';
import { LegSender } from './LegSender.ts';
import { PromptPlayer } from './PromptPlayer.ts';
import { MEDIA_LOST_MS, SilenceWatch } from './SilenceWatch.ts';

describe('PromptPlayer', () => {
  const player = (files: number[][], onEnd = vi.fn()) => {
    const frames = files.map((file) => file.map((code) => Uint8Array.of(code)));
    return { prompt: new PromptPlayer(frames, onEnd), onEnd };
  };

  it('plays the files one after the other', () => {
    const { prompt, onEnd } = player([[1, 2], [], [3]]);
    for (const code of [1, 2, 3]) expect(prompt.next()).toEqual(Uint8Array.of(code));
    expect(onEnd).not.toHaveBeenCalled();
    expect(prompt.next()).toBeUndefined();
    expect(prompt.next()).toBeUndefined();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('ends at once when there is nothing to play', () => {
    const { prompt, onEnd } = player([]);
    expect(prompt.next()).toBeUndefined();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});

describe('SilenceWatch', () => {
  it('tells that media began, is missing every 10 s, and began again', () => {
    const watch = new SilenceWatch();
    watch.start(1000);
    expect(watch.heard(1100)).toBe(true);
    expect(watch.heard(1120)).toBe(false);
    expect(watch.check(1119 + MEDIA_LOST_MS, true)).toBeUndefined();
    expect(watch.check(1120 + MEDIA_LOST_MS, true)).toBe(MEDIA_LOST_MS);
    expect(watch.check(1121 + MEDIA_LOST_MS, true)).toBeUndefined();
    expect(watch.check(1120 + 2 * MEDIA_LOST_MS, true)).toBe(2 * MEDIA_LOST_MS);
    expect(watch.heard(1121 + 2 * MEDIA_LOST_MS)).toBe(true);
  });

  it('tells when media never came, but not while on hold', () => {
    const watch = new SilenceWatch();
    watch.start(1000);
    expect(watch.check(900 + MEDIA_LOST_MS, false)).toBeUndefined();
    expect(watch.check(1100 + MEDIA_LOST_MS, true)).toBeUndefined();
    expect(watch.check(900 + 2 * MEDIA_LOST_MS, true)).toBe(MEDIA_LOST_MS);
  });
});

describe('LegSender', () => {
  it('numbers packets, lets time go on without them, and reports', () => {
    const sender = new LegSender();
    const first = parseRtp(sender.packet(8, new Uint8Array(160), 160))!;
    sender.skip(160);
    const second = parseRtp(sender.packet(8, new Uint8Array(160), 160))!;
    expect([first.marker, second.marker]).toEqual([true, false]);
    expect((second.sequenceNumber - first.sequenceNumber) & 0xffff).toBe(1);
    expect((second.timestamp - first.timestamp) >>> 0).toBe(320);
    const report = parseRtcp(sender.report(0, undefined, 0))!;
    expect(report[0]).toMatchObject({ type: 'sr', ssrc: first.ssrc, reports: [] });
    expect(report[0]).toMatchObject({ sender: { packetCount: 2, octetCount: 320 } });
    expect(report[1]?.type).toBe('sdes');
    expect(parseRtcp(sender.bye())?.map(({ type }) => type)).toEqual(['rr', 'sdes', 'bye']);
  });
});

describe('LegReceiver', () => {
  async function setUp() {
    let isHeard = true;
    let takesSilence = false;
    const log: string[] = [];
    const receiver = new LegReceiver({
      onAudio: (_packet, pcm) => log.push(`audio ${pcm.length}`),
      onPause: () => log.push('pause'),
      onKey: (key) => log.push(`key ${key}`),
      onNoise: (dbov) => log.push(`noise ${dbov}`),
      isHeard: () => isHeard,
      onSilence: () => takesSilence,
    });
    const offer = buildOffer({ sessionId: '1', version: 1, address: '127.0.0.1', port: 9 });
    const negotiation = new Negotiation('127.0.0.1', 2);
    negotiation.answer(offer);
    await receiver.setRemote(negotiation.remote!);
    return {
      log,
      receiver,
      hear: (heard: boolean) => (isHeard = heard),
      takeSilence: () => (takesSilence = true),
    };
  }
  const packet = (payloadType: number, payload: Uint8Array, ssrc = 1): RtpPacket => ({
    payloadType,
    marker: false,
    sequenceNumber: 1,
    timestamp: 1000,
    ssrc,
    csrcs: [],
    extensions: [],
    payload,
  });

  it('tells audio, keys and comfort noise apart, and passes other types by', async () => {
    const { log, receiver } = await setUp();
    expect(
      [0, 8, 101, 13, 3, 96].map((type) => receiver.kindOf(packet(type, new Uint8Array(1)))),
    ).toEqual(['media', 'media', 'key', 'media', undefined, undefined]);
    receiver.push(packet(0, new Uint8Array(160)), 0);
    receiver.push(packet(8, new Uint8Array(240)), 0);
    receiver.push(packet(13, Uint8Array.of(60)), 0);
    receiver.push(packet(101, pressPayloads('5')[0]!), 0);
    expect(log).toEqual(['audio 160', 'audio 240', 'pause', 'noise -60', 'pause', 'key 5']);
  });

  it('hears keys in the sound where no telephone-event was agreed on, until one comes', async () => {
    const { log, receiver } = await setUp();
    const negotiation = new Negotiation('127.0.0.1', 2);
    negotiation.answer(
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
    );
    let at = 0;
    const tone = (): void => {
      // Key 5, for 120 ms, and 80 ms of nothing.
      for (let i = 0; i < 10; i++, at += 160) {
        const pcm = Int16Array.from({ length: 160 }, (_, n) => {
          const t = (2 * Math.PI * (at + n)) / 8000;
          return i < 6 ? 6000 * (Math.sin(770 * t) + Math.sin(1336 * t)) : 0;
        });
        const codes = new Uint8Array(160);
        g711('PCMU').encode(pcm, codes);
        receiver.push(packet(0, codes), at / 8);
      }
    };
    const keys = (): string[] => log.filter((line) => line.startsWith('key'));
    tone();
    expect(keys()).toEqual([]); // Agreed on: what sounds like a key may be music.
    await receiver.setRemote(negotiation.remote!);
    tone();
    expect(keys()).toEqual(['key 5']);
    receiver.push(packet(101, pressPayloads('6')[0]!), at / 8);
    tone();
    expect(keys()).toEqual(['key 5', 'key 6']);
  });

  it('does not decode what nobody is to hear', async () => {
    const { log, receiver, hear } = await setUp();
    hear(false);
    receiver.push(packet(0, new Uint8Array(160)), 0);
    hear(true);
    receiver.push(packet(0, new Uint8Array(160)), 0);
    expect(log).toEqual(['audio 0', 'audio 160']);
    expect(receiver.stats.audio).toBe(1);
  });

  it('decodes no silence where that is taken as such', async () => {
    const { log, receiver, takeSilence } = await setUp();
    const [silence, sound] = [0xff, 0x80].map((code) => packet(0, new Uint8Array(160).fill(code)));
    receiver.push(silence!, 0);
    takeSilence();
    receiver.push(silence!, 20);
    receiver.push(packet(8, new Uint8Array(160).fill(0xd5)), 40);
    expect(log).toEqual(['audio 160']);
    receiver.push(sound!, 60);
    receiver.push(packet(0, new Uint8Array(240).fill(0xff)), 80);
    expect(log).toEqual(['audio 160', 'audio 160', 'audio 240']);
    expect(receiver.stats.audio).toBe(5);
  });

  it('decodes G.722 as it was sent, whatever comes twice or too late in between', async () => {
    const encoder = new G722Encoder();
    const sent = Array.from({ length: 50 }, (_, i) => {
      const payload = new Uint8Array(160);
      encoder.encode(toneFrame(700 + 20 * i, 16_000, i * 320, 320, 8000), payload);
      return { ...packet(9, payload), sequenceNumber: i, timestamp: i * 160 };
    });
    const heard = async (order: readonly number[]): Promise<Map<number, Int16Array>> => {
      const first = new Map<number, Int16Array>();
      const receiver = new LegReceiver({
        onAudio: ({ sequenceNumber }, pcm) => {
          if (!first.has(sequenceNumber)) first.set(sequenceNumber, pcm);
        },
        onPause: () => undefined,
        onKey: () => undefined,
        onNoise: () => undefined,
      });
      const negotiation = new Negotiation('127.0.0.1', 2, LEG_CODECS);
      const offer = { sessionId: '1', version: 1, address: '127.0.0.1', port: 9 };
      negotiation.answer(buildOffer(offer, 'sendrecv', ['G722']));
      await receiver.setRemote(negotiation.remote!);
      for (const i of order) receiver.push(sent[i]!, i * 20);
      return first;
    };
    const all = sent.keys().toArray();
    const whole = await heard(all);
    expect(await heard(all.flatMap((i) => [i, i]))).toEqual(whole);
    // Each tenth one is three packets late: what is newer sounds as if that were lost.
    const late = (i: number): boolean => i % 10 === 5;
    const swapped = all.flatMap((i) => (late(i) ? [] : late(i - 3) ? [i, i - 3] : [i]));
    const [reordered, lossy] = [await heard(swapped), await heard(all.filter((i) => !late(i)))];
    expect(reordered.size).toBe(50);
    expect(reordered.get(5)).toEqual(whole.get(5));
    for (const [i, pcm] of lossy) expect(reordered.get(i)).toEqual(pcm);
  });

  it('drops audio of an impossible length', async () => {
    const { log, receiver } = await setUp();
    receiver.push(packet(0, new Uint8Array(0)), 0);
    receiver.push(packet(0, new Uint8Array(1400)), 0);
    expect(log).toEqual([]);
    expect(receiver.stats.oversized).toBe(2);
  });

  it('counts a new SSRC anew, and hears its keys', async () => {
    const { log, receiver } = await setUp();
    receiver.push(packet(101, pressPayloads('5')[0]!), 0);
    receiver.push(packet(101, pressPayloads('5')[0]!, 2), 0);
    expect(log.filter((line) => line.startsWith('key'))).toHaveLength(2);
    expect(receiver.reception).toMatchObject({ ssrc: 2, received: 1 });
  });

  it('knows nothing before the call is negotiated', () => {
    const receiver = new LegReceiver({
      onAudio: vi.fn(),
      onPause: vi.fn(),
      onKey: vi.fn(),
      onNoise: vi.fn(),
    });
    expect(receiver.kindOf(packet(0, new Uint8Array(160)))).toBeUndefined();
    expect(receiver.kindOf(packet(13, new Uint8Array(1)))).toBeUndefined();
  });
});
