import { rename, rm } from 'node:fs/promises';
import { recordingViewSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { MAX_PLAINTEXT_BYTES } from './record.ts';
import { SealedLogReader } from './SealedLogReader.ts';
import { SealedLogWriter } from './SealedLogWriter.ts';
import { MANIFEST_ID, sealedFile } from './ids.ts';

export const timelineEventSchema = z.object({
  /** On the recording's clock, ms. */
  atMs: z.number().nonnegative(),
  event: z.enum(['joined', 'left', 'muted', 'unmuted']),
  participantId: z.string().max(64),
});
export type TimelineEvent = z.infer<typeof timelineEventSchema>;

/** What a recording holds. Sealed as its own file, anew whenever it changes. */
export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  software: z.string(),
  title: z.string(),
  recording: recordingViewSchema,
  /** Everybody who was there, with a track or without one. */
  participants: z.array(
    z.object({ id: z.string(), name: z.string(), kind: z.enum(['browser', 'phone']) }),
  ),
  timeline: z.array(timelineEventSchema),
  /** Files that are ended, by track id (`mix` too), as they lie in the vault. */
  files: z.array(
    z.object({
      id: z.string(),
      sha256: z.string(),
      bytes: z.number(),
      /** False when the recorder died: the file has no end record. */
      endedCleanly: z.boolean(),
    }),
  ),
  /** Said when the recorder died and another sealed what it had left. */
  recovered: z.object({ at: z.iso.datetime(), note: z.string() }).nullable(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Puts the manifest in the place of an older one; a crash leaves the one or the other. */
export async function writeManifest(
  vaultDirectory: string,
  manifest: Manifest,
  recipient: string,
): Promise<void> {
  const recordingId = manifest.recording.id;
  const path = sealedFile(vaultDirectory, recordingId, MANIFEST_ID);
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const info = {
    recordingId,
    name: MANIFEST_ID,
    content: 'manifest' as const,
    startPosition: 0,
    preSkip: 0,
  };
  const log = await SealedLogWriter.create(fresh, info, recipient);
  const bytes = Buffer.from(JSON.stringify(manifest));
  for (let at = 0; at < bytes.length; at += MAX_PLAINTEXT_BYTES) {
    log.append(bytes.subarray(at, at + MAX_PLAINTEXT_BYTES), 0);
  }
  await log.end(0);
  await rename(fresh, path);
}

/** Errors: `SealError`, and those of the file system. */
export async function readManifest(path: string, identity: string): Promise<Manifest> {
  const log = await SealedLogReader.open(path, identity);
  try {
    const parts: Buffer[] = [];
    for await (const record of log.records()) parts.push(record.plaintext);
    return manifestSchema.parse(JSON.parse(Buffer.concat(parts).toString()));
  } finally {
    await log.close();
  }
}
