import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildClient, isClientBuilt } from './client.mjs';
import { runCommand } from './command.mjs';
import { cacheFolder, hashFiles, makeContext } from './context.mjs';
import { withLock } from './lock.mjs';
import { hasWorker, isWorthAsking, rememberNoPrebuilt, runs, workerPlace } from './worker.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchroom-setup-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string, mode = 0o644): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
  return file;
}

describe('hashFiles()', () => {
  test('changes with contents and names, not with times or what is left out', () => {
    write('a/one.ts', '1');
    write('a/deep/two.ts', '2');
    const first = hashFiles(folder, ['a', 'absent']);
    write('a/one.test.ts', 'x');
    utimesSync(path.join(folder, 'a/one.ts'), 1, 1);
    expect(hashFiles(folder, ['a'], (name) => name.endsWith('.test.ts'))).toBe(first);
    expect(hashFiles(folder, ['a'])).not.toBe(first);
    write('a/one.ts', '12');
    expect(hashFiles(folder, ['a'], (name) => name.endsWith('.test.ts'))).not.toBe(first);
  });
});

describe('cacheFolder()', () => {
  test('is SWITCHROOM_CACHE, else in XDG_CACHE_HOME, else in the home', () => {
    expect(cacheFolder({ SWITCHROOM_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/switchroom');
    expect(cacheFolder({})).toMatch(/\/\.cache\/switchroom$/);
  });
});

describe('withLock()', () => {
  test('lets one in at a time, and says when it waits', async () => {
    const lock = path.join(folder, 'l');
    const events: string[] = [];
    const first = Promise.withResolvers<undefined>();
    const waiting = Promise.withResolvers<undefined>();
    const entered = Promise.withResolvers<undefined>();
    const one = withLock(
      lock,
      () => undefined,
      async () => {
        entered.resolve(undefined);
        await first.promise;
        events.push('one');
      },
    );
    await entered.promise;
    const two = withLock(
      lock,
      () => waiting.resolve(undefined),
      async () => events.push('two'),
    );
    await waiting.promise;
    first.resolve(undefined);
    await Promise.all([one, two]);
    expect(events).toEqual(['one', 'two']);
  });

  test('is free again after a failure', async () => {
    const lock = path.join(folder, 'l');
    const failing = withLock(
      lock,
      () => undefined,
      () => Promise.reject(new Error('broken')),
    );
    await expect(failing).rejects.toThrow('broken');
    const again = withLock(
      lock,
      () => undefined,
      async () => 'in',
    );
    await expect(again).resolves.toBe('in');
  });

  test('is free again when its holder is killed', async () => {
    const lock = path.join(folder, 'l');
    const program = write(
      'holder.mjs',
      `import { withLock } from ${JSON.stringify(path.join(import.meta.dirname, 'lock.mjs'))};
       setInterval(() => {}, 1000);
       await withLock(${JSON.stringify(lock)}, () => {}, () => { console.log('held'); return new Promise(() => {}); });`,
    );
    const holder = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    holder.kill('SIGKILL');
    const next = withLock(
      lock,
      () => undefined,
      async () => 'in',
    );
    await expect(next).resolves.toBe('in');
  });
});

describe('runCommand()', () => {
  const options = (): { log: string; advice: string; cause: RegExp } => ({
    log: path.join(folder, 'logs/x.log'),
    advice: 'It failed; do this',
    cause: /^E: /,
  });

  test('a failure is one line with the cause and the path of the log', async () => {
    const run = runCommand('sh', ['-c', 'echo E: no room >&2; echo more; exit 3'], options());
    await expect(run).rejects.toMatchObject({
      line: `It failed; do this: E: no room (full log: ${options().log})`,
    });
  });

  test('a command that is not there is a failure as well', async () => {
    const run = runCommand('switchroom-no-such-command', [], options());
    await expect(run).rejects.toThrow('switchroom-no-such-command cannot be run');
  });
});

describe('the mediasoup worker', () => {
  const context = (env: NodeJS.ProcessEnv = {}): ReturnType<typeof makeContext> =>
    makeContext({ SWITCHROOM_CACHE: folder, ...env });

  test('is known by version, platform and recipe', () => {
    expect(workerPlace(context()).key).toMatch(/^\d+\.\d+\.\d+-\w+-\w+-[0-9a-f]{12}$/);
  });

  test('is usable only if it ends as a worker does', () => {
    const { binary } = workerPlace(context());
    expect(hasWorker(context())).toBe(false);
    write(path.relative(folder, binary), '#!/bin/sh\nexit 41\n', 0o755);
    expect(hasWorker(context())).toBe(true);
    expect(runs(write('other', '#!/bin/sh\nexit 0\n', 0o755))).toBe(false);
  });

  test("the user's own must run", () => {
    const bad = write('bad', 'not a program', 0o755);
    expect(() => hasWorker(context({ MEDIASOUP_WORKER_BIN: bad }))).toThrow(
      `MEDIASOUP_WORKER_BIN: ${bad} is not a mediasoup-worker that runs here`,
    );
  });

  test('a prebuilt that could not be had is not asked for again for a day', () => {
    const place = workerPlace(context());
    expect(isWorthAsking(place)).toBe(true);
    rememberNoPrebuilt(place, 'no network');
    expect(isWorthAsking(place)).toBe(false);
    expect(isWorthAsking(place, Date.now() + 25 * 3600 * 1000)).toBe(true);
  });
});

describe('the client build', () => {
  test('is done again when a source changes, and fails with one line', async () => {
    const context = { ...makeContext({ SWITCHROOM_CACHE: folder }), root: folder, logs: folder };
    write('client/src/main.ts', '1');
    write(
      'node_modules/vite/bin/vite.js',
      `const fs = require('fs');
       if (fs.readFileSync('src/main.ts', 'utf8') === 'bad') throw new Error('does not compile');
       fs.mkdirSync('dist', { recursive: true });`,
    );
    expect(isClientBuilt(context)).toBe(false);
    await buildClient(context);
    expect(isClientBuilt(context)).toBe(true);
    write('client/src/main.ts', 'bad');
    expect(isClientBuilt(context)).toBe(false);
    await expect(buildClient(context)).rejects.toThrow('Error: does not compile');
  });
});
