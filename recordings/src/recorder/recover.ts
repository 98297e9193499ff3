import { readdir, rm, truncate } from 'node:fs/promises';
import type { RecordingView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { MANIFEST_ID, recordingDirectory, SEALED_SUFFIX, sealedFile } from '../format/ids.ts';
import { writeManifest, type Manifest } from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { outline, type Outline } from '../format/outline.ts';
import { isCode } from '../format/secretFile.ts';
import type { OpenState, StateJournal } from './StateJournal.ts';

/**
 * Seals what a recorder that died left open: cuts torn records off, ends every track where its last
 * record ends, and says so in the manifest. No audio is read: the recorder could not.
 */
export async function recover(
  vaultDirectory: string,
  journal: StateJournal,
  logger: Logger,
  wallTime: Date,
): Promise<RecordingView[]> {
  const views: RecordingView[] = [];
  for (const recordingId of await directories(vaultDirectory)) {
    try {
      const directory = recordingDirectory(vaultDirectory, recordingId);
      const state = await journal.read(directory);
      if (state === null) continue;
      views.push(await sealLeftOver(vaultDirectory, state, wallTime));
      await journal.remove(directory);
    } catch (error) {
      logger.error({ err: error, recordingId }, 'recover() | recording left open cannot be sealed');
    }
  }
  return views;
}

async function sealLeftOver(
  vaultDirectory: string,
  { manifest, recipient }: OpenState,
  wallTime: Date,
): Promise<RecordingView> {
  const { recording } = manifest;
  const outlines = await cutTornEnds(vaultDirectory, recording.id);
  const endMs = (id: string): number => Math.ceil((outlines.get(id)?.clock ?? 0) / SAMPLES_PER_MS);
  const tracks = recording.tracks
    .filter(({ id }) => outlines.has(id))
    .map((track) => ({ ...track, endMs: Math.max(track.startMs, endMs(track.id)) }));
  const durationMs = Math.max(0, ...[...outlines.keys()].map(endMs), ...tracks.map((t) => t.endMs));
  const view: RecordingView = {
    ...recording,
    state: 'sealed',
    durationMs,
    endedAt: new Date(Date.parse(recording.startedAt) + durationMs).toISOString(),
    tracks,
  };
  const sealed: Manifest = {
    ...manifest,
    recording: view,
    files: [...outlines].map(([id, { sha256, wholeBytes, ended }]) => ({
      id,
      sha256,
      bytes: wholeBytes,
      endedCleanly: ended,
    })),
    recovered: {
      at: wallTime.toISOString(),
      note: `The recorder stopped without warning. What was said after ${durationMs} ms, and up to a second before, is not in this recording.`,
    },
  };
  await writeManifest(vaultDirectory, sealed, recipient);
  return view;
}

async function cutTornEnds(
  vaultDirectory: string,
  recordingId: string,
): Promise<Map<string, Outline>> {
  const outlines = new Map<string, Outline>();
  for (const name of await readdir(recordingDirectory(vaultDirectory, recordingId))) {
    const id = name.slice(0, -SEALED_SUFFIX.length);
    if (!name.endsWith(SEALED_SUFFIX) || id === MANIFEST_ID) continue;
    const path = sealedFile(vaultDirectory, recordingId, id);
    const found = await outline(path);
    if (found.wholeBytes === 0) {
      // It died before the head was written: nothing was in it.
      await rm(path);
      continue;
    }
    if (found.wholeBytes < found.size) await truncate(path, found.wholeBytes);
    outlines.set(id, found);
  }
  return outlines;
}

async function directories(vaultDirectory: string): Promise<string[]> {
  try {
    const entries = await readdir(vaultDirectory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}
