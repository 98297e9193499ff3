import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Config } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import { SigningKey } from '../format/SigningKey.ts';
import { DirectoryLock } from './DirectoryLock.ts';
import { DiskSync } from './DiskSync.ts';
import { RecorderGateway } from './RecorderGateway.ts';
import { recover } from './recover.ts';
import { SealChain } from './SealChain.ts';
import { Sealer } from './Sealer.ts';
import { StateJournal } from './StateJournal.ts';

/** An earlier recorder may still be sealing so long. */
const LOCK_WAIT_MS = 30_000;
/** The server may come up so much later than the recorder. */
const SERVER_WAIT_MS = 30_000;
/** Within `DATA_DIR/keys`. */
const SIGNING_KEY_FILE = 'recorder-signing.pem';

export type RecorderConfig = Pick<
  Config,
  'DATA_DIR' | 'SIGNALING_URL' | 'SERVICE_TOKEN' | 'RECORDING_MIN_FREE_MB'
>;

export interface RecorderDependencies {
  logger: Logger;
  /** ms, monotonic; default `performance.now()`. */
  now?: () => number;
}

/** Records the meetings that the server asks for. */
export interface Recorder {
  /**
   * Seals what an earlier recorder left open, then connects to the server.
   * Errors: `AppError('unavailable' | 'forbidden')`; `'conflict'` when another one is at work here.
   */
  start(): Promise<void>;
  /** Seals all open recordings and disconnects. */
  close(): Promise<void>;
}

/** Errors: `AppError('bad-request')` without a service token. */
export async function createRecorder(
  config: RecorderConfig,
  { logger, now = () => performance.now() }: RecorderDependencies,
): Promise<Recorder> {
  const { SERVICE_TOKEN: serviceToken } = config;
  if (serviceToken === undefined) {
    throw new AppError('bad-request', 'SERVICE_TOKEN: the recorder needs it to reach the server.');
  }
  const vaultDirectory = join(config.DATA_DIR, 'vault');
  const keysDirectory = join(config.DATA_DIR, 'keys');
  const journal = await StateJournal.open(keysDirectory);
  const key = await SigningKey.loadOrCreate(join(keysDirectory, SIGNING_KEY_FILE));
  let started: { lock: DirectoryLock; sealer?: Sealer; gateway?: RecorderGateway } | undefined;
  return {
    async start() {
      // What a living recorder has open is not left over, and must not be touched.
      const lock = await DirectoryLock.take(join(keysDirectory, 'recorder.lock'), LOCK_WAIT_MS);
      started = { lock };
      const chain = await SealChain.open(vaultDirectory);
      const { sequence, hash } = chain.head;
      const head = sequence > 0 && { hash };
      logger.info({ key: key.fingerprint, sequence, ...head }, 'start() | seals with this key');
      const wallTime = (): Date => new Date();
      const sealer = new Sealer({ vaultDirectory, key, chain, wallTime });
      started.sealer = sealer;
      const gateway = new RecorderGateway({
        ...{ serviceToken, vaultDirectory, journal, sealer, logger, now, software: software() },
        ...{ signalingUrl: config.SIGNALING_URL, diskSync: new DiskSync(now) },
        minFreeMb: config.RECORDING_MIN_FREE_MB,
      });
      started.gateway = gateway;
      const left = { vaultDirectory, journal, sealer, logger, wallTime: wallTime() };
      for (const view of await recover(left)) {
        logger.warn({ recordingId: view.id }, 'recover() | sealed what was left open');
        gateway.report(view);
      }
      await gateway.connect(SERVER_WAIT_MS);
    },
    async close() {
      try {
        await started?.gateway?.close();
        await started?.sealer?.close();
      } finally {
        started?.lock.release();
      }
    },
  };
}

function software(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return `switchroom ${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
}
