import { readdir, readFile } from 'node:fs/promises';

/** Of `utime` and `stime` in /proc/<pid>/stat: USER_HZ, which is 100 wherever Linux runs. */
const MS_PER_TICK = 10;

/** CPU time of a process with all its threads so far, ms. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = await statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** A process and all that came from it, itself first. */
export async function familyOf(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // It may have ended since.
    const fields = await statOf(Number(name)).catch(() => undefined);
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const family = [pid];
  for (const parent of family) {
    for (const [child, its] of parents) if (its === parent) family.push(child);
  }
  return family;
}

/** The fields from `state` on: the name before it may have blanks in it. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
