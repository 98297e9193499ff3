import { MIX_ID } from '../format/ids.ts';
import type { ManifestFile } from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { publicKeyPem, type SigningKey } from '../format/SigningKey.ts';
import type { AudioIndex } from './AudioIndex.ts';
import type { ReadSeal } from './readSeal.ts';
import { lines, whole, withSignedList } from './signedList.ts';
import type { Damage } from './Vault.ts';
import { wav, wavSize } from './wav.ts';
import type { ZipEntry } from './zipStream.ts';

export interface ExportParts {
  recordingId: string;
  /** As it was signed. */
  manifest: Buffer;
  seal: ReadSeal;
  /** By track id, the mix's too. */
  audio: ReadonlyMap<string, AudioIndex>;
  /** Of those in the manifest: what is not there, or does not open at all. */
  lost: readonly ManifestFile[];
  identity: string;
  exportKey: SigningKey;
  exportedAt: Date;
  /** Lines of JSON. */
  audit: AsyncIterable<string> | null;
}

/** The files of an export, its signed list last. They are made one after the other, while they are read. */
export function exportEntries(parts: ExportParts): ZipEntry[] {
  const { manifest, seal, audio, identity, exportKey, audit } = parts;
  const entries: ZipEntry[] = [
    whole('manifest.json', manifest),
    whole('manifest.sig', Buffer.from(seal.seal.manifest.signature, 'base64')),
    whole('seal.json', Buffer.from(seal.line)),
    whole('keys/recorder.pem', Buffer.from(publicKeyPem(seal.seal.key))),
    whole('keys/export.pem', Buffer.from(publicKeyPem(exportKey.publicKey))),
  ];
  const damage: (Damage & { file: string })[] = parts.lost.map((file) => ({
    file: nameOf(file.id),
    fromMs: file.startPosition / SAMPLES_PER_MS,
    toMs: file.endPosition / SAMPLES_PER_MS,
  }));
  for (const [id, index] of audio) {
    const name = nameOf(id);
    const content = index.read(0, index.size, identity);
    entries.push({ name, size: index.size, content });
    damage.push(...index.damage.map((one) => ({ file: name, ...one })));
    if (id !== MIX_ID) continue;
    const size = wavSize(index.length.samples);
    const pcm = wav(index.packets(identity), index.length);
    if (size !== null) entries.push({ name: 'mix.wav', size, content: pcm });
  }
  if (audit !== null) entries.push({ name: 'audit.jsonl', content: lines(audit) });
  const { recordingId, exportedAt } = parts;
  const head = {
    ...{ type: 'switchroom-export', version: 1, recordingId },
    ...{ exportedAt: exportedAt.toISOString(), key: exportKey.fingerprint, damage },
  };
  return withSignedList(entries, head, exportKey);
}

function nameOf(id: string): string {
  return id === MIX_ID ? 'mix.ogg' : `tracks/${id}.ogg`;
}
