import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEncoder } from 'libopus-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MeetingView, RecordingView } from '@switchroom/protocol';
import { chirp, CHIRP_SECONDS, find } from '../support/audio/chirp.ts';
import { decodeOggOpus } from '../support/audio/oggOpus.ts';
import { slice, type Sound } from '../support/audio/Sound.ts';
import { enter, rtpPacket } from './gatewayHarness.ts';
import { askGateway, SERVICE_TOKEN, startServer, type Harness } from './serverHarness.ts';

/*
 * Tones that are sent at known times through the real SFU to a recorder in a process of its own, looked for in what is
 * played back.
 */
const MAIN = path.join(import.meta.dirname, '../../recordings/src/main.ts');
const RATE = 48_000;
const OPUS_APPLICATION_AUDIO = 2049;
const FRAME_MS = 20;
const FRAMES = 200;
/** Where each of two phones chirps, in frames. */
const CHIRPS = [
  [20, 120],
  [70, 170],
] as const;
/** Of a stretch the packets of the first 100 ms decide where it lies (docs/recording-format.md). */
const TIE_FRAMES = 6;
/** Within a track RTP timestamps decide, and the mix is made of what is in the tracks. */
const EXACT_MS = 1;
/**
 * A stretch is tied to a multiple of 2.5 ms (1.25 at most), and `startedAt` has whole ms (1); the rest is the way from
 * here to the recorder, of the packet that was delayed least.
 */
const TIED_MS = 5;

let server: Harness;
let recorder: ChildProcess;
let meeting: MeetingView;

beforeAll(async () => {
  server = await startServer({ realVault: true });
  recorder = fork(MAIN, {
    env: {
      ...{ PATH: process.env['PATH'], DATA_DIR: server.dataDir, SIGNALING_URL: server.url },
      ...{ SERVICE_TOKEN, LOG_LEVEL: 'silent', RECORDING_MIN_FREE_MB: '0' },
    },
    execArgv: [],
  });
  expect((await once(recorder, 'message'))[0]).toEqual({ type: 'ready' });
});
afterAll(async () => {
  const exited = once(recorder, 'exit');
  recorder.kill('SIGTERM');
  await exited;
  await server.close();
});

const wallMs = (): number => performance.timeOrigin + performance.now();

class Phone {
  readonly #send: (sequence: number, payload: Uint8Array) => void;
  readonly leave: () => Promise<void>;

  private constructor(
    send: (sequence: number, payload: Uint8Array) => void,
    leave: () => Promise<void>,
  ) {
    this.#send = send;
    this.leave = leave;
  }

  static async join(ssrc: number): Promise<Phone> {
    const gateway = await server.gateway('sip-dialin');
    const { socket, opened } = await enter(gateway, meeting);
    const caller = { meetingId: meeting.id, name: `Phone ${ssrc}`, number: '', ssrc };
    const { participantId } = await askGateway(gateway, 'phone:join', caller);
    const { payloadType, audioLevelExtensionId: extensionId } = opened;
    return new Phone(
      (sequence, payload) => {
        const packet = rtpPacket({ payloadType, sequence, ssrc, extensionId, payload });
        socket.send(packet, opened.port, opened.ip);
      },
      async () => {
        await askGateway(gateway, 'phone:leave', { meetingId: meeting.id, participantId });
        socket.close();
        gateway.disconnect();
      },
    );
  }

  /** Sends these, one each 20 ms; gives when each was sent, on the wall's clock in ms. */
  async play(packets: readonly Uint8Array[], firstSequence: number): Promise<number[]> {
    const startedAt = performance.now();
    const sentAt: number[] = [];
    for (const [index, payload] of packets.entries()) {
      await delay(Math.max(0, startedAt + index * FRAME_MS - performance.now()));
      sentAt.push(wallMs());
      this.#send(firstSequence + index, payload);
    }
    return sentAt;
  }
}

