import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder, createEncoder } from 'libopus-wasm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LegMedia, PhoneMedia, RoomMedia, RtpAddress } from '../PhoneMedia.ts';
import type { Direction } from '../sdp/audio.ts';
import { buildOffer } from '../sdp/buildSdp.ts';
import { parseSdp } from '../sdp/parseSdp.ts';
import { g711, type G711Law } from './codecs/g711.ts';
import { createEmbeddedPhoneMedia } from './index.ts';
import { bindUdp } from './net/bindUdp.ts';
import type { UdpPort } from './net/UdpPort.ts';
import { writePrompt } from './prompts/wav.ts';
import { isRtcp, parseRtp, writeRtp, type RtpPacket } from './rtp/packet.ts';
import { parseRtcp } from './rtp/rtcp.ts';
import { seqDiff } from './rtp/seq16.ts';

/*
 * The whole path by real sockets: three phones and one participant of the SFU, each with a tone of
 * its own. Everybody hears all the others and not itself.
 */
const HOST = '127.0.0.1';
const SFU_SSRC = 0xcafe;
const SFU_HZ = 1750;
const PROMPT_HZ = 2500;
const OPUS_TYPE = 100;
const LEVEL_ID = 10;
/** Within what the leveller leaves as it is: -22.4 dBov. */
const AMPLITUDE = 3500;
/** 800 ms: long enough to tell neighbouring tones apart by far. */
const LISTEN_SAMPLES = 6400;
const NOT_HEARD_DB = -20;

/** Amplitude of one tone (Goertzel's sum). */
function amplitudeAt(pcm: Int16Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  for (let i = 0; i < pcm.length; i++) {
    const hann = 1 - Math.cos((2 * Math.PI * i) / pcm.length);
    re += hann * pcm[i]! * Math.cos((2 * Math.PI * hz * i) / rate);
    im += hann * pcm[i]! * Math.sin((2 * Math.PI * hz * i) / rate);
  }
  return (2 * Math.hypot(re, im)) / pcm.length;
}

const toneFrame = (hz: number, rate: number, from: number, samples: number): Int16Array =>
  Int16Array.from(
    { length: samples },
    (_, i) => AMPLITUDE * Math.sin((2 * Math.PI * hz * (from + i)) / rate),
  );

/** A phone: sends its tone in G.711, keeps the last 800 ms that it got. */
class TonePhone {
  readonly received: Int16Array[] = [];
  readonly law: G711Law;
  readonly hz: number;
  readonly ssrc: number;
  readonly #port: UdpPort;
  #sent = 0;
  #to: RtpAddress | undefined;

  constructor(port: UdpPort, law: G711Law, hz: number, ssrc: number) {
    this.#port = port;
    this.law = law;
    this.hz = hz;
    this.ssrc = ssrc;
    port.onMessage = (data) => {
      const packet = parseRtp(data);
      if (!packet) return;
      const pcm = new Int16Array(packet.payload.length);
      g711(law).decode(packet.payload, pcm);
      this.received.push(pcm);
      if (this.received.length > LISTEN_SAMPLES / 160) this.received.shift();
    };
  }

  get to(): RtpAddress {
    return this.#to!;
  }

  async call(leg: LegMedia, direction: Direction = 'sendrecv'): Promise<void> {
    const { port } = this.#port.local;
    const offer = buildOffer({ sessionId: '1', version: 1, address: HOST, port }, direction);
    const only = this.law === 'PCMU' ? '0 101' : '8 101';
    const answer = await leg.answer(offer.replace('RTP/AVP 0 8 101', `RTP/AVP ${only}`));
    this.#to = { ip: HOST, port: parseSdp(answer).media[0]!.port };
  }

