import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, encode, tone } from '../../recordings/src/testing/sound.ts';
import { play, STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { Talker } from '../../recordings/src/testing/talker.ts';
import { manifestBytes, type Manifest } from '../../recordings/src/format/manifest.ts';
import { sealSchema, signSeal } from '../../recordings/src/format/seal.ts';
import type { SigningKey } from '../../recordings/src/format/SigningKey.ts';
import { openVault } from '../../recordings/src/vault/index.ts';
import { zipStream } from '../../recordings/src/vault/zipStream.ts';
import { checkExport } from './checkExport.mjs';
import { auditLines } from './testing/auditLines.ts';
import { Zip } from './zip.mjs';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert', kind: 'phone' as const };

let studio: Studio;
let zipPath: string;
let zipBytes: Buffer;
let tracks: string[];

beforeAll(async () => {
  studio = await Studio.open();
  const recording = await studio.record('r1');
  await recording.addTrack(ANNA, STARTED_AT + 33);
  await recording.addTrack(BERT, STARTED_AT + 777);
  const anna = {
    participantId: ANNA.id,
    talker: new Talker(1, await encode(tone(440, 900))),
    fromMs: 300,
  };
  const bert = {
    participantId: BERT.id,
    talker: new Talker(2, await encode(tone(660, 600))),
    fromMs: 1500,
  };
  play(recording, [anna, bert], 0, 2500);
  await recording.stop(STARTED_AT + 2513);
  tracks = recording.view.tracks.map(({ id }) => `tracks/${id}.ogg`);
  zipPath = path.join(studio.dataDirectory, 'export.zip');
  zipBytes = await exported(studio, 'r1');
  await writeFile(zipPath, zipBytes);
});
afterAll(async () => await studio.close());

async function exported({ vaultDirectory, keys }: Studio, id: string): Promise<Buffer> {
  const auditExtract = async function* (recordingId: string): AsyncGenerator<string> {
    yield* auditLines([
      { seq: 3, recordingId },
      { seq: 7, recordingId },
    ]);
  };
  const vault = openVault({ dir: vaultDirectory, ...keys, auditExtract });
  return await collect(await vault.exportZip(id));
}

/** What is wrong with a zip; `ok` when nothing is. */
async function fault(bytes: Buffer, ...pins: string[]): Promise<string> {
  const other = path.join(studio.dataDirectory, 'other.zip');
  await writeFile(other, bytes);
  return faultOf(() => checkExport(other, new Set(pins)));
}

function faultOf(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    return (error as Error).message;
  }
}

/** All files of an export, to be changed and zipped again. */
function filesOf(file: string): Map<string, Buffer> {
  const zip = new Zip(file);
  const files = new Map([...zip.entries.keys()].map((name) => [name, zip.read(name)]));
  zip.close();
  return files;
}

async function zipOf(files: Map<string, Buffer>): Promise<Buffer> {
  const entries = [...files].map(([name, content]) => ({
    name,
    size: content.length,
    content: [content],
  }));
  return await collect(zipStream(entries));
}

/** Signs the list anew, as somebody could who has the server's key. */
function relist(
  files: Map<string, Buffer>,
  key: Pick<SigningKey, 'fingerprint' | 'sign'> = studio.keys.exportKey,
): void {
  const list = JSON.parse(files.get('export.json')!.toString()) as {
    key: string;
    files: { name: string; bytes: number; sha256: string }[];
  };
  list.key = key.fingerprint;
  list.files = [...files]
    .filter(([name]) => !name.startsWith('export.'))
    .map(([name, content]) => ({ name, bytes: content.length, sha256: sha256(content) }));
  const text = Buffer.from(JSON.stringify(list));
  files.set('export.json', text).set('export.sig', key.sign(text));
}

