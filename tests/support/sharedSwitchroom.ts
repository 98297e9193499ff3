import { test } from 'vitest';
import { Switchroom } from './Switchroom.ts';

/**
 * Tests on the Switchroom of their worker, for files that are content with meetings of their own: its start
 * would take longer than most of them. What a file gave it of outbound trunks and numbers, and what it allowed to be
 * called, is gone with the file. One that changes more (the trunk of loopback, the policy of recordings), counts what
 * its log says, or kills a process, starts its own.
 */
export const it = test
  .extend('ofWorker', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const switchroom = await Switchroom.start();
    onCleanup(() => switchroom.stop());
    return switchroom;
  })
  .extend('switchroom', { scope: 'file' }, async ({ ofWorker }, { onCleanup }) => {
    const atFirst = await numbersOf(ofWorker);
    onCleanup(() => forgetNumbers(ofWorker, atFirst));
    return ofWorker;
  });

/** Paths of all DIDs and trunks, in the order in which they can go. */
async function numbersOf({ rest }: Switchroom): Promise<string[]> {
  const all = ['/dids', '/trunks'].map(async (path) => {
    const { body } = await rest.raw('GET', path);
    return (body as { id: string }[]).map(({ id }) => `${path}/${id}`);
  });
  return (await Promise.all(all)).flat();
}

async function forgetNumbers(switchroom: Switchroom, kept: readonly string[]): Promise<void> {
  for (const path of await numbersOf(switchroom)) {
    if (kept.includes(path)) continue;
    const { status } = await switchroom.rest.raw('DELETE', path);
    if (status !== 204) throw new Error(`${path} stays: ${status}`);
  }
  await switchroom.rest.raw('PUT', '/dial-out', {});
}
