import { readdir, readFile } from 'node:fs/promises';

/** Pid of the child of a process that runs this script; undefined when there is none. Linux. */
export async function childOf(parent: number, script: string): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (!status.includes(`PPid:\t${parent}\n`)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(script)) return Number(name);
  }
  return undefined;
}
