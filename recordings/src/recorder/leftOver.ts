import { createSecretKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm, truncate } from 'node:fs/promises';
import type { RecordingView } from '@switchroom/protocol';
import { EMPTY_CONTENT } from '../format/contentDigest.ts';
import {
  INDEX_ID,
  isSoundId,
  MIX_ID,
  recordingDirectory,
  SEALED_SUFFIX,
  sealedFile,
} from '../format/ids.ts';
import type { Manifest, ManifestFile } from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { outline, type Outline } from '../format/outline.ts';
import { maskMark } from './contentMark.ts';
import type { IndexFile } from './IndexLog.ts';
import type { OpenState } from './StateJournal.ts';

/** What lies in a recording's directory, and what it makes of the recording. */
export interface LeftOver {
  view: RecordingView;
  files: ManifestFile[];
  index: IndexFile | null;
  gaps: Manifest['gaps'];
}

/**
 * Cuts torn records off the files of a recording that nobody writes any more, and ends every track where its
 * last record ends. No audio is read: the recorder could not.
 */
export async function endLeftOver(
  vaultDirectory: string,
  state: OpenState,
  reason: Manifest['gaps'][number]['reason'],
): Promise<LeftOver> {
  const { recording } = state.manifest;
  const outlines = await cutTornEnds(vaultDirectory, recording.id);
  const tracks = recording.tracks.filter(({ id }) => outlines.has(id));
  const files: ManifestFile[] = [];
  for (const [id, found] of outlines) {
    const track = tracks.find((one) => one.id === id);
    const startPosition = (track?.startMs ?? 0) * SAMPLES_PER_MS;
    files.push(fileOf(id, found, startPosition, state));
  }
  const endMs = (id: string): number => {
    const file = files.find((one) => one.id === id);
    return Math.ceil((file?.endPosition ?? 0) / SAMPLES_PER_MS);
  };
  const durationMs = Math.max(0, ...files.map(({ id }) => endMs(id)));
  return {
    view: {
      ...recording,
      durationMs,
      endedAt: new Date(Date.parse(recording.startedAt) + durationMs).toISOString(),
      tracks: tracks.map((track) => ({ ...track, endMs: endMs(track.id) })),
    },
    files,
    index: await cutIndex(vaultDirectory, recording.id),
    gaps: files
      .filter(({ endedCleanly }) => !endedCleanly)
      .map(({ id }) => ({ file: id, fromMs: endMs(id), toMs: null, reason })),
  };
}

function fileOf(
  id: string,
  { sha256, wholeBytes, ended, clock, mark, records }: Outline,
  startPosition: number,
  { contentKey, preSkip }: OpenState,
): ManifestFile {
  const key = createSecretKey(contentKey, 'base64');
  return {
    ...{ id, sha256, bytes: wholeBytes, endedCleanly: ended, startPosition },
    endPosition: Math.max(startPosition, clock),
    preSkip: id === MIX_ID ? preSkip.mix : preSkip.track,
    content: mark === null ? EMPTY_CONTENT : maskMark(key, id, records - 1, mark).toString('hex'),
  };
}

async function cutTornEnds(
  vaultDirectory: string,
  recordingId: string,
): Promise<Map<string, Outline>> {
  const outlines = new Map<string, Outline>();
  for (const name of await readdir(recordingDirectory(vaultDirectory, recordingId))) {
    const id = name.slice(0, -SEALED_SUFFIX.length);
    if (!name.endsWith(SEALED_SUFFIX) || !isSoundId(id)) continue;
    const found = await cutTornEnd(sealedFile(vaultDirectory, recordingId, id));
    if (found !== null) outlines.set(id, found);
  }
  return outlines;
}

/** It reaches as far as it was written: a reader finds the rest by itself. */
async function cutIndex(vaultDirectory: string, recordingId: string): Promise<IndexFile | null> {
  const path = sealedFile(vaultDirectory, recordingId, INDEX_ID);
  // A recording that an older recorder began has none, and one that could not be written is gone.
  if (!existsSync(path)) return null;
  const found = await cutTornEnd(path);
  return found && { sha256: found.sha256, bytes: found.wholeBytes };
}

async function cutTornEnd(path: string): Promise<Outline | null> {
  const found = await outline(path);
  if (found.wholeBytes === 0) {
    // It died before the head was written: nothing was in it.
    await rm(path);
    return null;
  }
  if (found.wholeBytes < found.size) await truncate(path, found.wholeBytes);
  return found;
}
