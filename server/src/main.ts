import { resolve } from 'node:path';
import { ConfigError, parseConfig } from '@switchroom/protocol';
import { pino } from 'pino';
import { createServer } from './createServer.ts';
import { StartError } from './StartError.ts';

const isSupervised = process.send !== undefined;

/** Tells the supervisor, or whoever runs this alone. */
function tell(message: object, line: string): void {
  if (isSupervised) process.send?.(message);
  else process.stderr.write(`${line}\n`);
}

try {
  const config = parseConfig(process.env);
  const logger = pino({ name: 'server', level: config.LOG_LEVEL });
  const server = await createServer(config, { logger });
  const stop = (): void => {
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stop() | not closed cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
  const info = { url: server.url, dataDir: resolve(config.DATA_DIR), ...server.firstAdministrator };
  tell({ type: 'ready', info }, `Listening: ${JSON.stringify(info)}`);
  // The supervisor can have gone while we started.
  if (isSupervised && !process.connected) stop();
} catch (error) {
  const isAdvice = error instanceof ConfigError || error instanceof StartError;
  const message = isAdvice ? error.message : `The server failed to start: ${String(error)}`;
  process.exitCode = 1;
  tell({ type: 'failed', message }, message);
  if (process.connected) process.disconnect();
}
