import { parseConfig } from '@switchroom/protocol';
import { createServer } from '@switchroom/server';
import { pino } from 'pino';
import { ADMIN } from '../../support/Switchroom.ts';

export interface BenchServer {
  /** JSON, as the administrator gets it. */
  get: <T>(path: string) => Promise<T>;
  /** Any GET, whatever its answer, as the same. */
  fetch: (path: string, headers?: Record<string, string>) => Promise<Response>;
  /** Origin, and the session of the administrator. */
  url: string;
  token: string;
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
  const ask: BenchServer['fetch'] = (path, headers = {}) =>
    fetch(`${api}${path}`, { headers: { ...headers, authorization: `Bearer ${token}` } });
  return {
    url: server.url,
    token,
    fetch: ask,
    async get<T>(path: string): Promise<T> {
      const response = await ask(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    close: () => server.close(),
  };
}
