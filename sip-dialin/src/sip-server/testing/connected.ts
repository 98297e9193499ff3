import { until } from './until.ts';

/** What a test needs of drachtio-srf, which only test files may import. */
interface Connectable {
  connect(options: { host: string; port: number; secret: string }): unknown;
  on(event: 'connect', listener: (error: Error | null) => void): unknown;
}

export const SECRET = 'for-tests-only';

/** Connects an application and waits until it has authenticated. Its routes must be set before. */
export async function connected<T extends Connectable>(
  application: T,
  server: { control: { port: number } },
): Promise<T> {
  let done = false;
  application.on('connect', () => (done = true));
  application.connect({ host: '127.0.0.1', port: server.control.port, secret: SECRET });
  await until('the application to connect', () => done);
  return application;
}
