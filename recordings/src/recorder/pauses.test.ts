import { join } from 'node:path';
import type { Consent, PausedBy } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifest, type Manifest } from '../format/manifest.ts';
import { collect, decodeOgg, encode, level, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio, type Part } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';

const ANNA = { id: 'p-anna', name: 'Anna Example', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert Example', kind: 'phone' as const };
const HOST: PausedBy = { kind: 'user', id: 'u1', name: 'host@example.org' };
/** What of a sound that ended still rings, or is coded into the frames before the next, ms. */
const EDGE = 25;

let studio: Studio;

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

/** A tone of seven seconds, as a participant sends it from `fromMs` on. */
async function talker(id: string, hertz: number, fromMs: number): Promise<Part> {
  const packets = await encode(tone(hertz, 7000));
  return { participantId: id, talker: new Talker(hertz, packets), fromMs };
}

async function listen(trackId: string): Promise<Int16Array> {
  const audio = await studio.vault.openAudio('r1', trackId);
  return await decodeOgg(await collect(audio.read(0, audio.size)));
}

async function manifest(): Promise<Manifest> {
  const path = join(studio.vaultDirectory, 'r1', 'manifest.sealed');
  return await readManifest(path, studio.keys.identity);
}

/** How loud a tone is in each ms of a sound that begins at `startMs` of the clock, loudest of the range. */
function loudest(pcm: Int16Array, range: { fromMs: number; toMs: number }): number {
  const part = pcm.subarray(range.fromMs * 48, range.toMs * 48);
  return part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

describe('a paused recording', () => {
  it('holds nothing of the pause in any file, all of the rest, and states the gap', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const parts = [await talker(ANNA.id, 440, 20)];
    play(recording, parts, 0, 2013);
    await recording.pause(HOST, STARTED_AT + 2013);
    await recording.pause({ ...HOST, name: 'another' }, STARTED_AT + 2200);
    // One who comes while it is paused, and one who leaves: files that end and begin in silence.
    await recording.addTrack(BERT, STARTED_AT + 2500);
    parts.push(await talker(BERT.id, 620, 2600));
    play(recording, parts, 2013, 4507);
    await recording.pause(null, STARTED_AT + 4507);
    play(recording, parts, 4507, 6000);
    await recording.pause(HOST, STARTED_AT + 6000);
    play(recording, parts, 6000, 6400);
    recording.participantLeft(BERT.id, STARTED_AT + 6400);
    play(recording, [parts[0]!], 6400, 7000);
    await recording.stop(STARTED_AT + 7000);

    const [a, b] = recording.view.tracks;
    expect(b).toMatchObject({ startMs: 2500, endMs: 6400 });
    const { gaps } = await manifest();
    const paused = { reason: 'paused', by: HOST };
    expect(gaps).toEqual([
      { file: 'mix', fromMs: 2013, toMs: 4507, ...paused },
      { file: a!.id, fromMs: 2013, toMs: 4507, ...paused },
      { file: b!.id, fromMs: 2500, toMs: 4507, ...paused },
      { file: 'mix', fromMs: 6000, toMs: 7000, ...paused },
      { file: a!.id, fromMs: 6000, toMs: 7000, ...paused },
      { file: b!.id, fromMs: 6000, toMs: 6400, ...paused },
    ]);
    const [annas, berts, mix] = [await listen(a!.id), await listen(b!.id), await listen('mix')];
    expect([annas, berts, mix].map(({ length }) => length / 48)).toEqual([7000, 3900, 7000]);
    for (const pcm of [annas, mix]) {
      expect(loudest(pcm, { fromMs: 2013 + EDGE, toMs: 4507 - EDGE })).toBeLessThan(20);
      expect(loudest(pcm, { fromMs: 6000 + EDGE, toMs: 7000 })).toBeLessThan(20);
      expect(level(pcm.subarray(500 * 48, 1980 * 48), 440)).toBeGreaterThan(-26);
      expect(level(pcm.subarray(4560 * 48, 5900 * 48), 440)).toBeGreaterThan(-26);
    }
    expect(loudest(berts, { fromMs: 0, toMs: 2007 - EDGE })).toBeLessThan(20);
    expect(level(berts.subarray(2060 * 48, 3400 * 48), 620)).toBeGreaterThan(-20);
    expect(loudest(berts, { fromMs: 3500 + EDGE, toMs: 3900 })).toBeLessThan(20);
  }, 20_000);

  it('takes nothing of the pause at its end, however the first packet after it was delayed', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const part = await talker(ANNA.id, 440, 20);
    play(recording, [part], 0, 1000);
    await recording.pause(HOST, STARTED_AT + 1000);
    play(recording, [part], 1000, 3005);
    await recording.pause(null, STARTED_AT + 3005);
    play(recording, [part], 3005, 5000);
    await recording.stop(STARTED_AT + 5000);
    const pcm = await listen(recording.view.tracks[0]!.id);
    // The packet of 3020 began at 3000, within the pause: that of 3040 is the first.
    expect(loudest(pcm, { fromMs: 1000 + EDGE, toMs: 3012 })).toBeLessThan(20);
    expect(loudest(pcm, { fromMs: 3045, toMs: 3105 })).toBeGreaterThan(4000);
  });

  it('that is left by a crash is sealed with the gap open; another begins paused', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const part = await talker(ANNA.id, 440, 20);
    play(recording, [part], 0, 1500);
    await recording.pause(HOST, STARTED_AT + 1500);
    await studio.recover();
    const { gaps } = await manifest();
    expect(gaps).toContainEqual({
      ...{ file: 'mix', fromMs: 1500, toMs: null, reason: 'paused', by: HOST },
    });
    await recording.discard(STARTED_AT + 1600);

    const next = await studio.record('r2', { pausedBy: HOST });
    await next.addTrack(ANNA, STARTED_AT + 100);
    play(next, [part], 100, 1500);
    await next.pause(null, STARTED_AT + 1500);
    play(next, [part], 1500, 3000);
    await next.stop(STARTED_AT + 3000);
    const audio = await studio.vault.openAudio('r2', next.view.tracks[0]!.id);
    const pcm = await decodeOgg(await collect(audio.read(0, audio.size)));
    expect(loudest(pcm, { fromMs: 0, toMs: 1400 - EDGE })).toBeLessThan(20);
    expect(level(pcm.subarray(1500 * 48, 2800 * 48), 440)).toBeGreaterThan(-26);
  });
});

describe('consents', () => {
  const consent = (at: string, how: Consent['how']): Consent => ({
    ...{ participantId: ANNA.id, name: ANNA.name, policy: 'required', language: 'en' },
    ...{ words: 'Press one.', at, how },
  });

  it('stand in the manifest once, those from before the begin too, on the clock of the recording', async () => {
    const early = consent('2026-01-02T03:04:03.500Z', 'heard');
    const recording = await studio.record('r1', { consent: 'required', consents: [early] });
    const late = consent('2026-01-02T03:04:05.800Z', 'key');
    recording.told([early, late], STARTED_AT + 900);
    recording.told([late], STARTED_AT + 950);
    await recording.stop(STARTED_AT + 1000);
    expect(await manifest()).toMatchObject({
      consentPolicy: 'required',
      consents: [
        { ...early, atMs: -1500 },
        { ...late, atMs: 800 },
      ],
    });
  });
});
