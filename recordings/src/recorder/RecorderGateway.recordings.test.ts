import { mkdir, readdir, readFile, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@switchroom/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TOKEN } from '../testing/FakeServer.ts';
import { useRecorderBench } from '../testing/RecorderBench.ts';
import { encode, tone } from '../testing/sound.ts';
import { Talker } from '../testing/talker.ts';

const bench = useRecorderBench();

describe('the recorder: its recordings', () => {
  it('says why a recording cannot start, and leaves nothing of it', async () => {
    expect(await bench.server.start('../r1', bench.keys.recipient)).toMatchObject({
      code: 'bad-request',
    });
    expect(await bench.server.start('r1', 'age1nonsense')).toMatchObject({ code: 'internal' });
    bench.server.refusal = new AppError('not-found', 'There is no such room.');
    expect(await bench.start('r1')).toMatchObject({ code: 'not-found' });
    expect(await readdir(bench.vaultDirectory)).toEqual(['chain.jsonl']);
    expect(bench.server.reports).toEqual([]);
    bench.server.refusal = null;
    expect(await bench.start('r1')).toMatchObject({ ok: true });
    expect(await bench.start('r1')).toMatchObject({ ok: true });
    expect(await bench.start('r2')).toMatchObject({ code: 'conflict' });
  });

  it('begins nothing when the disk is nearly full, and keeps what there is', async () => {
    await bench.start('r1');
    bench.clock += 700;
    await bench.server.stop('r1');
    await bench.recorder.close();
    // More than there is on any disk.
    bench.recorder = await bench.makeRecorder(TOKEN, 1e12);
    await bench.recorder.start();
    expect(await bench.start('r2')).toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/^Only \d+ MB are free/) as string,
    });
    expect(await readdir(bench.vaultDirectory)).toEqual(['chain.jsonl', 'r1']);
    const { durationMs } = bench.server.reports.findLast(({ id }) => id === 'r1')!;
    expect((await bench.listen('r1', 'mix')).length / 48).toBe(durationMs);
  });

  it('seals what it could not at its end, as soon as it can, and tells the server', async () => {
    await bench.start('r1');
    bench.clock += 700;
    // As a disk that is full: nobody gets the lock on the chain.
    const lock = join(bench.dataDirectory, 'keys', 'chain.lock');
    await rename(lock, `${lock}.away`);
    await mkdir(lock);
    expect(await bench.server.stop('r1')).toMatchObject({ ok: false });
    expect(bench.server.reports.at(-1)).toMatchObject({ id: 'r1', state: 'failed' });
    await rmdir(lock);
    await expect.poll(() => bench.server.reports.at(-1)).toMatchObject({ state: 'sealed' });
    expect(await readdir(join(bench.vaultDirectory, 'r1'))).not.toContain('state.open');
    expect((await bench.vault.openAudio('r1', 'mix')).size).toBeGreaterThan(0);
  });

  it('begins anew while the former recording is being sealed', async () => {
    await bench.start('r1');
    const stopped = bench.server.stop('r1');
    expect(await bench.start('r2')).toEqual({ ok: true, value: {} });
    expect(await stopped).toEqual({ ok: true, value: {} });
    // The room is left before it is opened again, or the new one would lose it.
    const room = bench.server.calls.filter((call) => call.startsWith('room:'));
    expect(room).toEqual(['room:open', 'room:release', 'room:open']);
    expect((await bench.server.stop('r2')).ok).toBe(true);
    expect(
      bench.server.reports.filter(({ state }) => state === 'sealed').map(({ id }) => id),
    ).toEqual(['r1', 'r2']);
  });

  it('does not touch what another recorder in the same directory has open, and seals after it', async () => {
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    const second = await bench.makeRecorder();
    await second.start();
    await bench.talk([new Talker(1, await encode(tone(440, 1000)))], 30);
    expect(await bench.start('r2')).toMatchObject({ ok: true });
    expect(bench.server.reports.map(({ state }) => state)).not.toContain('sealed');
    expect(await readdir(join(bench.vaultDirectory, 'r1'))).toContain('state.open');
    await Promise.all([bench.recorder.close(), second.close()]);
    const sealed = bench.server.reports.filter(({ state }) => state === 'sealed');
    expect(sealed.map(({ id }) => id).sort()).toEqual(['r1', 'r2']);
    expect(sealed.find(({ id }) => id === 'r1')).toMatchObject({ tracks: [{}] });
    const chain = await readFile(join(bench.vaultDirectory, 'chain.jsonl'), 'utf8');
    expect(chain.trimEnd().split('\n')).toHaveLength(2);
    expect(await readdir(join(bench.dataDirectory, 'keys', 'recorders'))).toEqual([]);
  });

  it('wakes nobody up while it stands by', async () => {
    const [set, cleared] = [
      vi.spyOn(globalThis, 'setInterval'),
      vi.spyOn(globalThis, 'clearInterval'),
    ];
    onTestFinished(() => void vi.restoreAllMocks());
    await bench.start('r1');
    const ticks = set.mock.calls.flatMap(([, ms], call) => (ms === 100 ? [call] : []));
    expect(ticks).toHaveLength(1);
    const timer = set.mock.results[ticks[0]!]!.value as NodeJS.Timeout;
    expect(cleared).not.toHaveBeenCalledWith(timer);
    await bench.server.stop('r1');
    expect(cleared).toHaveBeenCalledWith(timer);
  });

  it('seals all that is open when it is closed, and closing twice is silent', async () => {
    await bench.start('r1');
    await bench.recorder.close();
    await bench.recorder.close();
    expect(bench.server.reports.at(-1)?.state).toBe('sealed');
    expect(await readdir(join(bench.vaultDirectory, 'r1'))).not.toContain('state.open');
    await expect.poll(() => bench.server.connected).toBe(false);
  });
});
