import { parseConfig } from '@switchroom/protocol';
import { pino } from 'pino';
import { createDialIn, type DialIn } from './index.ts';

/** BYEs that are not answered by then are given up: SIP would go on for 32 s. */
const CLOSE_LIMIT_MS = 3_000;

let dialIn: DialIn | undefined;

async function start(): Promise<void> {
  const config = parseConfig(process.env);
  const logger = pino({ name: 'sip-dialin', level: config.LOG_LEVEL });
  dialIn = await createDialIn(config, { logger });
  const { sipUri, numbers } = dialIn;
  logger.info({ sipUri }, 'ready');
  process.send?.({ type: 'ready', info: { sipUri, numbers } });
}

function stop(): void {
  setTimeout(() => process.exit(0), CLOSE_LIMIT_MS);
  void (dialIn?.close() ?? Promise.resolve()).finally(() => process.exit(0));
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The supervisor is gone, and with it who would start us again.
process.once('disconnect', stop);

try {
  await start();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (process.send) process.send({ type: 'failed', message }, () => process.exit(1));
  else process.stderr.write(`sip-dialin: ${message}\n`, () => process.exit(1));
}
