import { parseConfig } from '@switchroom/protocol';
import { createServer } from '@switchroom/server';
import { pino } from 'pino';
import { ADMIN } from '../../support/Switchroom.ts';

export interface BenchServer {
  /** JSON, as the administrator gets it. */
  get: <T>(path: string) => Promise<T>;
  close: () => Promise<void>;
}

/** The server in this process, on a port of its own. */
export async function startBenchServer(dataDir: string): Promise<BenchServer> {
  const config = parseConfig({
    ...{ HTTP_PORT: '0', RTC_PORT: '0', RTC_WORKERS: '1', DATA_DIR: dataDir },
    ...{ SERVICE_TOKEN: 'of-the-benchmark', ...ADMIN },
  });
  const server = await createServer(config, { logger: pino({ level: 'warn' }) });
  const api = `${server.url}/api/v1`;
  const signIn = await fetch(`${api}/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD }),
  });
  const { token } = (await signIn.json()) as { token: string };
  return {
    async get<T>(path: string): Promise<T> {
      const response = await fetch(`${api}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    close: () => server.close(),
  };
}
