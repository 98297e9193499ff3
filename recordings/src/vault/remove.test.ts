import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode, tone } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';

const ANNA = { id: 'p-anna', name: 'Anna', kind: 'browser' as const };

let studio: Studio;
beforeEach(async () => {
  studio = await Studio.open();
  for (const id of ['r1', 'r2']) {
    const recording = await studio.record(id);
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = new Talker(1, await encode(tone(440, 200)));
    play(recording, [{ participantId: ANNA.id, talker, fromMs: 0 }], 0, 500);
    await recording.stop(STARTED_AT + 500);
  }
});
afterEach(async () => await studio.close());

describe('vault.remove()', () => {
  it('leaves nothing of the one, all of the other, and is silent the second time', async () => {
    // It has been read, so that it is known by heart.
    await studio.vault.openAudio('r1', 'mix');
    await studio.vault.remove('r1');
    await studio.vault.remove('r1');
    await expect(studio.vault.openAudio('r1', 'mix')).rejects.toMatchObject({ code: 'not-found' });
    await expect(studio.vault.exportZip('r1')).rejects.toMatchObject({ code: 'not-found' });
    expect(existsSync(join(studio.vaultDirectory, 'r1'))).toBe(false);
    expect((await studio.vault.openAudio('r2', 'mix')).size).toBeGreaterThan(0);
  });

  it('takes no path that leads elsewhere', async () => {
    const outside = join(studio.dataDirectory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'mix.sealed'), 'x');
    for (const id of ['..', '../outside', '.', '', 'r1/..', 'r1\0']) await studio.vault.remove(id);
    expect(existsSync(join(outside, 'mix.sealed'))).toBe(true);
    expect(readdirSync(studio.vaultDirectory)).toEqual(expect.arrayContaining(['r1', 'r2']));
  });
});
