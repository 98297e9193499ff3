import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeServer, TOKEN } from './testing/FakeServer.ts';
import { collect, decodeOgg, encode, level, tone } from './testing/sound.ts';
import { Talker } from './testing/talker.ts';
import { loadOrCreateKeys, openVault, type VaultKeys } from './vault/index.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

let dataDirectory: string;
let keys: VaultKeys;
let server: FakeServer;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'recorder-'));
  keys = await loadOrCreateKeys(join(dataDirectory, 'keys'));
  server = await FakeServer.open();
  await server.listen();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** Starts a recorder process; gives it with its first message. */
async function startRecorder(token = TOKEN): Promise<[ChildProcess, unknown]> {
  const child = fork(MAIN, {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: dataDirectory,
      SIGNALING_URL: server.url,
      SERVICE_TOKEN: token,
      LOG_LEVEL: 'silent',
    },
    execArgv: [],
  });
  children.push(child);
  const [message] = (await once(child, 'message')) as [unknown];
  return [child, message];
}

/** Sends a tone in real time, until `enough()`. Gives how many ms of it were sent. */
async function talkUntil(enough: (sentMs: number) => boolean): Promise<number> {
  const talker = new Talker(1, await encode(tone(440, 1000)));
  const startedAt = performance.now();
  let index = 0;
  while (!enough(index * 20)) {
    while (index * 20 < performance.now() - startedAt) await server.send(talker.datagram(index++));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return index * 20;
}

async function listen(recordingId: string, trackId: string): Promise<Int16Array> {
  const vault = openVault({ dir: join(dataDirectory, 'vault'), ...keys });
  const audio = await vault.openAudio(recordingId, trackId);
  return await decodeOgg(await collect(audio.read(0, audio.size)));
}

/** Wherever it begins: the track does so before its first packet comes. */
function loudest(pcm: Int16Array, hertz: number): number {
  const parts = Array.from({ length: Math.floor(pcm.length / 4800) }, (_, index) =>
    level(pcm.subarray(index * 4800, (index + 1) * 4800), hertz),
  );
  return Math.max(...parts);
}

describe('the recorder process', () => {
  it('loses at most a second to kill -9, and the next one seals what there is', async () => {
    const [child, message] = await startRecorder();
    expect(message).toEqual({ type: 'ready' });
    expect(await server.start('r1', keys.recipient)).toMatchObject({ ok: true });
    await server.consume('anna', 'browser', 1);
    const sentMs = await talkUntil((ms) => ms >= 2500);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(join(dataDirectory, 'vault', 'r1'))).toContain('state.open');

    await startRecorder();
    await expect.poll(() => server.reports.at(-1)?.state).toBe('sealed');
    const view = server.reports.at(-1)!;
    expect(view.tracks[0]).toMatchObject({ participantName: 'anna' });
    const pcm = await listen('r1', view.tracks[0]!.id);
    expect(pcm.length / 48).toBeGreaterThan(sentMs - 1000);
    expect(level(pcm.subarray(-48_000), 440)).toBeGreaterThan(-20);
    const mix = await listen('r1', 'mix');
    expect(mix.length / 48).toBeGreaterThan(sentMs - 1500);
    expect(await readdir(join(dataDirectory, 'vault', 'r1'))).not.toContain('state.open');
  }, 20_000);

  it.each(['SIGTERM', 'disconnect'])(
    'seals what is open and exits on %s',
    async (how) => {
      const [child] = await startRecorder();
      await server.start('r1', keys.recipient);
      await server.consume('anna', 'browser', 1);
      // What it has told is in its hands, however slow the machine is.
      await talkUntil(() => (server.counts.at(-1)?.tracks[0]?.received ?? 0) >= 20);
      const exited = once(child, 'exit');
      if (how === 'SIGTERM') child.kill('SIGTERM');
      else child.disconnect();
      expect(await exited).toEqual([0, null]);
      expect(server.reports.at(-1)?.state).toBe('sealed');
      const pcm = await listen('r1', server.reports.at(-1)!.tracks[0]!.id);
      expect(loudest(pcm, 440)).toBeGreaterThan(-20);
    },
    20_000,
  );

  it('waits for a server that comes up later', async () => {
    const { port } = server;
    await server.close();
    const later = startRecorder();
    // It is up and trying once it made its key.
    await expect
      .poll(async () => await readdir(join(dataDirectory, 'keys')), { timeout: 10_000 })
      .toContain('recorder-state.key');
    server = await FakeServer.open();
    await server.listen(port);
    expect((await later)[1]).toEqual({ type: 'ready' });
  }, 20_000);

  it('says why it cannot start, and exits with 1', async () => {
    const [child, message] = await startRecorder('another-token-altogether');
    expect(message).toMatchObject({
      type: 'failed',
      message: expect.stringContaining('refuses') as string,
    });
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
  }, 20_000);

  it('names the setting that is wrong, and exits with 1', async () => {
    const [child, message] = await startRecorder('short');
    expect(message).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/^SERVICE_TOKEN: /) as string,
    });
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
  }, 20_000);
});
