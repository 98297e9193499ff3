import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { collect, encode, tone } from '../../../recordings/src/testing/sound.ts';
import { play, STARTED_AT, type Studio } from '../../../recordings/src/testing/studio.ts';
import { Talker } from '../../../recordings/src/testing/talker.ts';
import type { SigningKey } from '../../../recordings/src/format/SigningKey.ts';
import { openVault } from '../../../recordings/src/vault/index.ts';
import { zipStream } from '../../../recordings/src/vault/zipStream.ts';
import { parseIdentities } from '../age.mjs';
import { checkAny } from '../checkAny.mjs';
import { checkExport } from '../checkExport.mjs';
import { checkSealed } from '../checkSealed.mjs';
import { Zip } from '../zip.mjs';
import { auditLines } from './auditLines.ts';

/*
 * Exports to be changed, and what is said of them.
 */

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert', kind: 'phone' as const };

export type Kind = 'export' | 'sealed export';
export type Files = Map<string, Buffer>;

/** A recording of two; gives the ids of their tracks. `ms`: how long Anna talks. */
export async function recordTwo(studio: Studio, id: string, ms = 900): Promise<string[]> {
  const recording = await studio.record(id);
  await recording.addTrack(ANNA, STARTED_AT + 33);
  await recording.addTrack(BERT, STARTED_AT + 777);
  const said = async (hertz: number, length: number): Promise<Uint8Array[]> =>
    await encode(tone(hertz, length));
  const anna = { participantId: ANNA.id, talker: new Talker(1, await said(440, ms)), fromMs: 300 };
  const bert = { participantId: BERT.id, talker: new Talker(2, await said(660, 600)), fromMs: 800 };
  play(recording, [anna, bert], 0, ms + 600);
  await recording.stop(STARTED_AT + ms + 613);
  return recording.view.tracks.map((track) => track.id);
}

/** An export with two entries of the audit trail. */
export async function exported(
  { vaultDirectory, keys }: Studio,
  id: string,
  kind: Kind = 'export',
): Promise<Buffer> {
  const auditExtract = async function* (recordingId: string): AsyncGenerator<string> {
    yield* auditLines([
      { seq: 3, recordingId },
      { seq: 7, recordingId },
    ]);
  };
  const vault = openVault({ dir: vaultDirectory, ...keys, auditExtract });
  return await collect(
    kind === 'export' ? await vault.exportZip(id) : await vault.exportSealedZip(id),
  );
}

/** What is wrong with a zip; `ok` when nothing is. A sealed one is opened with the studio's identity. */
export function faultOf(studio: Studio, bytes: Buffer, ...pins: string[]): string {
  const file = path.join(studio.dataDirectory, 'other.zip');
  writeFileSync(file, bytes);
  const identities = parseIdentities(studio.keys.identity);
  return faultIn(() => checkAny(file, new Set(pins), identities));
}

function faultIn(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Changes single bytes of a zip, and puts each back once it is known what is wrong then. */
export class HexEditor {
  readonly #bytes: Buffer;
  readonly #fd: number;
  readonly #check: () => unknown;

  constructor(studio: Studio, kind: Kind, bytes: Buffer) {
    const file = path.join(studio.dataDirectory, 'edited.zip');
    const identities = parseIdentities(studio.keys.identity);
    // Not by what is in it: that is asked for thousands of times.
    this.#check =
      kind === 'export'
        ? () => checkExport(file, new Set())
        : () => checkSealed(file, new Set(), identities);
    this.#bytes = bytes;
    writeFileSync(file, bytes);
    this.#fd = openSync(file, 'r+');
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What is wrong with some bits of the byte at `at` turned over. */
  faultWith(at: number, mask: number): string {
    writeSync(this.#fd, Uint8Array.of(this.#bytes.readUInt8(at) ^ mask), 0, 1, at);
    const message = faultIn(this.#check);
    writeSync(this.#fd, this.#bytes, at, 1, at);
    return message;
  }
}

/** All files of an export, to be changed and zipped again. */
export function filesOf(studio: Studio, bytes: Buffer): Files {
  const file = path.join(studio.dataDirectory, 'read.zip');
  writeFileSync(file, bytes);
  const zip = new Zip(file);
  const files = new Map([...zip.entries.keys()].map((name) => [name, zip.read(name)]));
  zip.close();
  return files;
}

export async function zipOf(files: Files): Promise<Buffer> {
  const entries = [...files].map(([name, content]) => ({
    ...{ name, size: content.length, content: [content] },
  }));
  return await collect(zipStream(entries));
}

/** Signs the list anew, as somebody could who has the server's key; it stands behind all others then. */
export function relist(files: Files, key: Pick<SigningKey, 'fingerprint' | 'sign'>): void {
  const list = JSON.parse(String(files.get('export.json'))) as {
    key: string;
    files: { name: string; bytes: number; sha256: string }[];
  };
  list.key = key.fingerprint;
  list.files = [...files]
    .filter(([name]) => !name.startsWith('export.'))
    .map(([name, content]) => ({ name, bytes: content.length, sha256: sha256(content) }));
  const text = Buffer.from(JSON.stringify(list));
  for (const name of ['export.json', 'export.sig']) files.delete(name);
  files.set('export.json', text).set('export.sig', key.sign(text));
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
