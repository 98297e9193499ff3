import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/process/Child.ts';

/** Builds a program of this folder with the C compiler of the system; gives the program's path. */
export async function compile(name: 'rtpload' | 'wirephones'): Promise<string> {
  const program = path.join(await mkdtemp(path.join(tmpdir(), 'switchroom-bench-')), name);
  const source = fileURLToPath(new URL(`./${name}.c`, import.meta.url));
  await run('cc', ['-O2', '-o', program, source, '-lm', '-lpthread']);
  return program;
}
