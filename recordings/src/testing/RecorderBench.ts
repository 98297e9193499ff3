import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach } from 'vitest';
import { readManifest, type Manifest } from '../format/manifest.ts';
import { DgramSocket } from '../recorder/DgramSocket.ts';
import { createRecorder, type Recorder } from '../recorder/index.ts';
import { loadOrCreateKeys, openVault, type Vault, type VaultKeys } from '../vault/index.ts';
import { FakeServer, TOKEN } from './FakeServer.ts';
import { collect, decodeOgg } from './sound.ts';
import type { Talker } from './talker.ts';

const logger = pino({ level: 'silent' });

/** A recorder that a fake server has at its disposal, on a clock that tests move, new for each of them. For tests. */
export class RecorderBench {
  /** The recorder's monotonic clock, ms. */
  clock = 0;
  dataDirectory!: string;
  keys!: VaultKeys;
  server!: FakeServer;
  recorder!: Recorder;

  /** A fresh directory, a fake server, and a recorder that is connected to it. */
  async open(): Promise<void> {
    this.clock = 0;
    this.dataDirectory = await mkdtemp(join(tmpdir(), 'gateway-'));
    this.keys = await loadOrCreateKeys(join(this.dataDirectory, 'keys'));
    this.server = await FakeServer.open();
    await this.server.listen();
    this.recorder = await this.makeRecorder();
    await this.recorder.start();
  }

  async close(): Promise<void> {
    await this.recorder.close();
    await this.server.close();
    await rm(this.dataDirectory, { recursive: true });
  }

  /** One more in the same directory, which is not started yet. */
  async makeRecorder(token = TOKEN, minFreeMb = 0): Promise<Recorder> {
    const config = {
      ...{ DATA_DIR: this.dataDirectory, SIGNALING_URL: this.server.url, SERVICE_TOKEN: token },
      RECORDING_MIN_FREE_MB: minFreeMb,
    };
    return await createRecorder(config, {
      logger,
      now: () => this.clock,
      // The kernel does not know the tests' clock.
      openSocket: (now) => DgramSocket.open(now),
      lookMs: 50,
    });
  }

  get vaultDirectory(): string {
    return join(this.dataDirectory, 'vault');
  }

  get vault(): Vault {
    return openVault({ dir: this.vaultDirectory, ...this.keys });
  }

  /** The server has a recording of `m1` begun, sealed to the keys of the vault. */
  start(recordingId: string): ReturnType<FakeServer['start']> {
    return this.server.start(recordingId, this.keys.recipient);
  }

  /** Sends some packets of each talker, one every 20 ms of the recorder's clock. */
  async talk(talkers: Talker[], count: number, from = 0): Promise<void> {
    for (let index = from; index < from + count; index++) {
      for (const talker of talkers) await this.server.send(talker.datagram(index));
      this.clock += 20;
    }
  }

  /** A track or the mix, decoded. */
  async listen(recordingId: string, trackId: string): Promise<Int16Array> {
    const audio = await this.vault.openAudio(recordingId, trackId);
    return await decodeOgg(await collect(audio.read(0, audio.size)));
  }

  manifest(recordingId: string): Promise<Manifest> {
    const path = join(this.vaultDirectory, recordingId, 'manifest.sealed');
    return readManifest(path, this.keys.identity!);
  }
}

/** Sets up a bench for each test of the file. */
export function useRecorderBench(): RecorderBench {
  const bench = new RecorderBench();
  beforeEach(() => bench.open());
  afterEach(() => bench.close());
  return bench;
}
