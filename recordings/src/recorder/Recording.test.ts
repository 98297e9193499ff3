import { execFile } from 'node:child_process';
import {
  open,
  readdir,
  readFile,
  readlink,
  stat,
  truncate,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readManifest } from '../format/manifest.ts';
import { chirp, collect, decodeOgg, encode, find, level, tone, within } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';

const ANNA = { id: 'p-anna', name: 'Anna Example', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert Example', kind: 'phone' as const };

let studio: Studio;

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

async function listen(recordingId: string, trackId: string): Promise<Int16Array> {
  const audio = await studio.vault.openAudio(recordingId, trackId);
  const bytes = await collect(audio.read(0, audio.size));
  expect(bytes.length).toBe(audio.size);
  return await decodeOgg(bytes);
}

/** Waits until the manifest on disk has so many tracks, and nothing more is being written. */
async function saved(recordingId: string, tracks: number): Promise<void> {
  const path = join(studio.vaultDirectory, recordingId, 'manifest.sealed');
  await expect
    .poll(async () => {
      const manifest = await readManifest(path, studio.keys.identity);
      return manifest.recording.tracks.length;
    })
    .toBe(tracks);
}

/** A talker with a chirp at `atMs` of what it sends. */
async function chirper(ssrc: number, ms: number, atMs: number): Promise<Talker> {
  return new Talker(ssrc, await encode(within(ms, atMs, chirp(200))));
}

describe('a recording', () => {
  it('has every track and the mix on one clock, to the millisecond', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT + 100);
    const anna = { participantId: ANNA.id, talker: await chirper(1, 3000, 1000), fromMs: 200 };
    play(recording, [anna], 0, 1500);
    await recording.addTrack(BERT, STARTED_AT + 1500);
    const bert = { participantId: BERT.id, talker: await chirper(2, 1500, 700), fromMs: 1620 };
    play(recording, [anna, bert], 1500, 4000);
    await recording.stop(STARTED_AT + 4013);

    const [a, b] = recording.view.tracks;
    expect(recording.view).toMatchObject({
      state: 'sealed',
      durationMs: 4013,
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:04:09.013Z',
    });
    expect(a).toMatchObject({ participantName: 'Anna Example', startMs: 100, endMs: 4013 });
    expect(b).toMatchObject({ kind: 'phone', startMs: 1500, endMs: 4013 });
    const [annas, berts, mix] = [
      await listen('r1', a!.id),
      await listen('r1', b!.id),
      await listen('r1', 'mix'),
    ];
    const manifestPath = join(studio.vaultDirectory, 'r1', 'manifest.sealed');
    const { speakers } = await readManifest(manifestPath, studio.keys.identity);
    expect(speakers.map(({ track }) => track)).toEqual([a!.id, b!.id]);
    for (const [index, fromMs] of [1180, 2300].entries()) {
      expect(Math.abs(speakers[index]!.fromMs - fromMs)).toBeLessThan(25);
      expect(Math.abs(speakers[index]!.toMs - fromMs - 200)).toBeLessThan(45);
    }
    // As long as the clock says, to the sample.
    expect([annas, berts, mix].map(({ length }) => length / 48)).toEqual([3913, 2513, 4013]);
    // A packet of 20 ms that comes at 200 began at 180: Anna's chirp is at 1180, Bert's at 2300.
    expect(Math.abs(100 + find(annas, chirp(200), 1080) - 1180)).toBeLessThan(1);
    expect(Math.abs(1500 + find(berts, chirp(200), 800) - 2300)).toBeLessThan(1);
    expect(Math.abs(find(mix, chirp(200), 1180) - 1180)).toBeLessThan(1);
    expect(Math.abs(find(mix, chirp(200), 2300) - 2300)).toBeLessThan(1);
  });

  it('has all tones in the mix, and in each track just its own', async () => {
    const recording = await studio.record('r1');
    const tones = [440, 620, 880, 1240];
    const parts = [];
    for (const [index, hertz] of tones.entries()) {
      const id = `p${index}`;
      await recording.addTrack({ id, name: id, kind: 'browser' }, STARTED_AT);
      const talker = new Talker(index + 1, await encode(tone(hertz, 2000)));
      parts.push({ participantId: id, talker, fromMs: 20 + index });
    }
    play(recording, parts, 0, 2200);
    await recording.stop(STARTED_AT + 2200);
    const mix = (await listen('r1', 'mix')).subarray(24_000, 72_000);
    for (const hertz of tones) expect(level(mix, hertz)).toBeGreaterThan(-24);
    expect(level(mix, 1000)).toBeLessThan(-45);
    for (const [index, track] of recording.view.tracks.entries()) {
      const pcm = (await listen('r1', track.id)).subarray(24_000, 72_000);
      for (const hertz of tones) {
        if (hertz === tones[index]) expect(level(pcm, hertz)).toBeGreaterThan(-16);
        else expect(level(pcm, hertz)).toBeLessThan(-50);
      }
    }
  });

  it('has in the mix what came while the process stood still', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = new Talker(1, await encode(tone(440, 5000)));
    const part = { participantId: ANNA.id, talker, fromMs: 20 };
    play(recording, [part], 0, 2000);
    // For 1.5 s; its timer comes before what waits in the socket.
    recording.tick(STARTED_AT + 3500);
    for (let index = 99; index < 174; index++) {
      recording.push(ANNA.id, talker.packet(index), STARTED_AT + 3501);
    }
    play(recording, [part], 3500, 5200);
    await recording.stop(STARTED_AT + 5200);
    const mix = await listen('r1', 'mix');
    for (let at = 500; at < 4800; at += 100) {
      expect(level(mix.subarray(at * 48, (at + 100) * 48), 440), `${at} ms`).toBeGreaterThan(-23);
    }
  });

  it('keeps a participant on one track when its stream is replaced', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const first = { participantId: ANNA.id, talker: await chirper(1, 1000, 400), fromMs: 100 };
    play(recording, [first], 0, 1500);
    await recording.addTrack(ANNA, STARTED_AT + 1500);
    const second = { participantId: ANNA.id, talker: await chirper(9, 1000, 400), fromMs: 2000 };
    play(recording, [second], 1500, 3500);
    await recording.stop(STARTED_AT + 3500);
    expect(recording.view.tracks).toHaveLength(1);
    const pcm = await listen('r1', recording.view.tracks[0]!.id);
    expect(Math.abs(find(pcm, chirp(200), 480) - 480)).toBeLessThan(1);
    expect(Math.abs(find(pcm, chirp(200), 2380) - 2380)).toBeLessThan(1);
    expect(pcm.subarray(1200 * 48, 1900 * 48).every((sample) => Math.abs(sample) < 4)).toBe(true);
  });

  it('ends a track when its participant leaves, and tells each change', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    recording.participantJoined(BERT, STARTED_AT + 200);
    recording.participantMuted(ANNA.id, true, STARTED_AT + 300);
    recording.participantMuted(ANNA.id, true, STARTED_AT + 350);
    recording.participantMuted(ANNA.id, false, STARTED_AT + 400);
    for (const at of [450, 460]) recording.participantHeld(BERT.id, true, STARTED_AT + at);
    recording.participantHeld(BERT.id, false, STARTED_AT + 480);
    recording.participantLeft(ANNA.id, STARTED_AT + 500);
    await recording.stop(STARTED_AT + 1000);
    expect(studio.views.map(({ tracks, state }) => [state, tracks[0]?.endMs])).toEqual([
      ['recording', null],
      ['recording', 500],
      ['sealed', 500],
    ]);
    const path = join(studio.vaultDirectory, 'r1', 'manifest.sealed');
    const manifest = await readManifest(path, studio.keys.identity);
    expect(manifest).toMatchObject({ software: 'switchroom test', title: 'Quarterly secrets' });
    expect(manifest.recording).toEqual(recording.view);
    expect(manifest.participants).toEqual([ANNA, BERT]);
    expect(manifest.timeline.map(({ event, atMs }) => [event, atMs])).toEqual([
      ['joined', 0],
      ['joined', 200],
      ['muted', 300],
      ['unmuted', 400],
      ['held', 450],
      ['resumed', 480],
      ['left', 500],
    ]);
    expect(manifest.files.map(({ id }) => id).sort()).toEqual(
      ['mix', recording.view.tracks[0]!.id].sort(),
    );
  });

  it('stops once, however often it is told to, and takes nothing after', async () => {
    const recording = await studio.record('r1');
    const stopped = recording.stop(STARTED_AT + 100);
    expect(recording.stop(STARTED_AT + 900)).toBe(stopped);
    await stopped;
    recording.tick(STARTED_AT + 1000);
    recording.participantLeft(ANNA.id, STARTED_AT + 1000);
    await expect(recording.addTrack(ANNA, STARTED_AT + 1000)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(recording.view.durationMs).toBe(100);
    expect(await readdir(join(studio.vaultDirectory, 'r1'))).toEqual([
      'index.sealed',
      'manifest.sealed',
      'mix.sealed',
      'seal.json',
    ]);
  });

  it('says that it failed when a file cannot be written, and can be recovered', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    await saved('r1', 1);
    const probe = await open(join(studio.vaultDirectory, 'r1', 'mix.sealed'));
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    await probe.close();
    const spy = vi.spyOn(prototype, 'appendFile').mockRejectedValue(new Error('ENOSPC'));
    const part = { participantId: ANNA.id, talker: await chirper(1, 2000, 400), fromMs: 100 };
    play(recording, [part], 0, 1500);
    await new Promise((resolve) => setImmediate(resolve));
    play(recording, [part], 1500, 1700);
    await expect.poll(() => studio.views.at(-1)?.state).toBe('failed');
    await expect(recording.stop(STARTED_AT + 1700)).rejects.toThrow();
    spy.mockRestore();
    const views = await studio.recover();
    expect(views).toMatchObject([{ id: 'r1', state: 'sealed', tracks: [{ startMs: 0 }] }]);
  });

  it('fails as well when the file of somebody who left cannot be ended, though all others can', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    await saved('r1', 1);
    const path = join(studio.vaultDirectory, 'r1', `${recording.view.tracks[0]!.id}.sealed`);
    const probe = await open(path);
    const prototype = Object.getPrototypeOf(probe) as FileHandle;
    const { sync } = prototype;
    await probe.close();
    const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      if ((await readlink(`/proc/self/fd/${this.fd}`)) === path) throw new Error('EIO');
      await sync.call(this);
    });
    recording.participantLeft(ANNA.id, STARTED_AT + 1000);
    await expect
      .poll(() => {
        recording.tick(STARTED_AT + 1100);
        return studio.views.at(-1)?.state;
      })
      .toBe('failed');
    await expect(recording.stop(STARTED_AT + 1100)).rejects.toThrow('could not be written');
    spy.mockRestore();
  });

  it('is refused an id that is taken or is no file name', async () => {
    await (await studio.record('r1')).stop(STARTED_AT);
    await expect(studio.record('r1')).rejects.toMatchObject({ code: 'conflict' });
    await expect(studio.record('../r2')).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('leaves nothing on disk that can be read without the key', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = await chirper(1, 1000, 400);
    play(recording, [{ participantId: ANNA.id, talker, fromMs: 100 }], 0, 1500);
    const payload = Buffer.from(talker.packet(25).payload);
    const check = async (): Promise<void> => {
      const names = await readdir(studio.vaultDirectory, { recursive: true });
      // What has not got its name yet may have it by now.
      for (const name of names.filter((one) => !one.endsWith('.new'))) {
        const path = join(studio.vaultDirectory, name);
        if ((await stat(path)).isDirectory()) continue;
        expect((await stat(path)).mode & 0o777).toBe(0o600);
        const bytes = await readFile(path);
        for (const secret of ['OggS', 'Opus', 'Anna', 'p-anna', 'm1"', 'Quarterly', 'joined']) {
          expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false);
        }
        expect(bytes.includes(payload)).toBe(false);
      }
    };
    await check();
    await recording.stop(STARTED_AT + 1500);
    await check();
  });

  it('tells at once who is called otherwise by now, of tracks that have ended too', async () => {
    const recording = await studio.record('r1');
    for (const one of [ANNA, BERT]) await recording.addTrack(one, STARTED_AT);
    recording.participantLeft(ANNA.id, STARTED_AT + 500);
    const told = studio.views.length;
    recording.participantRenamed(ANNA.id, 'Anna Other', STARTED_AT + 600);
    recording.participantRenamed(ANNA.id, 'Anna Other', STARTED_AT + 700);
    expect(studio.views).toHaveLength(told + 1);
    await recording.stop(STARTED_AT + 1000);
    const names = studio.views.at(-1)!.tracks.map(({ participantName }) => participantName);
    expect(names).toEqual(['Anna Other', BERT.name]);
    const { timeline } = await studio.vault.statements('r1');
    expect(timeline.events).toContainEqual(
      expect.objectContaining({ event: 'renamed', name: 'Anna Other', atMs: 600 }),
    );
  });

  it('can be heard while it is made, as far as it has come', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const part = { participantId: ANNA.id, talker: await chirper(1, 5000, 400), fromMs: 100 };
    play(recording, [part], 0, 3000);
    const id = recording.view.tracks[0]!.id;
    await expect
      .poll(async () => (await listen('r1', id)).length / 48, { timeout: 5000 })
      .toBeGreaterThan(2300);
    const early = await listen('r1', id);
    expect(Math.abs(find(early, chirp(200), 480) - 480)).toBeLessThan(1);
    play(recording, [part], 3000, 5000);
    await recording.stop(STARTED_AT + 5000);
    expect((await listen('r1', id)).length / 48).toBe(5000);
  });

  it('is an Ogg Opus file that opusinfo has nothing to say against', async () => {
    // Of Debian's opus-tools, which npm test installs.
    const run = promisify(execFile);
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT + 333);
    const part = { participantId: ANNA.id, talker: await chirper(1, 2000, 400), fromMs: 777 };
    play(recording, [part], 0, 30_000);
    await recording.stop(STARTED_AT + 30_000);
    for (const id of ['mix', recording.view.tracks[0]!.id]) {
      const audio = await studio.vault.openAudio('r1', id);
      const path = join(studio.dataDirectory, `${id}.ogg`);
      await writeFile(path, await collect(audio.read(0, audio.size)));
      const { stdout, stderr } = await run('opusinfo', [path]);
      expect(stdout + stderr).not.toMatch(/warning|error|fail|hole|discontinu/i);
      expect(stdout).toContain(`Playback length: 0m:${id === 'mix' ? '30.000' : '29.670'}s`);
    }
  });
});

