import { parseConfig } from '@switchroom/protocol';
import { pino } from 'pino';
import { createRecorder } from './recorder/index.ts';

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.exitCode = 1;
  if (process.send === undefined) process.stderr.write(`${message}\n`);
  else process.send({ type: 'failed', message });
}

try {
  const config = parseConfig(process.env);
  const logger = pino({ name: 'recorder', level: config.LOG_LEVEL });
  const recorder = await createRecorder(config, { logger });
  const stop = (): void => {
    recorder.close().then(
      () => process.exit(),
      (error: unknown) => {
        logger.error({ err: error }, 'stop() | not all could be sealed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('disconnect', stop);
  try {
    await recorder.start();
    process.send?.({ type: 'ready' });
  } catch (error) {
    fail(error);
    stop();
  }
} catch (error) {
  fail(error);
  if (process.connected) process.disconnect();
}
