import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, tone } from '../../recordings/src/testing/sound.ts';
import { play, STARTED_AT, Studio } from '../../recordings/src/testing/studio.ts';
import { Talker } from '../../recordings/src/testing/talker.ts';
import { manifestBytes, type Manifest } from '../../recordings/src/format/manifest.ts';
import { sealSchema, signSeal } from '../../recordings/src/format/seal.ts';
import { checkExport } from './checkExport.mjs';
import { exported, faultOf, filesOf, recordTwo, relist, sha256, zipOf } from './testing/exports.ts';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert', kind: 'phone' as const };

let studio: Studio;
let zipPath: string;
let zipBytes: Buffer;
let tracks: string[];

beforeAll(async () => {
  studio = await Studio.open();
  tracks = (await recordTwo(studio, 'r1')).map((id) => `tracks/${id}.ogg`);
  zipPath = path.join(studio.dataDirectory, 'export.zip');
  zipBytes = await exported(studio, 'r1');
  await writeFile(zipPath, zipBytes);
});
afterAll(async () => await studio.close());

const fault = (bytes: Buffer, ...pins: string[]): string => faultOf(studio, bytes, ...pins);

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
  relist(files, studio.keys.exportKey);
  return files;
}

describe('checkExport()', () => {
  it('finds an export good, and says whether a key was pinned', () => {
    const { title, facts, warnings } = checkExport(zipPath, new Set());
    expect(title).toBe('recording r1 of "Quarterly secrets", 2026-01-02T03:04:05.000Z, 1513 ms');
    expect(facts.join()).toContain(studio.key.fingerprint);
    expect(warnings).toEqual([expect.stringContaining('No key was pinned')]);
    expect(checkExport(zipPath, new Set([studio.key.fingerprint])).warnings).toEqual([]);
  });

  it('finds a track with one page left out and all sums right', async () => {
    const files = filesOf(studio, zipBytes);
    const track = files.get(tracks[0]!)!;
    const second = track.indexOf('OggS', track.indexOf('OggS', 100) + 4);
    const third = track.indexOf('OggS', second + 4);
    files.set(tracks[0]!, Buffer.concat([track.subarray(0, second), track.subarray(third)]));
    relist(files, studio.keys.exportKey);
    expect(fault(await zipOf(files))).toMatch(/^Page \d+ of tracks\/.* follows page \d+/);
  });

  it('finds a zip made by another key when one is pinned, and says so when none is', async () => {
    const forger = await Studio.open();
    const recording = await forger.record('r1');
    await recording.stop(STARTED_AT + 1000);
    const forged = await exported(forger, 'r1');
    expect(fault(forged)).toBe('ok');
    expect(fault(forged, studio.key.fingerprint)).toContain(
      `sealed by another key: ${forger.key.fingerprint}`,
    );
    // The list alone signed by somebody else: the manifest names who may.
    const files = filesOf(studio, zipBytes);
    files.set('audit.jsonl', Buffer.from('{}\n'));
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    files.set('keys/export.pem', Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })));
    const fingerprint = sha256(publicKey.export({ format: 'der', type: 'spki' }));
    relist(files, {
      fingerprint,
      sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
    });
    const other = await zipOf(files);
    expect(fault(other)).toContain('a key that the manifest does not name');
    expect(fault(other, studio.key.fingerprint)).toContain('does not name');
    await forger.close();
  });

  it('answers whatever is no zip of ours with what is wrong', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('PK'),
      randomBytes(5000),
      Buffer.alloc(5000),
    ]) {
      expect(fault(bytes)).toMatch(/zip/);
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
    expect(fault(bytes)).toBe(
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
      expect(fault(await exported(studio, id), studio.key.fingerprint)).toBe('ok');
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
      const lie = resealed(filesOf(studio, readFileSync(file)), (manifest) => {
        const id = name === 'mix.ogg' ? 'mix' : recording.view.tracks[0]!.id;
        manifest.gaps.find((gap) => gap.file === id)!.fromMs = fromMs;
      });
      expect(fault(await zipOf(lie))).toMatch(`${name} has sound where the manifest states`);
    }
    const mute = resealed(filesOf(studio, readFileSync(file)), (manifest) => {
      manifest.consents[1]!.words = '';
    });
    expect(fault(await zipOf(mute))).toContain('consent 2 does not say who, when, how');
  });

  it('knows what can happen to who is there, holds as well, and takes no other words', async () => {
    const recording = await studio.record('held');
    recording.participantJoined(BERT, STARTED_AT + 100);
    recording.participantHeld(BERT.id, true, STARTED_AT + 200);
    recording.participantHeld(BERT.id, false, STARTED_AT + 300);
    await recording.stop(STARTED_AT + 400);
    const bytes = await exported(studio, 'held');
    expect(fault(bytes, studio.key.fingerprint)).toBe('ok');
    const lie = resealed(filesOf(studio, bytes), ({ timeline }) => {
      (timeline[1]! as { event: string }).event = 'paused';
    });
    expect(fault(await zipOf(lie))).toContain('event 2 does not say who, when and what');
  });

  it('names a number of the ledger that was changed, even by who has the recorder’s key', async () => {
    const original = filesOf(studio, zipBytes);
    const said = original.get('manifest.json')!.toString();
    const { ledger } = JSON.parse(said) as Manifest;
    expect(ledger).toHaveLength(2);
    for (const [index, entry] of ledger.entries()) {
      for (const key of ['received', 'written', 'sounding'] as const) {
        for (const by of [-1, 1]) {
          const value = Number(entry[key]) + by;
          const changed = filesOf(studio, zipBytes);
          const manifest = JSON.parse(said) as Manifest;
          manifest.ledger[index]![key] = value;
          changed.set('manifest.json', manifestBytes(manifest));
          relist(changed, studio.keys.exportKey);
          expect(fault(await zipOf(changed))).toBe('manifest.sig does not sign manifest.json.');
          // Of what came and was not written only the recorder knows.
          if (key === 'received' && by === 1) continue;
          const lie = resealed(filesOf(studio, zipBytes), ({ ledger: all }) => {
            all[index]![key] = value;
          });
          const { track } = entry;
          expect(fault(await zipOf(lie)), `${key} ${value}`).toMatch(
            new RegExp(
              `ledger of track ${track} contradicts|^tracks/${track}.ogg has other packets`,
            ),
          );
        }
      }
    }
    // What the server had produced, and that an entry is there at all.
    for (const change of [
      ({ ledger: [first] }: Manifest): unknown => (first!.compared = { produced: 1, received: 1 }),
      ({ ledger: all }: Manifest): unknown => all.pop(),
    ]) {
      const changed = filesOf(studio, zipBytes);
      const manifest = JSON.parse(said) as Manifest;
      change(manifest);
      changed.set('manifest.json', manifestBytes(manifest));
      relist(changed, studio.keys.exportKey);
      expect(fault(await zipOf(changed))).toBe('manifest.sig does not sign manifest.json.');
    }
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
    expect(warnings).toContain(
      `The ledger of track ${track!.id} ends at 0 ms: unknown packets received, unknown written.`,
    );
    await recording.discard(STARTED_AT + 2000);
  });
});
