import { fork } from 'node:child_process';
import path from 'node:path';
import type { Child } from './Supervisor.ts';

const PRELOADED = ['endWithParent.ts', 'keepCompiled.ts'];

/** Runs a TypeScript program as a child that shares our terminal and ends when we do. */
export function forkProcess(program: string, env: NodeJS.ProcessEnv): Child {
  const child = fork(program, {
    env,
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      ...PRELOADED.flatMap((file) => ['--import', path.join(import.meta.dirname, file)]),
    ],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
    child.once('error', (error) => resolve(error.message));
  });
  // The exit can be heard of before the last message: the channel's end comes after both.
  const disconnected = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
    child.once('error', () => resolve());
  });
  return {
    onMessage: (listener) => void child.on('message', listener),
    onEnd: (listener) => void Promise.all([exited, disconnected]).then(([how]) => listener(how)),
    kill: (signal) => void child.kill(signal),
  };
}
