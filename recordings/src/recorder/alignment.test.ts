import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chirp, collect, decodeOggPart, encode, find, within } from '../testing/sound.ts';
import { parseOgg, type OggPage } from '../testing/parseOgg.ts';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import type { Recording } from './Recording.ts';

/** Minutes; each has its chirp, and a pause of a second at its end. */
const MINUTES = 60;
const MINUTE_FRAMES = 3000;
const PAUSE_FROM = 2952;
/** A chirp of 200 ms, in packets of 20 ms; one of them is lost. */
const CHIRP = chirp(200);
const SOUND_FRAMES = 24;
const CHIRP_AT_MS = 100;
const LOST_OF_CHIRP = 9;
/** All else is silence, in packets of six frames (RFC 6716 section 3.2.5), of which each 50th is lost. */
const SILENT_FRAMES = 6;
const SILENCE = Uint8Array.from(Buffer.from(`fb06${'fffe'.repeat(SILENT_FRAMES)}`, 'hex'));
/** How far a sender's clock is off: more than any sound card's. */
const DRIFT = 100e-6;
/** Between two pauses a clock may run away so far, in ms; and a tie is a multiple of 2.5 ms. */
const OFF_MS = 60_000 * DRIFT + 2.5;

let studio: Studio;
beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

/** Somebody whose clock is wrong, who is silent but for a chirp a minute, and whose packets get lost. */
class Drifter {
  readonly id: string;
  readonly #sound: Uint8Array[];
  readonly #rate: number;
  /** Frame of each minute. */
  readonly #chirpFrame: number;
  #frame = 0;
  #seq = 0;

  constructor(id: string, sound: Uint8Array[], rate: number, chirpFrame: number) {
    [this.id, this.#sound, this.#rate, this.#chirpFrame] = [id, sound, rate, chirpFrame];
  }

  /** Sends what is complete by a time of the recording's clock, ms. */
  send(recording: Recording, until: number): void {
    for (;;) {
      const frame = this.#frame;
      const ofChirp = (frame % MINUTE_FRAMES) - this.#chirpFrame;
      const sound = this.#sound[ofChirp];
      const frames = sound === undefined ? SILENT_FRAMES : 1;
      const at = this.#timeOf(frame + frames);
      if (at > until) return;
      this.#frame += frames;
      if (frame % MINUTE_FRAMES >= PAUSE_FROM) continue;
      const seq = this.#seq++ & 0xffff;
      if (ofChirp === LOST_OF_CHIRP || (sound === undefined && seq % 50 === 49)) continue;
      const packet = { payloadType: 111, seq, timestamp: (frame * 960) >>> 0 };
      const content = { payload: sound ?? SILENCE, audioLevel: sound ? 20 : 127 };
      const ssrc = this.#chirpFrame;
      recording.push(this.id, { ...packet, ...content, ssrc }, STARTED_AT + at);
    }
  }

  /** When its chirp of a minute was sent, in ms of the recording's clock. */
  chirpedAt(minute: number): number {
    const first = this.#timeOf(minute * MINUTE_FRAMES + this.#chirpFrame + 1) - 20;
    return first + CHIRP_AT_MS;
  }

  #timeOf(frame: number): number {
    return (frame * 20) / this.#rate;
  }
}

async function play(recording: Recording, drifters: Drifter[], minutes: number): Promise<void> {
  for (let at = 100; at <= minutes * 60_000; at += 100) {
    for (const drifter of drifters) drifter.send(recording, at);
    recording.tick(STARTED_AT + at);
    if (at % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function oggOf(id: string): Promise<OggPage[]> {
  const audio = await studio.vault.openAudio('r1', id);
  return parseOgg(await collect(audio.read(0, audio.size)));
}

/** Where the chirp is that was sent at `at`: ms of the recording's clock. */
async function foundAt(ogg: OggPage[], at: number): Promise<number> {
  const from = Math.round(at) - 200;
  return from + find(await decodeOggPart(ogg, from, from + 800), CHIRP, 200);
}

async function meeting(): Promise<{ recording: Recording; drifters: Drifter[] }> {
  const sound = await encode(within(SOUND_FRAMES * 20, CHIRP_AT_MS, CHIRP));
  const drifters = [
    new Drifter('p-fast', sound, 1 + DRIFT, 1500),
    new Drifter('p-slow', sound, 1 - DRIFT, 2100),
  ];
  const recording = await studio.record('r1');
  for (const { id } of drifters) {
    // Not at a multiple of Opus's shortest frame.
    await recording.addTrack({ id, name: id, kind: 'browser' }, STARTED_AT + 7);
  }
  return { recording, drifters };
}

async function check(
  tracks: { id: string; startMs: number }[],
  drifters: Drifter[],
  minutes: number[],
): Promise<void> {
  const mix = await oggOf('mix');
  for (const [index, drifter] of drifters.entries()) {
    const { id, startMs } = tracks[index]!;
    const track = await oggOf(id);
    for (const minute of minutes) {
      const sent = drifter.chirpedAt(minute);
      const inTrack = startMs + (await foundAt(track, sent - startMs));
      const what = `${drifter.id}, minute ${minute}`;
      expect(Math.abs(inTrack - sent), what).toBeLessThan(OFF_MS);
      expect(Math.abs((await foundAt(mix, sent)) - inTrack), what).toBeLessThan(1);
    }
  }
}

describe('a meeting of an hour, with clocks that drift, pauses and loss', () => {
  it('has its mix within a millisecond of the tracks, and both within the drift of what was', async () => {
    const { recording, drifters } = await meeting();
    await play(recording, drifters, MINUTES);
    await recording.stop(STARTED_AT + MINUTES * 60_000);
    await check(recording.view.tracks, drifters, [0, 1, 17, 38, 59]);
  }, 60_000);

  it('keeps that after a crash', async () => {
    const { recording, drifters } = await meeting();
    await play(recording, drifters, 5);
    const { tracks } = recording.view;
    // The writes come to their end, as they do in the kernel; nobody stops it.
    for (const id of ['mix', ...tracks.map((track) => track.id)]) {
      await expect
        .poll(async () => (await oggOf(id)).length, { timeout: 20_000 })
        .toBeGreaterThan(290);
    }
    expect(await studio.recover()).toMatchObject([{ id: 'r1', state: 'sealed' }]);
    await check(tracks, drifters, [0, 2, 4]);
    await recording.discard(STARTED_AT + 300_000);
  }, 30_000);
});
