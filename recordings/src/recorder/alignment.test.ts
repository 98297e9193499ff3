import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chirp, collect, decodeOggPart, encode, find, within } from '../testing/sound.ts';
import { parseOgg, type OggPage } from '../testing/parseOgg.ts';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import type { Recording } from './Recording.ts';

/** Minutes of the clock; each has its chirp after 30 s, and a pause of a second at its end. */
const MINUTES = 60;
/** A chirp of 200 ms, with its encoder's delay. */
const CHIRP = chirp(200);
const SOUND_MS = 400;
/** The packet of each chirp that is lost. */
const LOST_OF_CHIRP = 9;
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
  /** When in each minute, ms. */
  readonly chirpsAt: number;
  #index = 0;
  #seed: number;

  constructor(id: string, sound: Uint8Array[], rate: number, chirpsAt: number) {
    [this.id, this.#sound, this.#rate, this.chirpsAt] = [id, sound, rate, chirpsAt];
    this.#seed = chirpsAt;
  }

  /** Sends what is due by a time of the recording's clock, ms. */
  send(recording: Recording, until: number): void {
    for (;;) {
      // A packet of its clock that is complete after 20 ms.
      const index = this.#index;
      const at = ((index + 1) * 20) / this.#rate;
      if (at > until) return;
      this.#index++;
      const begin = Math.round(at) % 60_000;
      if (begin >= 59_000) continue;
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) | 0;
      const since = Math.floor((begin - this.chirpsAt) / 20);
      const payload = this.#sound[since] ?? Uint8Array.of(0xf8, 0xff, 0xfe);
      // Within a chirp too.
      if (since === LOST_OF_CHIRP || (since < 0 && (this.#seed >>> 8) % 50 === 0)) continue;
      const [seq, timestamp] = [index & 0xffff, (index * 960) >>> 0];
      const packet = { payloadType: 111, seq, timestamp, ssrc: this.chirpsAt, payload };
      recording.push(this.id, packet, STARTED_AT + at);
    }
  }

  /** When its chirp of a minute begins, in ms of the recording's clock, as it was sent. */
  chirpedAt(minute: number): number {
    for (let index = Math.floor((minute * 3000 + this.chirpsAt / 20) * this.#rate) - 2; ; index++) {
      const at = ((index + 1) * 20) / this.#rate;
      if (Math.floor(((Math.round(at) % 60_000) - this.chirpsAt) / 20) === 0) return at - 20 + 100;
    }
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
  const sound = await encode(within(SOUND_MS, 100, CHIRP));
  const drifters = [
    new Drifter('p-fast', sound, 1 + DRIFT, 30_000),
    new Drifter('p-slow', sound, 1 - DRIFT, 40_000),
  ];
  const recording = await studio.record('r1');
  for (const { id } of drifters) {
    await recording.addTrack({ id, name: id, kind: 'browser' }, STARTED_AT);
  }
  return { recording, drifters };
}

async function check(tracks: string[], drifters: Drifter[], minutes: number[]): Promise<void> {
  const mix = await oggOf('mix');
  for (const [index, drifter] of drifters.entries()) {
    const track = await oggOf(tracks[index]!);
    for (const minute of minutes) {
      const sent = drifter.chirpedAt(minute);
      const inTrack = await foundAt(track, sent);
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
    const tracks = recording.view.tracks.map(({ id }) => id);
    await check(tracks, drifters, [0, 1, 17, 38, 59]);
  }, 60_000);

  it('keeps that after a crash', async () => {
    const { recording, drifters } = await meeting();
    await play(recording, drifters, 5);
    const tracks = recording.view.tracks.map(({ id }) => id);
    // The writes come to their end, as they do in the kernel; nobody stops it.
    for (const id of ['mix', ...tracks]) {
      await expect
        .poll(async () => (await oggOf(id)).length, { timeout: 20_000 })
        .toBeGreaterThan(290);
    }
    expect(await studio.recover()).toMatchObject([{ id: 'r1', state: 'sealed' }]);
    await check(tracks, drifters, [0, 2, 4]);
    await recording.discard(STARTED_AT + 300_000);
  }, 30_000);
});
