import { readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { manifestSchema } from '../format/manifest.ts';
import { sealedFile } from '../format/ids.ts';
import { SealedLogReader } from '../format/SealedLogReader.ts';
import { collect, decodeOgg, encode, level, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';
import { openVault } from './index.ts';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };

let studio: Studio;
let trackId: string;

beforeEach(async () => {
  studio = await Studio.open();
  const recording = await studio.record('r1');
  await recording.addTrack(ANNA, STARTED_AT);
  const talker = new Talker(1, await encode(tone(440, 3000)));
  // Silence of 3 s before and after.
  play(recording, [{ participantId: ANNA.id, talker, fromMs: 3000 }], 0, 9000);
  await recording.stop(STARTED_AT + 9000);
  trackId = recording.view.tracks[0]!.id;
});
afterEach(async () => await studio.close());

describe('vault.statements()', () => {
  it('tells who was muted and on hold, and where each file has no sound, in order', async () => {
    const recording = await studio.record('r2');
    await recording.addTrack(ANNA, STARTED_AT);
    recording.participantMuted(ANNA.id, true, STARTED_AT + 100);
    recording.participantHeld(ANNA.id, true, STARTED_AT + 200);
    recording.participantHeld(ANNA.id, false, STARTED_AT + 300);
    play(recording, [], 0, 3000);
    await recording.stop(STARTED_AT + 3000);
    const { events, gaps } = (await studio.vault.statements('r2')).timeline;
    expect(events.map(({ atMs, event }) => [atMs, event])).toEqual([
      ...[
        [0, 'joined'],
        [100, 'muted'],
        [200, 'held'],
        [300, 'resumed'],
      ],
    ]);
    const [track] = recording.view.tracks;
    expect(gaps.map(({ file, reason }) => [file, reason])).toContainEqual([track!.id, 'muted']);
    for (const id of ['r3', '..', '']) {
      await expect(studio.vault.statements(id)).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});

describe('vault.openAudio()', () => {
  it('gives any range as it is in the whole', async () => {
    const audio = await studio.vault.openAudio('r1', trackId);
    const whole = await collect(audio.read(0, audio.size));
    expect(whole.length).toBe(audio.size);
    const ends = [0, 1, 26, 47, 100, 1000, 5000, 12_345, audio.size - 1, audio.size];
    for (const start of ends) {
      for (const end of ends.filter((one) => one >= start)) {
        const part = await collect(audio.read(start, end));
        expect(part.equals(whole.subarray(start, end)), `${start}-${end}`).toBe(true);
      }
    }
  });

  it('gives the same file each time, also from another vault', async () => {
    const read = async (vault = studio.vault): Promise<Buffer> => {
      const audio = await vault.openAudio('r1', 'mix');
      return await collect(audio.read(0, audio.size));
    };
    const first = await read();
    expect((await read()).equals(first)).toBe(true);
    const another = openVault({ dir: studio.vaultDirectory, ...studio.keys });
    expect((await read(another)).equals(first)).toBe(true);
  });

  it('does not know other ids, nor paths that lead out of the vault', async () => {
    await writeFile(join(studio.dataDirectory, 'outside.sealed'), 'x');
    for (const [recordingId, id] of [
      ['r2', 'mix'],
      ['r1', 'nobody'],
      ['r1', 'manifest'],
      ['..', 'outside'],
      ['r1', '../../outside'],
      ['r1/../r1', 'mix'],
      ['', 'mix'],
      ['r1', ''],
      ['r1\0', 'mix'],
    ] as const) {
      await expect(studio.vault.openAudio(recordingId, id)).rejects.toMatchObject({
        code: 'not-found',
      });
    }
  });

  it('plays around a record that was changed, says where, and tells it once', async () => {
    const told: unknown[] = [];
    const { vaultDirectory: dir, keys } = studio;
    const vault = openVault({ dir, ...keys, onDamage: (...news) => void told.push(news) });
    const good = await vault.openAudio('r1', trackId);
    const sound = await decodeOgg(await collect(good.read(0, good.size)));
    expect(good.damage).toEqual([]);
    const path = sealedFile(dir, 'r1', trackId);
    const bytes = await readFile(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await writeFile(path, bytes);
    await utimes(path, 1, 1);
    const audio = await vault.openAudio('r1', trackId);
    expect(audio.damage).toHaveLength(1);
    const [{ fromMs, toMs }] = audio.damage as [{ fromMs: number; toMs: number }];
    expect(fromMs).toBeGreaterThan(2900);
    expect(toMs - fromMs).toBeGreaterThan(300);
    expect(toMs - fromMs).toBeLessThan(700);
    await vault.openAudio('r1', trackId);
    expect(told).toEqual([[{ recordingId: 'r1', trackId }, audio.damage]]);
    const rest = await decodeOgg(await collect(audio.read(0, audio.size)));
    expect(rest.length).toBe(sound.length);
    // Silence where it is damaged, but for what a decoder lets ring out; all else where it was.
    const part = rest.subarray((fromMs + 40) * 48, (toMs - 5) * 48);
    expect(Math.max(...part.map(Math.abs))).toBeLessThan(50);
    const after = [(toMs + 200) * 48, (toMs + 700) * 48] as const;
    expect(level(rest.subarray(...after), 440)).toBeCloseTo(
      level(sound.subarray(...after), 440),
      0,
    );
  });

  it('tells of a sealed file that was cut off between two records', async () => {
    const path = sealedFile(studio.vaultDirectory, 'r1', 'mix');
    const log = await SealedLogReader.open(path, studio.keys.identity);
    const places: number[] = [];
    for await (const { offset } of log.records()) places.push(offset);
    await log.close();
    await truncate(path, places.at(-2));
    const { damage } = await studio.vault.openAudio('r1', 'mix');
    expect(damage).toEqual([{ fromMs: expect.any(Number) as number, toMs: 9000 }]);
    expect(damage[0]!.fromMs).toBeLessThan(6500);
  });

  it('refuses the file of another track under its name', async () => {
    const mix = await readFile(sealedFile(studio.vaultDirectory, 'r1', 'mix'));
    await writeFile(sealedFile(studio.vaultDirectory, 'r1', trackId), mix);
    await expect(studio.vault.openAudio('r1', trackId)).rejects.toMatchObject({
      code: 'recording-damaged',
    });
  });
});

describe('vault.exportZip()', () => {
  it('holds the manifest, the mix and every track, whole', async () => {
    const bytes = await collect(await studio.vault.exportZip('r1'));
    // A zip reader that is not ours.
    const zip = await fromBufferPromise(bytes, { lazyEntries: true });
    const files: Record<string, Buffer> = {};
    for await (const entry of zip.eachEntry()) {
      const content = await collect(await zip.openReadStreamPromise(entry));
      expect([entry.fileName, crc32(content)]).toEqual([entry.fileName, entry.crc32]);
      files[entry.fileName] = content;
    }
    const text = files['manifest.json']!.toString();
    const manifest = manifestSchema.parse(JSON.parse(text));
    expect(manifest.recording.tracks[0]).toMatchObject({ id: trackId, participantName: 'Anna' });
    const mix = await studio.vault.openAudio('r1', 'mix');
    const track = await studio.vault.openAudio('r1', trackId);
    expect(Object.keys(files).sort()).toEqual([
      ...['export.json', 'export.sig', 'keys/export.pem', 'keys/recorder.pem', 'manifest.json'],
      ...['manifest.sig', 'mix.ogg', 'mix.wav', 'seal.json', `tracks/${trackId}.ogg`],
    ]);
    expect(files['mix.ogg']?.equals(await collect(mix.read(0, mix.size)))).toBe(true);
    const inZip = files[`tracks/${trackId}.ogg`];
    expect(inZip?.equals(await collect(track.read(0, track.size)))).toBe(true);
  });

  it('does not know other ids', async () => {
    for (const id of ['r2', '..', '../vault/r1', '']) {
      await expect(studio.vault.exportZip(id)).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});
