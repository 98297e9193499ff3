import { childOf, childrenOf, hasOpen } from '../support/process/childOf.ts';
import type { Switchroom } from '../support/Switchroom.ts';

export const VICTIMS = ['recorder', 'idle recorder', 'server', 'worker'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Kill {
  victim: Victim;
  /** ms since 1970. */
  at: number;
}

/** Kills a process of Switchroom, whatever it does; undefined when there is none of that kind at this moment. */
export async function kill(switchroom: Switchroom, victim: Victim): Promise<Kill | undefined> {
  const pid = await pidOf(switchroom, victim);
  if (pid === undefined) return undefined;
  const at = Date.now();
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return undefined;
  }
  return { victim, at };
}

async function pidOf({ pid }: Switchroom, victim: Victim): Promise<number | undefined> {
  const server = await childOf(pid!, 'server/src/main.ts');
  if (victim === 'server') return server;
  if (victim === 'worker') return server && childOf(server, 'mediasoup-worker');
  for (const recorder of await childrenOf(pid!, 'recordings/src/main.ts')) {
    if ((await hasOpen(recorder, '.sealed')) === (victim === 'recorder')) return recorder;
  }
  return undefined;
}