/** Opus of silence with chirps where they are wanted. */
async function encoded(frames: number, chirpsAt: readonly number[] = []): Promise<Uint8Array[]> {
  const pcm = new Int16Array((frames * RATE * FRAME_MS) / 1000);
  for (const frame of chirpsAt) pcm.set(chirp(RATE).samples, frame * 960);
  // Not OPUS_APPLICATION_VOIP, whose linear prediction turns phases.
  const encoder = await createEncoder({
    ...{ sampleRate: RATE, channels: 1, bitrate: 64_000, application: OPUS_APPLICATION_AUDIO },
  });
  const packets = Array.from({ length: frames }, (_, i) =>
    encoder.encode(pcm.subarray(i * 960, (i + 1) * 960)),
  );
  encoder.free();
  return packets;
}

async function current(): Promise<RecordingView | undefined> {
  const answer = await server.rest('GET', `/recordings?meetingId=${meeting.id}`);
  return ((await answer.json()) as { items: RecordingView[] }).items[0];
}

async function audioOf(id: string, track?: string): Promise<Sound> {
  const part = track === undefined ? '' : `/tracks/${track}`;
  const answer = await server.rest('GET', `/recordings/${id}${part}/audio`);
  return await decodeOggOpus(Buffer.from(await answer.arrayBuffer()));
}

/** Where something is that should be about there, in ms of the sound. */
function whereIn(sound: Sound, aroundMs: number, needle: Sound = chirp(RATE)): number {
  const from = Math.round(aroundMs) - 100;
  const part = slice(sound, from / 1000, (from + 400) / 1000);
  const { at, likeness } = find(needle, part);
  expect(likeness).toBeGreaterThan(0.6);
  return from + at * 1000;
}

it(
  'are where they were sent, to the millisecond, in the tracks and in the mix',
  { retry: 3, timeout: 40_000 },
  async () => {
    meeting = await server.createMeeting({ recording: 'always' });
    const phones = [await Phone.join(0x1111), await Phone.join(0x2222)];
    await expect.poll(async () => (await current())?.tracks.length, { timeout: 10_000 }).toBe(2);
    const warmUp = await encoded(50);
    await Promise.all(phones.map((phone) => phone.play(warmUp, 1000)));
    // A pause, after which both are tied to the clock anew.
    await delay(500);
    const sounds = await Promise.all(CHIRPS.map((at) => encoded(FRAMES, at)));
    const sent = await Promise.all(phones.map((phone, i) => phone.play(sounds[i]!, 2000)));
    for (const phone of phones) await phone.leave();
    await expect.poll(async () => (await current())?.state, { timeout: 10_000 }).toBe('sealed');
    const recording = (await current())!;

    const mix = await audioOf(recording.id);
    for (const [index, ssrc] of [0x1111, 0x2222].entries()) {
      const track = recording.tracks.find((one) => one.participantName === `Phone ${ssrc}`)!;
      const sound = await audioOf(recording.id, track.id);
      const began = Math.min(
        ...sent[index]!.slice(0, TIE_FRAMES).map((at, i) => at - (i + 1) * FRAME_MS),
      );
      const offsets = CHIRPS[index]!.map((frame) => {
        const due = began + frame * FRAME_MS - Date.parse(recording.startedAt);
        const local = whereIn(sound, due - track.startMs);
        const inTrack = track.startMs + local;
        const inMix = whereIn(
          mix,
          inTrack,
          slice(sound, local / 1000, local / 1000 + CHIRP_SECONDS),
        );
        expect(Math.abs(inMix - inTrack)).toBeLessThan(EXACT_MS);
        return inTrack - due;
      });
      expect(Math.abs(offsets[1]! - offsets[0]!)).toBeLessThan(EXACT_MS);
      expect(Math.abs(offsets[0]!), `off by ${offsets.join(', ')} ms`).toBeLessThan(TIED_MS);
    }
  },
);
