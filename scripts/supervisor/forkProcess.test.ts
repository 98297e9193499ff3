import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forkProcess } from './forkProcess.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchroom-fork-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function program(name: string, source: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, source);
  return file;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('what a child tells is heard before its end', async () => {
  const file = program(
    'failing.ts',
    `process.send!({ type: 'failed', message: 'Port taken.' }, () => process.exit(7));`,
  );
  const heard: unknown[] = [];
  const child = forkProcess(file, process.env);
  child.onMessage((message) => heard.push(message));
  await new Promise<void>((resolve) =>
    child.onEnd((how) => {
      heard.push(how);
      resolve();
    }),
  );
  expect(heard).toEqual([{ type: 'failed', message: 'Port taken.' }, 'exit code 7']);
});

test('a child ends when its supervisor is killed', async () => {
  const child = program(
    'child.ts',
    `setInterval(() => {}, 1000);
     process.on('SIGTERM', () => process.exit(0));
     process.send!({ pid: process.pid });`,
  );
  const parent = program(
    'parent.ts',
    `import { forkProcess } from ${JSON.stringify(path.join(import.meta.dirname, 'forkProcess.ts'))};
     forkProcess(${JSON.stringify(child)}, process.env).onMessage((message) => process.send!(message));`,
  );
  const supervisor = fork(parent, { execArgv: [] });
  const [{ pid }] = (await once(supervisor, 'message')) as [{ pid: number }];
  expect(isAlive(pid)).toBe(true);
  supervisor.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 20 });
});
