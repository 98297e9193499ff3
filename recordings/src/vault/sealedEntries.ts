import { createHash } from 'node:crypto';
import { SEALED_SUFFIX } from '../format/ids.ts';
import { publicKeyPem, type SigningKey } from '../format/SigningKey.ts';
import type { ReadSeal } from './readSeal.ts';
import { lines, whole, withSignedList } from './signedList.ts';
import type { ZipEntry } from './zipStream.ts';

/** A file as it lies in the vault. */
export interface SealedSource {
  /** Track id, `mix` or `manifest`. */
  id: string;
  /** Bytes. */
  size: number;
  content: AsyncIterable<Uint8Array>;
}

export interface SealedExportParts {
  recordingId: string;
  seal: ReadSeal;
  /** Those of the seal that are there. */
  files: readonly SealedSource[];
  exportKey: SigningKey;
  exportedAt: Date;
  /** Lines of JSON. */
  audit: AsyncIterable<string> | null;
}

/** What the list says of a file that is not as it was sealed. */
interface SealedDamage {
  file: string;
  what: 'missing' | 'changed';
}

/**
 * The files of a sealed export, its signed list last: all of a recording as it lies in the vault, which whoever makes it
 * need not be able to open.
 */
export function sealedEntries(parts: SealedExportParts): ZipEntry[] {
  const { seal, files, exportKey, audit, recordingId, exportedAt } = parts;
  const damage: SealedDamage[] = seal.seal.files
    .filter(({ id }) => !files.some((file) => file.id === id))
    .map(({ id }) => ({ file: nameOf(id), what: 'missing' }));
  const entries: ZipEntry[] = [
    whole('seal.json', Buffer.from(seal.line)),
    whole('manifest.sig', Buffer.from(seal.seal.manifest.signature, 'base64')),
    whole('keys/recorder.pem', Buffer.from(publicKeyPem(seal.seal.key))),
    whole('keys/export.pem', Buffer.from(publicKeyPem(exportKey.publicKey))),
  ];
  for (const { id, size, content } of files) {
    const sha256 = seal.seal.files.find((file) => file.id === id)?.sha256;
    const watched = compared(content, sha256, () => {
      damage.push({ file: nameOf(id), what: 'changed' });
    });
    entries.push({ name: nameOf(id), size, content: watched });
  }
  if (audit !== null) entries.push({ name: 'audit.jsonl', content: lines(audit) });
  const head = {
    ...{ type: 'switchroom-sealed-export', version: 1, recordingId },
    ...{ exportedAt: exportedAt.toISOString(), key: exportKey.fingerprint, damage },
  };
  return withSignedList(entries, head, exportKey);
}

function nameOf(id: string): string {
  return `sealed/${id}${SEALED_SUFFIX}`;
}

async function* compared(
  content: AsyncIterable<Uint8Array>,
  sha256: string | undefined,
  onOther: () => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) onOther();
}
