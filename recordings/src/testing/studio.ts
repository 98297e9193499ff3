import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingStart, RecordingView } from '@switchroom/protocol';
import { pino } from 'pino';
import type { SigningKey } from '../format/SigningKey.ts';
import { plainIo } from '../format/FileIo.ts';
import { Disk } from '../recorder/Disk.ts';
import { recover } from '../recorder/recover.ts';
import { Recording } from '../recorder/Recording.ts';
import type { BrokenChain } from '../recorder/SealChain.ts';
import { Sealer } from '../recorder/Sealer.ts';
import { loadSealingKey } from '../recorder/sealingKey.ts';
import { StateJournal } from '../recorder/StateJournal.ts';
import { loadOrCreateKeys, openVault, type OwnKeys, type Vault } from '../vault/index.ts';
import type { Talker } from './talker.ts';

/** The monotonic time at which every recording in a studio starts. */
export const STARTED_AT = 70_000;

/** A data directory with keys, a vault, and a recording that is made in it, all in simulated time. */
export class Studio {
  readonly dataDirectory: string;
  readonly keys: OwnKeys;
  readonly journal: StateJournal;
  readonly vault: Vault;
  readonly views: RecordingView[] = [];
  /** Recordings whose journal was found to be none. */
  readonly damaged: string[] = [];

  readonly key: SigningKey;
  readonly sealer: Sealer;
  /** What was found of the chain, each time that it was opened. */
  readonly broken: BrokenChain[];

  private constructor(
    parts: Pick<Studio, 'dataDirectory' | 'keys' | 'journal' | 'key' | 'sealer' | 'broken'>,
  ) {
    this.dataDirectory = parts.dataDirectory;
    this.keys = parts.keys;
    this.journal = parts.journal;
    this.key = parts.key;
    this.sealer = parts.sealer;
    this.broken = parts.broken;
    this.vault = openVault({ dir: this.vaultDirectory, ...parts.keys });
  }

  /** `dataDirectory`: one that was there before; default a new one. */
  static async open(dataDirectory?: string): Promise<Studio> {
    dataDirectory ??= await mkdtemp(join(tmpdir(), 'studio-'));
    const keysDirectory = join(dataDirectory, 'keys');
    const vaultDirectory = join(dataDirectory, 'vault');
    const key = await loadSealingKey(keysDirectory, vaultDirectory);
    const wallTime = (): Date => new Date('2026-01-02T04:00:00.000Z');
    const broken: BrokenChain[] = [];
    return new Studio({
      dataDirectory,
      keys: await loadOrCreateKeys(keysDirectory),
      journal: await StateJournal.open(keysDirectory),
      key,
      sealer: new Sealer({
        ...{ vaultDirectory, key, wallTime, lockPath: join(keysDirectory, 'chain.lock') },
        onBroken: (chain) => broken.push(chain),
      }),
      broken,
    });
  }

  get vaultDirectory(): string {
    return join(this.dataDirectory, 'vault');
  }

  /**
   * `recorder`: one that shows no sign of life, so that a recording which is not ended is left over. `recipient`: of the
   * vault, if it is not to be the studio's own.
   */
  async record(
    recordingId: string,
    {
      recorder = 'studio',
      recipient = this.keys.recipient,
      ...more
    }: { recorder?: string; recipient?: string } & Pick<
      RecordingStart,
      'consent' | 'consents' | 'pausedBy'
    > = {},
  ): Promise<Recording> {
    const { exportKey } = this.keys;
    const start = { recordingId, meetingId: 'm1', title: 'Quarterly secrets', recipient };
    return await Recording.create({
      vaultDirectory: this.vaultDirectory,
      start: { ...start, exportKey: exportKey.fingerprint, ...more },
      recorder,
      journal: this.journal,
      sealer: this.sealer,
      disk: new Disk(plainIo),
      software: 'switchroom test',
      now: STARTED_AT,
      wallTime: new Date('2026-01-02T03:04:05.000Z'),
      onChange: (view) => this.views.push(view),
    });
  }

  /** What the next recorder does when it starts. */
  async recover(wallTime = new Date('2026-01-02T03:10:00.000Z')): Promise<RecordingView[]> {
    const { vaultDirectory, journal, sealer } = this;
    const logger = pino({ level: 'silent' });
    const recordersDirectory = join(this.dataDirectory, 'keys', 'recorders');
    const left = { vaultDirectory, recordersDirectory, journal, sealer, recorder: 'next' };
    return await recover({
      ...{ ...left, logger, wallTime, isMine: () => false, unsealed: new Set<string>() },
      onDamage: (id) => this.damaged.push(id),
    });
  }

  async close(): Promise<void> {
    await this.sealer.close();
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
