import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Config } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import { recover } from './recover.ts';
import { DirectoryLock } from './DirectoryLock.ts';
import { RecorderGateway } from './RecorderGateway.ts';
import { StateJournal } from './StateJournal.ts';

/** An earlier recorder may still be sealing so long. */
const LOCK_WAIT_MS = 30_000;
/** The server may come up so much later than the recorder. */
const SERVER_WAIT_MS = 30_000;

export type RecorderConfig = Pick<Config, 'DATA_DIR' | 'SIGNALING_URL' | 'SERVICE_TOKEN'>;

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
  const journal = await StateJournal.open(join(config.DATA_DIR, 'keys'));
  const gateway = new RecorderGateway({
    ...{ serviceToken, vaultDirectory, journal, logger, now, software: software() },
    signalingUrl: config.SIGNALING_URL,
  });
  let lock: DirectoryLock | undefined;
  return {
    async start() {
      // What a living recorder has open is not left over, and must not be touched.
      lock = await DirectoryLock.take(join(config.DATA_DIR, 'keys', 'recorder.lock'), LOCK_WAIT_MS);
      for (const view of await recover(vaultDirectory, journal, logger, new Date())) {
        logger.warn({ recordingId: view.id }, 'recover() | sealed what was left open');
        gateway.report(view);
      }
      await gateway.connect(SERVER_WAIT_MS);
    },
    close: () => gateway.close().finally(() => lock?.release()),
  };
}

function software(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return `switchroom ${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
}
