import { readdir } from 'node:fs/promises';
import type { RecordingView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { recordingDirectory } from '../format/ids.ts';
import type { Manifest } from '../format/manifest.ts';
import { SealError } from '../format/SealError.ts';
import { isCode } from '../format/secretFile.ts';
import { leftGaps, leftLedger } from './leftAccount.ts';
import { endLeftOver } from './leftOver.ts';
import type { Sealer } from './Sealer.ts';
import { clearAway, deadRecorders, hasOthers, standInFor } from './SignOfLife.ts';
import type { OpenState, StateJournal } from './StateJournal.ts';

export interface RecoverOptions {
  vaultDirectory: string;
  /** Where recorders show that they live. */
  recordersDirectory: string;
  /** Id of who recovers: what that one has open is its own. */
  recorder: string;
  journal: StateJournal;
  sealer: Sealer;
  /** Told of each recording whose journal is none: what it was is not known, and it cannot be sealed. */
  onDamage: (recordingId: string) => void;
  /** Whether we are making a recording ourselves. */
  isMine: (recordingId: string) => boolean;
  /** Of ours: those that could not be sealed as they ended, until they are. */
  unsealed: Set<string>;
  logger: Logger;
  wallTime: Date;
}

/**
 * Seals what recorders that died left open, and what we could not seal ourselves, and says so in the manifest. What a living one
 * has open is not touched, and what another one recovers at this moment is left to that one. `only`: these, and not the whole vault.
 */
export async function recover(
  options: RecoverOptions,
  only?: readonly string[],
): Promise<RecordingView[]> {
  const { vaultDirectory, recordersDirectory, recorder, logger } = options;
  const views: RecordingView[] = [];
  const dead = deadRecorders(recordersDirectory, recorder);
  for (const recordingId of only ?? (await directories(vaultDirectory))) {
    try {
      const view = await recoverOne(options, recordingId);
      if (view) views.push(view);
      options.unsealed.delete(recordingId);
    } catch (error) {
      if (error instanceof SealError) {
        await giveUp(options, recordingId);
        // What was changed is so the next time, too.
        options.unsealed.delete(recordingId);
      }
      logger.error({ err: error, recordingId }, 'recover() | recording left open cannot be sealed');
    }
  }
  for (const id of dead) clearAway(recordersDirectory, id);
  return views;
}

async function recoverOne(
  options: RecoverOptions,
  recordingId: string,
): Promise<RecordingView | undefined> {
  const { vaultDirectory, recordersDirectory, journal } = options;
  const directory = recordingDirectory(vaultDirectory, recordingId);
  const open = await journal.read(directory);
  if (open === null) return undefined;
  if (open.recorder === options.recorder) return await sealOwn(options, recordingId, open);
  mustBeOf(open, recordingId);
  const lock = standInFor(recordersDirectory, open.recorder);
  if (!lock) return undefined;
  try {
    // Another one may have been faster.
    const state = await journal.read(directory);
    if (state === null) return undefined;
    mustBeOf(state, recordingId);
    const view = await sealLeftOver(options, state, DIED);
    await journal.remove(directory);
    return view;
  } finally {
    lock.release();
    clearAway(recordersDirectory, open.recorder);
  }
}

/** Nobody else may: we live. */
async function sealOwn(
  options: RecoverOptions,
  recordingId: string,
  open: OpenState,
): Promise<RecordingView | undefined> {
  if (options.isMine(recordingId)) return undefined;
  mustBeOf(open, recordingId);
  const view = await sealLeftOver(options, open, OWN);
  await options.journal.remove(recordingDirectory(options.vaultDirectory, recordingId));
  return view;
}

/** Who copies another recording's journal here would have that one's files cut, and sealed. */
function mustBeOf({ manifest }: OpenState, recordingId: string): void {
  if (manifest.recording.id === recordingId) return;
  throw new SealError('tampered', 'The journal is that of another recording.');
}

/**
 * Of a recording whose journal is damaged nobody knows who was in it, nor to whom it is to be sealed: it stays as it is, and is
 * played as far as it goes. One that a seal in the chain names needs no journal any more.
 */
async function giveUp(options: RecoverOptions, recordingId: string): Promise<void> {
  const { vaultDirectory, recordersDirectory, recorder, journal, sealer } = options;
  options.onDamage(recordingId);
  // Whoever is making it, maybe, writes another journal soon.
  if (options.isMine(recordingId) || hasOthers(recordersDirectory, recorder)) return;
  if (!(await sealer.resume(recordingId))) return;
  await journal.remove(recordingDirectory(vaultDirectory, recordingId));
}

/** Why a recording was left open. */
interface Cause {
  reason: Manifest['gaps'][number]['reason'];
  note: string;
}
const DIED: Cause = { reason: 'recorder-died', note: 'The recorder stopped without warning.' };
const OWN: Cause = { reason: 'write-failed', note: 'It could not be sealed as it ended.' };

async function sealLeftOver(
  { vaultDirectory, sealer, wallTime }: RecoverOptions,
  state: OpenState,
  { reason, note }: Cause,
): Promise<RecordingView> {
  const { view, files, index, gaps } = await endLeftOver(vaultDirectory, state, reason);
  const recording: RecordingView = { ...view, state: 'sealed' };
  // It died after the seal and before it said so.
  if (await sealer.resume(view.id)) return recording;
  const manifest: Manifest = {
    ...state.manifest,
    recording,
    files,
    ledger: leftLedger(state.manifest.ledger, files),
    gaps: [...leftGaps(state.manifest.gaps, files), ...gaps],
    recovered: {
      at: wallTime.toISOString(),
      note: `${note} What was said after ${view.durationMs} ms, and up to a second before, is not in this recording.`,
    },
  };
  const { recipient, exportKey } = state;
  await sealer.seal({ manifest, index, recipient, exportKey });
  return recording;
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
