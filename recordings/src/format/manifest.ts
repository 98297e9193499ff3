import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import {
  CONSENT_POLICIES,
  consentSchema,
  gapSchema,
  recordingViewSchema,
  timelineEventSchema,
} from '@switchroom/protocol';
import { z } from 'zod';
import { MAX_PLAINTEXT_BYTES } from './record.ts';
import type { ByteSource } from './ByteSource.ts';
import { SealedLogReader } from './SealedLogReader.ts';
import { SealedLogWriter } from './SealedLogWriter.ts';
import { MANIFEST_ID, sealedFile } from './ids.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const count = z.union([z.int().nonnegative(), z.literal('unknown')]);

export const manifestFileSchema = z.object({
  /** Track id, or `mix`. */
  id: z.string().max(64),
  /** Of the file as it lies in the vault. */
  sha256,
  bytes: z.int().nonnegative(),
  /** False when the recorder died: the file has no end record. */
  endedCleanly: z.boolean(),
  /** Begin and end on the recording's clock, in samples. */
  startPosition: z.int().nonnegative(),
  endPosition: z.int().nonnegative(),
  /** Samples that a decoder gives before the first. */
  preSkip: z.int().nonnegative(),
  /** Of times and packets (contentDigest.ts), for whoever has the Ogg file only. */
  content: sha256,
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

/** What a recording holds. Sealed as its own file, anew whenever it changes. */
export const manifestSchema = z.object({
  type: z.literal('switchroom-manifest'),
  formatVersion: z.literal(2),
  /** Random: the manifest's hash is in the clear, and must not tell who guesses well that he did. */
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  software: z.string(),
  title: z.string(),
  recording: recordingViewSchema,
  /** Positions count samples at this rate from `recording.startedAt`. */
  clockRate: z.literal(48_000),
  /** Everybody who was there, with a track or without one. */
  participants: z.array(
    z.object({ id: z.string(), name: z.string(), kind: z.enum(['browser', 'phone']) }),
  ),
  timeline: z.array(timelineEventSchema),
  /** What the meeting asked of those who are recorded, as this began. */
  consentPolicy: z.enum(CONSENT_POLICIES),
  /**
   * Who was told of the recording, by which words, and who agreed; `atMs` is on the recording's clock, negative before
   * its begin. Who was told and is not among those who agreed has not answered.
   */
  consents: z.array(consentSchema.extend({ atMs: z.number() })),
  /**
   * Who spoke when, by track and by the level of what they sent. After a crash: up to the last change of
   * who was there.
   */
  speakers: z.array(
    z.object({
      track: z.string().max(64),
      fromMs: z.number().nonnegative(),
      toMs: z.number().nonnegative(),
    }),
  ),
  /**
   * What became of each track's packets: how many came, how many were written, and how many of these are not mere silence.
   * `compared`: how many the server had passed on to the recorder when that had received so many, as they last
   * compared; null when they never did. With `upToMs` the recorder died, or could not write on: it had counted up
   * to there, and written is what was on the disk for sure. What nobody is left to know is `unknown`.
   */
  ledger: z.array(
    z.object({
      track: z.string().max(64),
      compared: z
        .object({ produced: z.int().nonnegative(), received: z.int().nonnegative() })
        .nullable(),
      received: count,
      written: count,
      sounding: count,
      upToMs: z.number().nonnegative().optional(),
    }),
  ),
  /** Where sound is known to be missing. */
  gaps: z.array(gapSchema),
  /** Files that are ended. */
  files: z.array(manifestFileSchema),
  /** Said when the recorder died and another sealed what it had left. */
  recovered: z.object({ at: z.iso.datetime(), note: z.string() }).nullable(),
  /** `null` while the recording is made; then its place in the chain (seal.ts). */
  seal: z
    .object({
      sequence: z.int().positive(),
      previous: sha256,
      sealedAt: z.iso.datetime(),
      /** Fingerprint of the key that signed this. */
      key: sha256,
      /** Fingerprint of the key that the server signs exports with, as far as it was known. */
      exportKey: sha256.nullable(),
    })
    .nullable(),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function newSalt(): string {
  return randomBytes(32).toString('hex');
}

/** As it is signed and exported. */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** Writes it beside the older one, on the disk. Gives the file's SHA-256 and size. */
export async function prepareManifest(
  vaultDirectory: string,
  manifest: Manifest,
  recipient: string,
): Promise<{ sha256: string; bytes: number }> {
  const recordingId = manifest.recording.id;
  const fresh = freshManifestFile(vaultDirectory, recordingId);
  await rm(fresh, { force: true });
  const info = {
    recordingId,
    name: MANIFEST_ID,
    content: 'manifest' as const,
    startPosition: 0,
    preSkip: 0,
  };
  const log = await SealedLogWriter.create(fresh, info, recipient);
  const bytes = manifestBytes(manifest);
  for (let at = 0; at < bytes.length; at += MAX_PLAINTEXT_BYTES) {
    log.append(bytes.subarray(at, at + MAX_PLAINTEXT_BYTES), 0);
  }
  return { sha256: await log.end(0), bytes: log.size };
}

/** Of what waits to be put in the place of an older one. */
export const FRESH_SUFFIX = '.new';

/** Where `prepareManifest()` writes. */
export function freshManifestFile(vaultDirectory: string, recordingId: string): string {
  return `${sealedFile(vaultDirectory, recordingId, MANIFEST_ID)}${FRESH_SUFFIX}`;
}

/** Puts the manifest in the place of an older one; a crash leaves the one or the other. */
export async function writeManifest(
  vaultDirectory: string,
  manifest: Manifest,
  recipient: string,
): Promise<void> {
  await prepareManifest(vaultDirectory, manifest, recipient);
  const { id } = manifest.recording;
  await rename(freshManifestFile(vaultDirectory, id), sealedFile(vaultDirectory, id, MANIFEST_ID));
}

/** The manifest as it was written, byte for byte. Errors: `SealError`, and those of reading. */
export async function readManifestBytes(
  file: string | ByteSource,
  identity: string,
): Promise<Buffer> {
  const log = await SealedLogReader.open(file, identity);
  try {
    const parts: Buffer[] = [];
    for await (const record of log.records()) parts.push(record.plaintext);
    return Buffer.concat(parts);
  } finally {
    await log.close();
  }
}

/** Errors: `SealError`, and those of the file system. */
export async function readManifest(path: string, identity: string): Promise<Manifest> {
  const bytes = await readManifestBytes(path, identity);
  return manifestSchema.parse(JSON.parse(bytes.toString()));
}