/** With another manifest, signed as only the recorder could. */
function resealed(
  files: Map<string, Buffer>,
  change: (manifest: Manifest) => void,
): Map<string, Buffer> {
  const manifest = JSON.parse(files.get('manifest.json')!.toString()) as Manifest;
  change(manifest);
  const bytes = manifestBytes(manifest);
  const signature = studio.key.sign(bytes);
  const {
    key: _key,
    signature: _signature,
    ...seal
  } = sealSchema.parse(JSON.parse(files.get('seal.json')!.toString()));
  seal.manifest = { sha256: sha256(bytes), signature: signature.toString('base64') };
  files.set('manifest.json', bytes).set('manifest.sig', signature);
  files.set('seal.json', Buffer.from(`${signSeal(seal, studio.key)}\n`));
  relist(files);
  return files;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('checkExport()', () => {
  it('finds an export good, and says whether a key was pinned', () => {
    const { title, facts, warnings } = checkExport(zipPath, new Set());
    expect(title).toBe('recording r1 of "Quarterly secrets", 2026-01-02T03:04:05.000Z, 2513 ms');
    expect(facts.join()).toContain(studio.key.fingerprint);
    expect(warnings).toEqual([expect.stringContaining('No key was pinned')]);
    expect(checkExport(zipPath, new Set([studio.key.fingerprint])).warnings).toEqual([]);
  });

  it('finds a change of any byte of the zip, and names what was changed', async () => {
    // The whole of what is small, and every so many bytes of the sound.
    const sound = new Set<number>();
    const zip = new Zip(zipPath);
    for (const { name, start, size } of zip.entries.values()) {
      const step = name.endsWith('.wav') ? 9973 : name.endsWith('.ogg') ? 211 : 23;
      for (let at = 60; at < size; at++) if (at % step !== 0) sound.add(start + at);
    }
    zip.close();
    const unfound: number[] = [];
    const named = new Set<string>();
    let count = 0;
    for (let at = 0; at < zipBytes.length; at++) {
      if (sound.has(at)) continue;
      const changed = Buffer.from(zipBytes);
      changed[at]! ^= 1 << (at % 8);
      const message = await fault(changed);
      if (message === 'ok') unfound.push(at);
      named.add(message);
      count++;
    }
    expect(unfound).toEqual([]);
    expect(count).toBeGreaterThan(1500);
    const messages = [...named].join('\n');
    for (const name of [...tracks, 'mix.ogg', 'mix.wav', 'manifest.json', 'seal.json']) {
      expect(messages).toContain(`${name} is not as its checksum in the zip says.`);
    }
    // Only what this program knows to say, nothing thrown by accident.
    expect([...named].filter((one) => /RangeError|undefined|out of range|ERR_/.test(one))).toEqual(
      [],
    );
  }, 120_000);

  it('finds a zip that was cut off anywhere, or added to', async () => {
    for (let cut = 1; cut < zipBytes.length; cut += 4001) {
      expect(await fault(zipBytes.subarray(0, zipBytes.length - cut))).not.toBe('ok');
    }
    expect(await fault(Buffer.concat([zipBytes, Buffer.from([0])]))).toContain('end of the zip');
    expect(await fault(Buffer.concat([Buffer.from([0]), zipBytes]))).toContain('directory');
  });

  it('finds a change in any file though the sums of the zip were made anew', async () => {
    const names = [...filesOf(zipPath).keys()];
    for (const name of names) {
      const size = filesOf(zipPath).get(name)!.length;
      for (const at of new Set([0, 5, 26, 30, 47, size >> 1, size - 1])) {
        if (at >= size) continue;
        const files = filesOf(zipPath);
        files.get(name)![at]! ^= 0x10;
        expect(await fault(await zipOf(files)), `${name} at ${at}`).toMatch(
          /export\.|keys\/|is not as export\.json says/,
        );
      }
    }
  });

  it('finds a change in what the recorder signed though the list was signed anew', async () => {
    const unlisted = ['mix.wav', 'audit.jsonl', 'export.json', 'export.sig', 'keys/export.pem'];
    for (const name of filesOf(zipPath).keys()) {
      if (unlisted.includes(name)) continue;
      const size = filesOf(zipPath).get(name)!.length;
      for (const at of new Set([0, 5, 22, 26, 30, 47, 60, size >> 2, size >> 1, size - 1])) {
        if (at >= size) continue;
        const files = filesOf(zipPath);
        files.get(name)![at]! ^= 0x10;
        relist(files);
        const message = await fault(await zipOf(files));
        expect(message, `${name} at ${at}`).toContain(name.replace('.sig', ''));
      }
    }
  });

  it('finds a track with one page left out and all sums right', async () => {
    const files = filesOf(zipPath);
    const track = files.get(tracks[0]!)!;
    const second = track.indexOf('OggS', track.indexOf('OggS', 100) + 4);
    const third = track.indexOf('OggS', second + 4);
    files.set(tracks[0]!, Buffer.concat([track.subarray(0, second), track.subarray(third)]));
    relist(files);
    expect(await fault(await zipOf(files))).toMatch(/^Page \d+ of tracks\/.* follows page \d+/);
  });

  it('finds swapped tracks, and files removed or added', async () => {
    const [a, b] = [tracks[0]!, tracks[1]!];
    const swapped = filesOf(zipPath);
    const [was, other] = [swapped.get(a)!, swapped.get(b)!];
    swapped.set(a, other).set(b, was);
    expect(await fault(await zipOf(swapped))).toContain('is not as export.json says');
    relist(swapped);
    expect(await fault(await zipOf(swapped))).toContain(`does not say what its manifest says`);
    for (const name of filesOf(zipPath).keys()) {
      const less = filesOf(zipPath);
      less.delete(name);
      expect(await fault(await zipOf(less))).toMatch(/missing from the zip/);
    }
    const without = filesOf(zipPath);
    without.delete(a);
    relist(without);
    expect(await fault(await zipOf(without))).toContain('in the manifest, but missing');
    for (const name of ['tracks/more.ogg', 'notes.txt', '../evil', 'tracks/../x.ogg']) {
      const more = filesOf(zipPath).set(name, Buffer.from('x'));
      const message = await fault(await zipOf(more).catch(() => Buffer.from('no')));
      expect(message).not.toBe('ok');
    }
    const more = filesOf(zipPath).set('tracks/more.ogg', Buffer.from(was));
    expect(await fault(await zipOf(more))).toBe('tracks/more.ogg is not in export.json.');
    relist(more);
    expect(await fault(await zipOf(more))).toBe('tracks/more.ogg is not in the manifest.');
  });

  it('finds a zip made by another key when one is pinned, and says so when none is', async () => {
    const forger = await Studio.open();
    const recording = await forger.record('r1');
    await recording.stop(STARTED_AT + 1000);
    const forged = await exported(forger, 'r1');
    expect(await fault(forged)).toBe('ok');
    expect(await fault(forged, studio.key.fingerprint)).toContain(
      `sealed by another key: ${forger.key.fingerprint}`,
    );
    // The list alone signed by somebody else: the manifest names who may.
    const files = filesOf(zipPath);
    files.set('audit.jsonl', Buffer.from('{}\n'));
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    files.set('keys/export.pem', Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })));
    const fingerprint = sha256(publicKey.export({ format: 'der', type: 'spki' }));
    relist(files, {
      fingerprint,
      sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
    });
    const other = await zipOf(files);
    expect(await fault(other)).toContain('a key that the manifest does not name');
    expect(await fault(other, studio.key.fingerprint)).toContain('does not name');
    await forger.close();
  });

  it('answers whatever is no zip of ours with what is wrong', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('PK'),
      randomBytes(5000),
      Buffer.alloc(5000),
    ]) {
      expect(await fault(bytes)).toMatch(/zip/);
    }
  });

  it('names a track that the vault has lost, and has all others', async () => {
    const recording = await studio.record('r3');
    await recording.addTrack(ANNA, STARTED_AT);
    await recording.addTrack(BERT, STARTED_AT);
    await recording.stop(STARTED_AT + 1000);
    const [anna, bert] = recording.view.tracks.map(({ id }) => id);
    await writeFile(path.join(studio.vaultDirectory, 'r3', `${anna!}.sealed`), 'SWSEAL?');
    const bytes = await exported(studio, 'r3');
    expect(bytes.includes(`tracks/${bert!}.ogg`)).toBe(true);
    expect(await fault(bytes)).toBe(
      `tracks/${anna!}.ogg is in the manifest, but missing from the zip. ` +
        'The server said so: damaged in its vault from 0 to 1000 ms.',
    );
  });

  it('takes a mix that sounds to its very end, whatever the end is', async () => {
    const talker = new Talker(1, await encode(tone(440, 1500)));
    for (const endMs of [1000, 1001, 1007, 1013, 1019]) {
      const id = `end-${endMs}`;
      const recording = await studio.record(id);
      await recording.addTrack(ANNA, STARTED_AT);
      play(recording, [{ participantId: ANNA.id, talker, fromMs: 100 }], 0, endMs);
      await recording.stop(STARTED_AT + endMs);
      expect(await fault(await exported(studio, id), studio.key.fingerprint)).toBe('ok');
    }
  });

  it('tells consents and pauses, and that nothing is in the pauses', async () => {
    const by = { kind: 'user', id: 'u1', name: 'host@example.org' } as const;
    const words = { policy: 'required', language: 'en', words: 'Press one.' } as const;
    const heard = { ...words, how: 'heard', at: '2026-01-02T03:04:05.100Z' } as const;
    const recording = await studio.record('paused', {
      consent: 'required',
      consents: [
        { ...heard, participantId: ANNA.id, name: ANNA.name },
        { ...heard, participantId: BERT.id, name: BERT.name },
        { ...heard, how: 'key', participantId: ANNA.id, name: ANNA.name },
      ],
    });
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = new Talker(1, await encode(tone(440, 3000)));
    const anna = { participantId: ANNA.id, talker, fromMs: 100 };
    play(recording, [anna], 0, 1000);
    await recording.pause(by, STARTED_AT + 1000);
    play(recording, [anna], 1000, 2000);
    await recording.pause(null, STARTED_AT + 2000);
    play(recording, [anna], 2000, 3000);
    await recording.stop(STARTED_AT + 3000);
    const file = path.join(studio.dataDirectory, 'paused.zip');
    await writeFile(file, await exported(studio, 'paused'));
    const { facts, warnings } = checkExport(file, new Set());
    expect(facts).toContain('consent (required): 1 agreed, 1 was told and did not answer');
    expect(warnings).toContain(
      'The manifest states a gap: mix, from 1000 ms to 2000 ms (paused by "host@example.org").',
    );

    // Sound in a pause is a lie, even of who has the recorder's key.
    for (const [fromMs, name] of [
      [500, 'mix.ogg'],
      [600, `tracks/${recording.view.tracks[0]!.id}.ogg`],
    ] as const) {
      const lie = resealed(filesOf(file), (manifest) => {
        const id = name === 'mix.ogg' ? 'mix' : recording.view.tracks[0]!.id;
        manifest.gaps.find((gap) => gap.file === id)!.fromMs = fromMs;
      });
      expect(await fault(await zipOf(lie))).toMatch(`${name} has sound where the manifest states`);
    }
    const mute = resealed(filesOf(file), (manifest) => {
      manifest.consents[1]!.words = '';
    });
    expect(await fault(await zipOf(mute))).toContain('consent 2 does not say who, when, how');
  });

  it('takes an export whose recorder died, and tells the gap', async () => {
    const recording = await studio.record('r2');
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = new Talker(1, await encode(tone(440, 2000)));
    play(recording, [{ participantId: ANNA.id, talker, fromMs: 100 }], 0, 2000);
    // Left as it is, with a torn record: the next one seals it.
    const [track] = recording.view.tracks;
    const sealed = path.join(studio.vaultDirectory, 'r2', `${track!.id}.sealed`);
    const mix = path.join(studio.vaultDirectory, 'r2', 'mix.sealed');
    let before = -1;
    const grown = async (): Promise<number> => {
      const now = (await stat(sealed)).size + (await stat(mix)).size;
      const by = now - before;
      before = now;
      return by;
    };
    await expect.poll(grown, { interval: 100 }).toBe(0);
    await truncate(sealed, (await stat(sealed)).size - 7);
    expect(await studio.recover()).toMatchObject([{ id: 'r2', state: 'sealed' }]);
    const other = path.join(studio.dataDirectory, 'other.zip');
    await writeFile(other, await exported(studio, 'r2'));
    const { warnings } = checkExport(other, new Set([studio.key.fingerprint]));
    expect(warnings).toContainEqual(expect.stringMatching(/states a gap: \w+, from \d+ ms on/));
    await recording.discard(STARTED_AT + 2000);
  });
});