describe('recover()', () => {
  it('seals what a recorder that died left, each track as far as it was written', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const part = { participantId: ANNA.id, talker: await chirper(1, 4000, 400), fromMs: 100 };
    play(recording, [part], 0, 3000);
    const id = recording.view.tracks[0]!.id;
    const path = join(studio.vaultDirectory, 'r1', `${id}.sealed`);
    await expect.poll(async () => (await listen('r1', id)).length / 48).toBeGreaterThan(2300);
    await saved('r1', 1);
    // The recording is left as it is: nobody stops it. Its last record is torn.
    await truncate(path, (await stat(path)).size - 5);

    const now = new Date('2026-01-02T03:10:00.000Z');
    const views = await studio.recover(now);
    expect(views).toHaveLength(1);
    const [view] = views;
    expect(view).toMatchObject({ id: 'r1', meetingId: 'm1', state: 'sealed' });
    expect(view!.tracks[0]).toMatchObject({ participantName: 'Anna Example', startMs: 0 });
    expect(view!.tracks[0]!.endMs).toBeGreaterThan(1800);
    expect(Date.parse(view!.endedAt!) - Date.parse(view!.startedAt)).toBe(view!.durationMs);
    const pcm = await listen('r1', id);
    expect(pcm.length / 48).toBeCloseTo(view!.tracks[0]!.endMs!, -1);
    expect(Math.abs(find(pcm, chirp(200), 480) - 480)).toBeLessThan(1);
    const manifest = await readManifest(
      join(studio.vaultDirectory, 'r1', 'manifest.sealed'),
      studio.keys.identity,
    );
    expect(manifest.recovered).toMatchObject({ at: now.toISOString() });
    expect(manifest.recording).toEqual(view);
    expect(manifest.files.every(({ endedCleanly }) => !endedCleanly)).toBe(true);
    // It is sealed now: nothing is done twice.
    expect(await studio.recover(now)).toEqual([]);
    await recording.discard(STARTED_AT + 3000);
  });

  it('leaves sealed recordings alone, and does not mind that there are none', async () => {
    expect(await studio.recover()).toEqual([]);
    await (await studio.record('r1')).stop(STARTED_AT + 100);
    expect(await studio.recover()).toEqual([]);
  });
});
