import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingView } from '@switchroom/protocol';
import { Recording } from '../recorder/Recording.ts';
import { StateJournal } from '../recorder/StateJournal.ts';
import { loadOrCreateKeys, openVault, type Vault, type VaultKeys } from '../vault/index.ts';
import type { Talker } from './talker.ts';

/** The monotonic time at which every recording in a studio starts. */
export const STARTED_AT = 70_000;

/** A data directory with keys, a vault, and a recording that is made in it, all in simulated time. */
export class Studio {
  readonly dataDirectory: string;
  readonly keys: VaultKeys;
  readonly journal: StateJournal;
  readonly vault: Vault;
  readonly views: RecordingView[] = [];

  private constructor(dataDirectory: string, keys: VaultKeys, journal: StateJournal) {
    this.dataDirectory = dataDirectory;
    this.keys = keys;
    this.journal = journal;
    this.vault = openVault({ dir: this.vaultDirectory, identity: keys.identity });
  }

  static async open(): Promise<Studio> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'studio-'));
    const keysDirectory = join(dataDirectory, 'keys');
    const keys = await loadOrCreateKeys(keysDirectory);
    return new Studio(dataDirectory, keys, await StateJournal.open(keysDirectory));
  }

  get vaultDirectory(): string {
    return join(this.dataDirectory, 'vault');
  }

  async record(recordingId: string): Promise<Recording> {
    const { recipient } = this.keys;
    return await Recording.create({
      vaultDirectory: this.vaultDirectory,
      start: { recordingId, meetingId: 'm1', title: 'Quarterly secrets', recipient },
      journal: this.journal,
      software: 'switchroom test',
      now: STARTED_AT,
      wallTime: new Date('2026-01-02T03:04:05.000Z'),
      onChange: (view) => this.views.push(view),
    });
  }

  async close(): Promise<void> {
    await rm(this.dataDirectory, { recursive: true });
  }
}

export interface Part {
  participantId: string;
  talker: Talker;
  /** When its first packet comes, ms after the recording's start. */
  fromMs: number;
}

/** Plays what everybody sends into a recording, with the tick of 100 ms, from one time to another. */
export function play(recording: Recording, parts: Part[], fromMs: number, toMs: number): void {
  for (let at = fromMs; at < toMs; at++) {
    for (const { participantId, talker, fromMs: first } of parts) {
      const since = at - first;
      if (since < 0 || since % 20 !== 0 || since / 20 >= talker.count) continue;
      recording.push(participantId, talker.packet(since / 20), STARTED_AT + at);
    }
    if (at % 100 === 0) recording.tick(STARTED_AT + at);
  }
}
