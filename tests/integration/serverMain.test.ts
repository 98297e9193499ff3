import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = resolve(import.meta.dirname, '../../server/src/main.ts');

interface Message {
  type: 'ready' | 'failed';
  message?: string;
  info?: { url: string; dataDir: string; adminEmail?: string; adminPassword?: string };
}

describe('the server process', () => {
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'switchroom-main-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  function start(environment: Record<string, string> = {}): ChildProcess {
    const child = fork(MAIN, {
      env: {
        PATH: process.env['PATH'],
        MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'],
        HTTP_PORT: '0',
        RTC_PORT: '0',
        RTC_WORKERS: '1',
        DATA_DIR: dataDir,
        SERVICE_TOKEN: 'integration-service-token',
        LOG_LEVEL: 'silent',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    children.push(child);
    return child;
  }

  const firstMessage = async (child: ChildProcess): Promise<Message> => {
    const [message] = (await once(child, 'message')) as [Message];
    return message;
  };

  it('tells its URL and, once, the administrator it made; ends with its supervisor', async () => {
    const child = start();
    const { type, info } = await firstMessage(child);
    expect(type).toBe('ready');
    expect(info).toMatchObject({ dataDir, adminEmail: 'admin@localhost' });
    const { adminEmail: email, adminPassword: password } = info!;
    const signIn = await fetch(`${info!.url}/api/v1/sessions`, {
      method: 'POST',
      body: JSON.stringify({ email, password }),
    });
    expect(signIn.status).toBe(201);

    expect(await firstMessage(start())).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/^Database locked: .*DATA_DIR/) as string,
    });

    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
    const again = start();
    expect(Object.keys((await firstMessage(again)).info!)).toEqual(['url', 'dataDir']);
    again.kill('SIGTERM');
    expect(await once(again, 'exit')).toEqual([0, null]);
  });

  it('says in one line what to do when a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const child = start({ HTTP_PORT: String(port) });
    const exit = once(child, 'exit');
    expect(await firstMessage(child)).toEqual({
      type: 'failed',
      message: `Port ${port} on 127.0.0.1 is taken; stop what uses it, or set HTTP_PORT to another port.`,
    });
    expect(await exit).toEqual([1, null]);
    other.close();
  });

  it.each([
    [{ MEDIASOUP_WORKER_BIN: '/nonexistent' }, /^The mediasoup worker is missing at \/nonexistent/],
    [{ SERVICE_TOKEN: '' }, /^SERVICE_TOKEN is not set; npm start makes one/],
    [{ RTC_PORT: 'many' }, /^RTC_PORT: /],
    [{ REDIS_URL: 'redis://x' }, /^REDIS_URL: .* not built yet/],
  ])('with %j it fails with one line and exit code 1', async (environment, line) => {
    const child = start(environment);
    const exit = once(child, 'exit');
    const { type, message } = await firstMessage(child);
    expect(type).toBe('failed');
    expect(message).toMatch(line);
    expect(message).not.toContain('\n');
    expect(await exit).toEqual([1, null]);
  });
});
