import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingView } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STARTED_AT, Studio } from '../testing/studio.ts';
import { FileLock } from './FileLock.ts';
import { Recovery } from './Recovery.ts';
import { deadRecorders, SignOfLife } from './SignOfLife.ts';

let studio: Studio;
let recorders: string;
const sealed: RecordingView[] = [];

beforeEach(async () => {
  sealed.length = 0;
  studio = await Studio.open();
  recorders = join(studio.dataDirectory, 'keys', 'recorders');
});
afterEach(async () => await studio.close());

function recoveryOf(): Recovery {
  const { vaultDirectory, journal, sealer } = studio;
  return new Recovery({
    ...{ vaultDirectory, recordersDirectory: recorders, recorder: 'next', journal, sealer },
    logger: pino({ level: 'silent' }),
    wallTime: () => new Date('2026-01-02T03:10:00.000Z'),
    onSealed: (view) => sealed.push(view),
  });
}

describe('several recorders in one vault', () => {
  it('one seals what another left, as soon as that one is dead and not before', async () => {
    const life = FileLock.tryTake(join(recorders, 'other.alive'))!;
    await studio.record('a', { recorder: 'other' });
    const recovery = recoveryOf();
    recovery.start(10);
    await recovery.close();
    expect(sealed).toEqual([]);
    expect(deadRecorders(recorders, 'next')).toEqual([]);
    recovery.start(10);
    // Its process ends: the kernel lets go of the lock, and the file stays.
    life.release();
    await expect.poll(() => sealed).toMatchObject([{ id: 'a', state: 'sealed' }]);
    await recovery.close();
    expect(existsSync(join(recorders, 'other.alive'))).toBe(false);
  });

  it('two that look at once seal each recording once', async () => {
    for (const id of ['a', 'b', 'c']) await studio.record(id, { recorder: 'gone' });
    const both = [recoveryOf(), recoveryOf()];
    for (const recovery of both) recovery.start(10_000);
    await Promise.all(both.map((recovery) => recovery.close()));
    expect(sealed.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
  });

  it('a recorder that ends in order leaves no sign of life', async () => {
    const life = SignOfLife.show(recorders);
    const recording = await studio.record('a', { recorder: life.id });
    await recording.stop(STARTED_AT + 100);
    life.release();
    life.release();
    expect(deadRecorders(recorders, 'next')).toEqual([]);
    expect(existsSync(join(recorders, `${life.id}.alive`))).toBe(false);
  });
});
