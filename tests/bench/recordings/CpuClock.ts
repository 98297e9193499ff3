import { readFile } from 'node:fs/promises';
import { cpuMs, familyOf } from './cpuTime.ts';

/** What the processes of a family cost, by what they are. */
export class CpuClock {
  readonly #names: ReadonlyMap<number, string>;

  private constructor(names: ReadonlyMap<number, string>) {
    this.#names = names;
  }

  /** A process and all that came from it by now. */
  static async of(pid: number): Promise<CpuClock> {
    const names = new Map<number, string>();
    for (const one of await familyOf(pid)) names.set(one, nameOf(await commandOf(one)));
    return new CpuClock(names);
  }

  /** Per cent of a core, by name, while something is done. */
  async during(act: () => Promise<unknown>): Promise<Map<string, number>> {
    const before = await this.#all();
    const since = performance.now();
    await act();
    const after = await this.#all();
    const ms = performance.now() - since;
    const costs = new Map<string, number>();
    for (const [pid, name] of this.#names) {
      const used = ((after.get(pid)! - before.get(pid)!) / ms) * 100;
      costs.set(name, (costs.get(name) ?? 0) + used);
    }
    return costs;
  }

  async #all(): Promise<Map<number, number>> {
    const pids = [...this.#names.keys()];
    return new Map(await Promise.all(pids.map(async (pid) => [pid, await cpuMs(pid)] as const)));
  }
}

async function commandOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
}

function nameOf(command: string): string {
  if (command.includes('mediasoup-worker')) return 'SFU';
  const folder = /(server|sip-dialin|recordings)\/src\/main/.exec(command)?.[1];
  return folder === 'recordings' ? 'recorder' : (folder ?? 'rest');
}
