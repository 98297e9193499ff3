import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** Pid of the first child of a process that runs this program; undefined when there is none. Linux. */
export async function childOf(parent: number, program: string): Promise<number | undefined> {
  return (await childrenOf(parent, program))[0];
}

/** Pids of the children of a process that run this program. Linux. */
export async function childrenOf(parent: number, program: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (!status.includes(`PPid:\t${parent}\n`)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(program)) found.push(Number(name));
  }
  return found;
}

/** Whether a process has a file open whose path contains this. Linux. */
export async function hasOpen(pid: number, part: string): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const paths = await Promise.all(
    names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  return paths.some((path) => path.includes(part));
}

/** Linux. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
