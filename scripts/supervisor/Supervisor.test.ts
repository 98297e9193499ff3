import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Supervisor } from './Supervisor.ts';
import type { Child } from './Supervisor.ts';

/** A process that does what the test says, and notes what it was sent. */
class FakeChild implements Child {
  readonly signals: string[] = [];
  ignoresTerm = false;
  #tell: (message: unknown) => void = () => undefined;
  #end: (how: string) => void = () => undefined;

  onMessage(listener: (message: unknown) => void): void {
    this.#tell = listener;
  }

  onEnd(listener: (how: string) => void): void {
    this.#end = listener;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL' || !this.ignoresTerm) this.#end(signal);
  }

  tell(message: unknown): void {
    this.#tell(message);
  }

  ready(info?: unknown): void {
    this.tell({ type: 'ready', info });
  }

  fail(message: string): void {
    this.tell({ type: 'failed', message });
  }

  die(how = 'SIGSEGV'): void {
    this.#end(how);
  }
}

type Name = 'server' | 'gateway';

function make(): {
  supervisor: Supervisor<Name>;
  forked: Record<Name, FakeChild[]>;
  latest: (name: Name) => FakeChild;
  lines: string[];
} {
  const forked: Record<Name, FakeChild[]> = { server: [], gateway: [] };
  const lines: string[] = [];
  const supervisor = new Supervisor<Name>({
    names: ['server', 'gateway'],
    fork: (name) => {
      const child = new FakeChild();
      forked[name].push(child);
      return child;
    },
    report: (line) => lines.push(line),
    graceMs: 5000,
  });
  return { supervisor, forked, lines, latest: (name) => forked[name].at(-1)! };
}

async function makeRunning(): Promise<ReturnType<typeof make>> {
  const made = make();
  const started = made.supervisor.start();
  made.latest('server').ready();
  made.latest('gateway').ready();
  await started;
  return made;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Supervisor', () => {
  test('start() resolves when all are ready, with what each told', async () => {
    const { supervisor, latest } = make();
    const started = supervisor.start();
    latest('gateway').ready({ numbers: ['+15550100'] });
    latest('server').ready({ url: 'http://127.0.0.1:3000' });
    const infos = await started;
    expect(infos.get('server')).toEqual({ url: 'http://127.0.0.1:3000' });
    expect(infos.get('gateway')).toEqual({ numbers: ['+15550100'] });
  });

  test('start() rejects with the line of the first that fails', async () => {
    const { supervisor, latest } = make();
    const started = supervisor.start();
    latest('server').ready();
    latest('gateway').fail('SIP_PORT 5060 is taken: set another one.');
    latest('gateway').die('exit code 1');
    await expect(started).rejects.toThrow('SIP_PORT 5060 is taken: set another one.');
  });

  test('start() rejects with the failure of the server, though a gateway failed of it first', async () => {
    const { supervisor, latest } = make();
    const started = supervisor.start();
    latest('gateway').fail('The server refuses the recorder.');
    latest('gateway').die('exit code 1');
    await vi.advanceTimersByTimeAsync(1000);
    latest('server').fail('Port 3000 is taken.');
    await expect(started).rejects.toThrow('Port 3000 is taken.');
    await supervisor.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('start() waits 5 s for the server to say so, not for ever', async () => {
    const { supervisor, latest } = make();
    const settled = vi.fn();
    const started = supervisor.start();
    started.catch(settled);
    latest('gateway').fail('SIP_PORT 5060 is taken.');
    await vi.advanceTimersByTimeAsync(4999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await expect(started).rejects.toThrow('SIP_PORT 5060 is taken.');
  });

  test('start() rejects when a process ends without a word', async () => {
    const { supervisor, latest } = make();
    const started = supervisor.start();
    latest('server').die('exit code 13');
    await expect(started).rejects.toThrow('server ended (exit code 13) before all was ready.');
  });

  test('messages that are not ours are passed over', async () => {
    const { supervisor, latest } = make();
    const started = supervisor.start();
    const settled = vi.fn();
    started.then(settled, settled);
    for (const message of [null, 'ready', { type: 'failed' }, { type: 'vite:ping' }]) {
      latest('server').tell(message);
      latest('gateway').tell(message);
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).not.toHaveBeenCalled();
  });

  test('a gateway that dies is started again at once', async () => {
    const { latest, forked, lines } = await makeRunning();
    latest('gateway').die();
    await vi.advanceTimersByTimeAsync(100);
    expect(forked.gateway).toHaveLength(2);
    expect(forked.server).toHaveLength(1);
    expect(lines).toEqual(['gateway ended (SIGSEGV); it is started again.']);
  });

  test('one that dies again and again is given more and more time, at most 5 s', async () => {
    const { latest, forked } = await makeRunning();
    for (let i = 0; i < 12; i += 1) {
      latest('gateway').die();
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(forked.gateway).toHaveLength(13);
    latest('gateway').die();
    await vi.advanceTimersByTimeAsync(4999);
    expect(forked.gateway).toHaveLength(13);
    await vi.advanceTimersByTimeAsync(1);
    expect(forked.gateway).toHaveLength(14);
  });

  test('one that ran well for a while is started again at once, whatever was before', async () => {
    const { latest, forked } = await makeRunning();
    for (let i = 0; i < 8; i += 1) {
      latest('gateway').die();
      await vi.advanceTimersByTimeAsync(5000);
    }
    await vi.advanceTimersByTimeAsync(30_000);
    latest('gateway').die();
    await vi.advanceTimersByTimeAsync(50);
    expect(forked.gateway).toHaveLength(10);
  });

  test('a failure after the start is reported and does not stop the others', async () => {
    const { latest, lines } = await makeRunning();
    latest('gateway').fail('The server refused the service token.');
    expect(lines).toEqual(['gateway: The server refused the service token.']);
  });
});

describe('supervisor.stop()', () => {
  test('asks each process to end and resolves when none is left', async () => {
    const { supervisor, latest } = await makeRunning();
    await supervisor.stop();
    expect(latest('server').signals).toEqual(['SIGTERM']);
    expect(latest('gateway').signals).toEqual(['SIGTERM']);
  });

  test('kills after the grace period what has not ended', async () => {
    const { supervisor, latest } = await makeRunning();
    latest('gateway').ignoresTerm = true;
    const stopped = supervisor.stop();
    await vi.advanceTimersByTimeAsync(4999);
    expect(latest('gateway').signals).toEqual(['SIGTERM']);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(latest('gateway').signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  test('starts nothing again, even what was about to be', async () => {
    const { supervisor, latest, forked } = await makeRunning();
    latest('gateway').die();
    await supervisor.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(forked.gateway).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('twice is silent', async () => {
    const { supervisor, latest } = await makeRunning();
    await supervisor.stop();
    await supervisor.stop();
    expect(latest('server').signals).toEqual(['SIGTERM']);
  });
});
