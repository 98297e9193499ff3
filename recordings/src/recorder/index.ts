import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Config } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Disk } from './Disk.ts';
import { RecorderGateway } from './RecorderGateway.ts';
import { Recovery } from './Recovery.ts';
import { openRtpSocket, type OpenRtpSocket } from './RtpSocket.ts';
import { Sealer } from './Sealer.ts';
import { loadSealingKey } from './sealingKey.ts';
import { SignOfLife } from './SignOfLife.ts';
import { StateJournal } from './StateJournal.ts';

/** The server may come up so much later than the recorder. */
const SERVER_WAIT_MS = 30_000;
/** Recorders that died are looked for so often: their own supervisor is usually faster. */
const LOOK_MS = 10_000;

export type RecorderConfig = Pick<
  Config,
  'DATA_DIR' | 'SIGNALING_URL' | 'SERVICE_TOKEN' | 'RECORDING_MIN_FREE_MB'
>;

export interface RecorderDependencies {
  logger: Logger;
  /** ms, monotonic; default `performance.now()`. */
  now?: () => number;
  /** Default: whatever is built. */
  openSocket?: OpenRtpSocket;
  /** How often is looked for what is to be sealed in another's place, or once more, ms. */
  lookMs?: number;
}

/** Records the meetings that the server asks for. Several may work in one data directory. */
export interface Recorder {
  /**
   * Connects to the server, and then seals what recorders that died left open.
   * Errors: `AppError('unavailable' | 'forbidden')`.
   */
  start(): Promise<void>;
  /** Seals all open recordings and disconnects. */
  close(): Promise<void>;
}

/** Errors: `AppError('bad-request')` without a service token. */
export async function createRecorder(
  config: RecorderConfig,
  {
    logger,
    now = () => performance.now(),
    openSocket = openRtpSocket,
    lookMs = LOOK_MS,
  }: RecorderDependencies,
): Promise<Recorder> {
  const { SERVICE_TOKEN: serviceToken } = config;
  if (serviceToken === undefined) {
    throw new AppError('bad-request', 'SERVICE_TOKEN: the recorder needs it to reach the server.');
  }
  const vaultDirectory = join(config.DATA_DIR, 'vault');
  const keysDirectory = join(config.DATA_DIR, 'keys');
  const recordersDirectory = join(keysDirectory, 'recorders');
  const journal = await StateJournal.open(keysDirectory);
  const key = await loadSealingKey(keysDirectory, vaultDirectory);
  const wallTime = (): Date => new Date();
  const lockPath = join(keysDirectory, 'chain.lock');
  const sealer = new Sealer({
    ...{ vaultDirectory, key, lockPath, wallTime },
    onBroken: ({ known, found }) => {
      logger.error(
        { known, found },
        'onBroken() | the chain of seals does not go on where it ended',
      );
      const [sequence, last] = [known.sequence, found.sequence];
      gateway.reports.alarm({ kind: 'chain-broken', known: sequence, found: last });
    },
  });
  const life = SignOfLife.show(recordersDirectory);
  const gateway = new RecorderGateway({
    ...{ serviceToken, vaultDirectory, journal, sealer, logger, now, software: software() },
    ...{ signalingUrl: config.SIGNALING_URL, disk: new Disk(), recorder: life.id },
    openSocket,
    minFreeMb: config.RECORDING_MIN_FREE_MB,
  });
  const recovery = new Recovery({
    ...{ vaultDirectory, recordersDirectory, journal, sealer, logger, wallTime },
    recorder: life.id,
    onSealed: (view) => gateway.reports.push(view),
    onDamage: (recordingId) =>
      gateway.reports.alarm({ kind: 'recording-damaged', recordingId, file: 'journal' }),
    isMine: (recordingId) => gateway.has(recordingId),
    unsealed: gateway.unsealed,
  });
  return {
    async start() {
      const { sequence, hash } = await sealer.head();
      const head = sequence > 0 && { hash };
      logger.info({ key: key.fingerprint, sequence, ...head }, 'start() | seals with this key');
      await gateway.connect(SERVER_WAIT_MS);
      // Only now: a meeting that is to be recorded does not wait for what was.
      recovery.start(lookMs);
    },
    async close() {
      try {
        await recovery.close();
        await gateway.close();
        await sealer.close();
      } finally {
        life.release();
      }
    },
  };
}

function software(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return `switchroom ${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
}