  send(): void {
    const payload = new Uint8Array(160);
    g711(this.law).encode(toneFrame(this.hz, 8000, this.#sent * 160, 160), payload);
    this.#port.send(
      writeRtp({
        payloadType: this.law === 'PCMU' ? 0 : 8,
        sequenceNumber: this.#sent & 0xffff,
        timestamp: (this.#sent * 160) >>> 0,
        ssrc: this.ssrc,
        payload,
      }),
      this.#to,
    );
    this.#sent += 1;
  }

  /** Amplitude of a tone in what it hears, in dB of what was sent. */
  hears(hz: number): number {
    const all = new Int16Array(LISTEN_SAMPLES);
    this.received.forEach((pcm, i) => all.set(pcm, i * 160));
    return 20 * Math.log10(amplitudeAt(all, hz, 8000) / AMPLITUDE + 1e-9);
  }
}

describe('embedded media by real sockets', () => {
  const phones: TonePhone[] = [];
  const legs: LegMedia[] = [];
  const uplinks = new Map<number, RtpPacket[]>();
  const reported = new Set<number>();
  const ports: UdpPort[] = [];
  let media: PhoneMedia;
  let room: RoomMedia;
  let sender: NodeJS.Timeout;

  beforeAll(async () => {
    media = createEmbeddedPhoneMedia({
      host: HOST,
      announcedAddress: HOST,
      rtpPorts: { min: 0, max: 0 },
      logger: pino({ level: 'silent' }),
    });
    room = await media.createRoom('room');
    const sfu = await bindUdp(HOST, 0);
    ports.push(sfu);
    sfu.onMessage = (data) => {
      if (isRtcp(data)) {
        for (const part of parseRtcp(data)!) if (part.type === 'sr') reported.add(part.ssrc);
        return;
      }
      const packet = parseRtp(data)!;
      const packets = uplinks.get(packet.ssrc) ?? [];
      uplinks.set(packet.ssrc, packets);
      packets.push(packet);
    };
    await room.connect({ ...sfu.local, payloadType: OPUS_TYPE, audioLevelExtensionId: LEVEL_ID });
    room.addSource(SFU_SSRC);

    const kinds = [
      ['PCMU', 500],
      ['PCMA', 800],
      ['PCMU', 1200],
    ] as const;
    for (const [i, [law, hz]] of kinds.entries()) {
      const port = await bindUdp(HOST, 0);
      ports.push(port);
      const phone = new TonePhone(port, law, hz, 1000 + i);
      const leg = await media.createLeg(`leg ${i}`);
      await phone.call(leg);
      await leg.join('room', 1 + i);
      phones.push(phone);
      legs.push(leg);
    }

    const encoder = await createEncoder({ sampleRate: 48_000, channels: 1, frameSize: 960 });
    const start = performance.now();
    let sent = 0;
    sender = setInterval(() => {
      for (; start + sent * 20 <= performance.now(); sent++) {
        for (const phone of phones) phone.send();
        const payload = encoder.encode(toneFrame(SFU_HZ, 48_000, sent * 960, 960));
        const packet = { payloadType: OPUS_TYPE, sequenceNumber: sent & 0xffff, ssrc: SFU_SSRC };
        sfu.send(writeRtp({ ...packet, timestamp: sent * 960, payload }), room.local);
      }
    }, 5);
  });

  afterAll(async () => {
    clearInterval(sender);
    await media.close();
    await Promise.all(ports.map((port) => port.close()));
  });

  const ALL_HZ = [500, 800, 1200, SFU_HZ];
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 100 });

  it('each phone hears all the others and not itself', async () => {
    await eventually(() => {
      for (const phone of phones) {
        const levels = ALL_HZ.filter((hz) => hz !== phone.hz).map((hz) => phone.hears(hz));
        for (const level of levels) expect(level).toBeGreaterThan(-3);
        expect(phone.hears(phone.hz)).toBeLessThan(Math.min(...levels) + NOT_HEARD_DB);
      }
    });
  }, 20_000);

  it('the SFU gets the Opus of each, under its SSRC, in order, with its level', async () => {
    await eventually(() => {
      expect([...uplinks.keys()].sort()).toEqual([1, 2, 3]);
      for (const packets of uplinks.values()) expect(packets.length).toBeGreaterThan(60);
      expect([...reported].sort()).toEqual([1, 2, 3]);
    });
    for (const [i, { hz }] of phones.entries()) {
      const packets = uplinks.get(1 + i)!.slice(-60);
      const decoder = await createDecoder({ sampleRate: 16_000, channels: 1 });
      const pcm = new Int16Array(60 * 320);
      packets.forEach((packet, k) => {
        expect(packet.payloadType).toBe(OPUS_TYPE);
        const level = packet.extensions.find(({ id }) => id === LEVEL_ID)!.data[0]!;
        expect(level & 0x80).toBe(0x80);
        expect([22, 23]).toContain(level & 0x7f);
        const before = packets[k - 1];
        if (before) {
          expect(seqDiff(packet.sequenceNumber, before.sequenceNumber)).toBe(1);
          expect((packet.timestamp - before.timestamp) >>> 0).toBe(960);
        }
        pcm.set(decoder.decode(packet.payload), k * 320);
      });
      decoder.free();
      const levels = new Map(
        ALL_HZ.map((each) => [each, 20 * Math.log10(amplitudeAt(pcm, each, 16_000))]),
      );
      for (const other of ALL_HZ.filter((each) => each !== hz)) {
        expect(levels.get(other)!).toBeLessThan(levels.get(hz)! + NOT_HEARD_DB);
      }
    }
  }, 20_000);

  it('a muted phone is heard by nobody, and goes on hearing', async () => {
    legs[0]!.setMuted(true);
    await eventually(() => {
      expect(phones[1]!.hears(500)).toBeLessThan(-40);
      expect(phones[0]!.hears(800)).toBeGreaterThan(-3);
    });
    const count = uplinks.get(1)!.length;
    const others = uplinks.get(2)!.length;
    await eventually(() => expect(uplinks.get(2)!.length).toBeGreaterThan(others + 20));
    expect(uplinks.get(1)!.length).toBe(count);
    legs[0]!.setMuted(false);
    await eventually(() => expect(phones[1]!.hears(500)).toBeGreaterThan(-3));
  }, 20_000);

  it('a phone in a prompt hears that alone, and is heard unless it is muted', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'switchroom-media-'));
    const file = join(dir, 'prompt.wav');
    await writeFile(file, writePrompt(toneFrame(PROMPT_HZ, 16_000, 0, 16_000)));
    const playing = legs[1]!.play(Array<string>(20).fill(file));
    await eventually(() => {
      expect(phones[1]!.hears(PROMPT_HZ)).toBeGreaterThan(-3);
      for (const hz of [500, 1200, SFU_HZ]) expect(phones[1]!.hears(hz)).toBeLessThan(-30);
      expect(phones[0]!.hears(PROMPT_HZ)).toBeLessThan(-40);
      expect(phones[0]!.hears(800)).toBeGreaterThan(-3);
    });
    legs[1]!.setMuted(true);
    await eventually(() => expect(phones[0]!.hears(800)).toBeLessThan(-40));
    expect(phones[1]!.hears(PROMPT_HZ)).toBeGreaterThan(-3);
    legs[1]!.setMuted(false);
    legs[1]!.stop();
    await expect(playing).resolves.toBe('stopped');
    await eventually(() => {
      expect(phones[0]!.hears(800)).toBeGreaterThan(-3);
      expect(phones[1]!.hears(500)).toBeGreaterThan(-3);
    });
    await rm(dir, { recursive: true });
  }, 20_000);

  it('a phone that has left hears silence and is not heard, also when it left while joining', async () => {
    const silent = (phone: TonePhone) =>
      // A-law has no zero.
      phone.received.every((pcm) => pcm.every((sample) => Math.abs(sample) <= 8));
    legs[1]!.leave();
    await eventually(() => {
      expect(silent(phones[1]!)).toBe(true);
      expect(phones[0]!.hears(800)).toBeLessThan(-40);
    });
    const joining = legs[1]!.join('room', 2);
    legs[1]!.leave();
    await joining;
    phones[1]!.received.length = 0;
    await eventually(() => expect(phones[1]!.received).toHaveLength(LISTEN_SAMPLES / 160));
    expect(silent(phones[1]!)).toBe(true);
    await legs[1]!.join('room', 2);
    await eventually(() => {
      expect(phones[0]!.hears(800)).toBeGreaterThan(-3);
      expect(phones[1]!.hears(500)).toBeGreaterThan(-3);
    });
  }, 20_000);

  it('a phone that holds the call is not heard, whatever it plays, until it resumes', async () => {
    await phones[2]!.call(legs[2]!, 'sendonly');
    await eventually(() => expect(phones[0]!.hears(1200)).toBeLessThan(-40));
    await phones[2]!.call(legs[2]!);
    await eventually(() => expect(phones[0]!.hears(1200)).toBeGreaterThan(-3));
  }, 20_000);

  it('rubbish on the RTP port harms nobody', async () => {
    const stranger = await bindUdp(HOST, 0);
    ports.push(stranger);
    for (let i = 0; i < 200; i++) {
      stranger.send(randomBytes(i), phones[0]!.to);
      stranger.send(randomBytes(i), room.local);
    }
    // Also RTP that looks right, from somewhere else: loud noise that must not come through.
    for (let i = 0; i < 50; i++) {
      const packet = { payloadType: 0, sequenceNumber: i, timestamp: i * 160, ssrc: 1000 };
      stranger.send(writeRtp({ ...packet, payload: randomBytes(160) }), phones[0]!.to);
    }
    phones[1]!.received.length = 0;
    await eventually(() => {
      expect(phones[1]!.received).toHaveLength(LISTEN_SAMPLES / 160);
      expect(phones[1]!.hears(500)).toBeGreaterThan(-3);
      expect(phones[1]!.hears(2345)).toBeLessThan(-40);
    });
  }, 20_000);

  it('a removed source is silent, and so is the room for who left it', async () => {
    room.removeSource(SFU_SSRC);
    await eventually(() => expect(phones[0]!.hears(SFU_HZ)).toBeLessThan(-40));
    await legs[2]!.close();
    await eventually(() => expect(phones[0]!.hears(1200)).toBeLessThan(-40));
    await room.close();
    await eventually(() => {
      expect(phones[0]!.received.every((pcm) => pcm.every((sample) => sample === 0))).toBe(true);
    });
  }, 20_000);
});
