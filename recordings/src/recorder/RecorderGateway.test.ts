import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type Consent } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readManifest } from '../format/manifest.ts';
import { FakeServer, personOf, TOKEN } from '../testing/FakeServer.ts';
import { collect, decodeOgg, encode, level, tone } from '../testing/sound.ts';
import { Talker } from '../testing/talker.ts';
import { loadOrCreateKeys, openVault, type VaultKeys } from '../vault/index.ts';
import { DgramSocket } from './DgramSocket.ts';
import { createRecorder, type Recorder } from './index.ts';

const logger = pino({ level: 'silent' });

let dataDirectory: string;
let keys: VaultKeys;
let server: FakeServer;
let recorder: Recorder;
/** The recorder's monotonic clock, which the tests move, ms. */
let clock = 0;

async function makeRecorder(token = TOKEN, minFreeMb = 0): Promise<Recorder> {
  const config = {
    ...{ DATA_DIR: dataDirectory, SIGNALING_URL: server.url, SERVICE_TOKEN: token },
    RECORDING_MIN_FREE_MB: minFreeMb,
  };
  // The kernel does not know the tests' clock.
  const { open: openSocket } = DgramSocket;
  return await createRecorder(config, { logger, now: () => clock, openSocket });
}

beforeEach(async () => {
  clock = 0;
  dataDirectory = await mkdtemp(join(tmpdir(), 'gateway-'));
  keys = await loadOrCreateKeys(join(dataDirectory, 'keys'));
  server = await FakeServer.open();
  await server.listen();
  recorder = await makeRecorder();
  await recorder.start();
});
afterEach(async () => {
  await recorder.close();
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

async function listen(recordingId: string, trackId: string): Promise<Int16Array> {
  const vault = openVault({ dir: join(dataDirectory, 'vault'), ...keys });
  const audio = await vault.openAudio(recordingId, trackId);
  return await decodeOgg(await collect(audio.read(0, audio.size)));
}

/** Sends some packets of each talker, one every 20 ms of the recorder's clock. */
async function talk(talkers: Talker[], count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) {
    for (const talker of talkers) await server.send(talker.datagram(index));
    clock += 20;
  }
}

describe('the recorder', () => {
  it('records what comes over RTP, reports it, and seals it when told', async () => {
    expect(await server.start('r1', keys.recipient)).toEqual({ ok: true, value: {} });
    expect(server.calls.slice(0, 2)).toEqual(['room:open', 'transport:connect']);
    const anna = new Talker(1, await encode(tone(440, 2000)));
    const bert = new Talker(2, await encode(tone(880, 2000)));
    expect(await server.consume('anna', 'browser', 1)).toEqual({ ok: true, value: {} });
    expect(await server.consume('bert', 'phone', 2)).toEqual({ ok: true, value: {} });
    await talk([anna, bert], 100);
    clock += 2000;
    await expect
      .poll(() => server.counts.at(-1)?.consumers, { timeout: 5000 })
      .toMatchObject([...[{ consumerId: 'c-1', lost: 0 }, { consumerId: 'c-2' }]]);
    // The next is asked for only when this one was answered.
    const asked = server.counts.length;
    clock += 2000;
    await expect.poll(() => server.counts.length, { timeout: 5000 }).toBeGreaterThan(asked);
    const [counted] = server.counts.at(-1)!.tracks;
    expect(counted!.received).toBeGreaterThan(0);
    expect(await server.stop('r1')).toEqual({ ok: true, value: {} });
    const path = join(dataDirectory, 'vault', 'r1', 'manifest.sealed');
    const { ledger } = await readManifest(path, keys.identity!);
    expect(ledger).toMatchObject([
      { received: 100, written: 100, sounding: 100, compared: { produced: 4711 } },
      { received: 100, written: 100 },
    ]);

    const view = server.reports.at(-1)!;
    expect(server.reports[0]).toMatchObject({ state: 'recording', tracks: [] });
    expect(view.state).toBe('sealed');
    expect(view.tracks.map((track) => track.participantName)).toEqual(['anna', 'bert']);
    expect(view.durationMs).toBeGreaterThan(1900);
    expect(Date.parse(view.endedAt!) - Date.parse(view.startedAt)).toBe(view.durationMs);
    expect(server.calls.at(-2)).toMatch(/room:release|recording:report/);
    const [a, b] = view.tracks;
    for (const [id, heard, unheard] of [
      [a!.id, 440, 880],
      [b!.id, 880, 440],
    ] as const) {
      const pcm = (await listen('r1', id)).subarray(24_000, 72_000);
      expect(level(pcm, heard) - level(pcm, unheard)).toBeGreaterThan(30);
    }
    // The recording began when neither was there yet.
    const from = b!.startMs * 48 + 24_000;
    const mix = (await listen('r1', 'mix')).subarray(from, from + 48_000);
    expect(Math.min(level(mix, 440), level(mix, 880))).toBeGreaterThan(-26);
  });

  it('pauses when told, notes who agreed, and takes both over when it is asked to go on', async () => {
    await server.start('r1', keys.recipient);
    const by = { kind: 'user', id: 'u1', name: 'host@example.org' } as const;
    const pause = (recordingId: string, who: typeof by | null) =>
      server.gateway.timeout(5000).emitWithAck('recording:pause', { recordingId, by: who });
    expect(await pause('r2', by)).toMatchObject({ ok: false, code: 'not-found' });
    expect(await pause('r1', by)).toEqual({ ok: true, value: {} });
    const told: Consent = {
      ...{ participantId: 'p1', name: 'Ann', how: 'key', policy: 'required', language: 'en' },
      ...{ words: 'Press one.', at: new Date().toISOString() },
    };
    server.gateway.emit('recording:told', { recordingId: 'r1', consents: [told] });
    const vault = openVault({ dir: join(dataDirectory, 'vault'), ...keys });
    await expect
      .poll(async () => (await vault.statements('r1')).consents)
      .toMatchObject({ consents: [told], pauses: [{ toMs: null, by }] });
    // What a server says that was started anew.
    const request = {
      recordingId: 'r1',
      meetingId: 'm1',
      title: 'Fake',
      recipient: keys.recipient,
    };
    const late = { ...told, participantId: 'p2' };
    expect(
      await server.gateway.timeout(5000).emitWithAck('recording:start', {
        ...{ ...request, consents: [told, late], pausedBy: null },
      }),
    ).toEqual({ ok: true, value: {} });
    await server.stop('r1');
    const { consents, pauses } = (await vault.statements('r1')).consents;
    expect(consents.map(({ participantId }) => participantId)).toEqual(['p1', 'p2']);
    expect(pauses[0]!.toMs).toEqual(expect.any(Number));
  });

  it('writes what came before somebody left, and before a pause, though it was not read yet', async () => {
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    await server.consume('bert', 'phone', 2);
    const anna = new Talker(1, await encode(tone(440, 1000)));
    const bert = new Talker(2, await encode(tone(880, 1000)));
    const by = { kind: 'user', id: 'u1', name: 'host@example.org' } as const;
    // Faster than the recorder takes turns.
    await talk([anna, bert], 20);
    const left = { meetingId: 'm1', participantId: 'p-anna', reason: 'left' } as const;
    server.gateway.emit('participant:left', left);
    await talk([bert], 10, 20);
    const pause = { recordingId: 'r1', by };
    await server.gateway.timeout(5000).emitWithAck('recording:pause', pause);
    await talk([bert], 10, 30);
    await server.stop('r1');
    const path = join(dataDirectory, 'vault', 'r1', 'manifest.sealed');
    const { ledger } = await readManifest(path, keys.identity!);
    expect(ledger).toMatchObject([
      { received: 20, written: 20 },
      { received: 30, written: 30 },
    ]);
  });

  it('wakes nobody up while it stands by', async () => {
    const [set, cleared] = [
      vi.spyOn(globalThis, 'setInterval'),
      vi.spyOn(globalThis, 'clearInterval'),
    ];
    onTestFinished(() => void vi.restoreAllMocks());
    await server.start('r1', keys.recipient);
    const ticks = set.mock.calls.flatMap(([, ms], call) => (ms === 100 ? [call] : []));
    expect(ticks).toHaveLength(1);
    const timer = set.mock.results[ticks[0]!]!.value as NodeJS.Timeout;
    expect(cleared).not.toHaveBeenCalledWith(timer);
    await server.stop('r1');
    expect(cleared).toHaveBeenCalledWith(timer);
  });

  it('sends receiver reports', async () => {
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    const talker = new Talker(1, await encode(tone(440, 200)), 100);
    await talk([talker], 5);
    clock += 6000;
    const told = (): unknown => {
      const report = server.rtcp.at(-1);
      return [report?.[1], report?.readUInt32BE(8), report?.readUInt32BE(16)];
    };
    await expect.poll(told).toEqual([201, 1, 104]);
  });

  it('ignores strangers, other SSRCs and rubbish', async () => {
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    for (const rubbish of ['', '80', '806f', '80c8ffff', 'ff'.repeat(1500)]) {
      await server.send(Buffer.from(rubbish, 'hex'));
    }
    await talk([new Talker(77, await encode(tone(440, 200)))], 5);
    expect((await server.stop('r1')).ok).toBe(true);
    const pcm = await listen('r1', server.reports.at(-1)!.tracks[0]!.id);
    expect(pcm.every((sample) => sample === 0)).toBe(true);
  });

  it('seals by itself when the room is closed', async () => {
    await server.start('r1', keys.recipient);
    server.gateway.emit('room:closed', { meetingId: 'm1', reason: 'meeting-ended' });
    await expect.poll(() => server.reports.at(-1)?.state).toBe('sealed');
    expect(await server.stop('r1')).toMatchObject({ ok: false, code: 'not-found' });
  });

  it('begins nothing when the disk is nearly full, and keeps what there is', async () => {
    await server.start('r1', keys.recipient);
    clock += 700;
    await server.stop('r1');
    await recorder.close();
    // More than there is on any disk.
    recorder = await makeRecorder(TOKEN, 1e12);
    await recorder.start();
    expect(await server.start('r2', keys.recipient)).toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/^Only \d+ MB are free/) as string,
    });
    expect(await readdir(join(dataDirectory, 'vault'))).toEqual(['chain.jsonl', 'r1']);
    const { durationMs } = server.reports.findLast(({ id }) => id === 'r1')!;
    expect((await listen('r1', 'mix')).length / 48).toBe(durationMs);
  });

  it('says why a recording cannot start, and leaves nothing of it', async () => {
    expect(await server.start('../r1', keys.recipient)).toMatchObject({ code: 'bad-request' });
    expect(await server.start('r1', 'age1nonsense')).toMatchObject({ code: 'internal' });
    server.refusal = new AppError('not-found', 'There is no such room.');
    expect(await server.start('r1', keys.recipient)).toMatchObject({ code: 'not-found' });
    expect(await readdir(join(dataDirectory, 'vault'))).toEqual(['chain.jsonl']);
    expect(server.reports).toEqual([]);
    server.refusal = null;
    expect(await server.start('r1', keys.recipient)).toMatchObject({ ok: true });
    expect(await server.start('r1', keys.recipient)).toMatchObject({ ok: true });
    expect(await server.start('r2', keys.recipient)).toMatchObject({ code: 'conflict' });
  });

  it('begins anew while the former recording is being sealed', async () => {
    await server.start('r1', keys.recipient);
    const stopped = server.stop('r1');
    expect(await server.start('r2', keys.recipient)).toEqual({ ok: true, value: {} });
    expect(await stopped).toEqual({ ok: true, value: {} });
    // The room is left before it is opened again, or the new one would lose it.
    const room = server.calls.filter((call) => call.startsWith('room:'));
    expect(room).toEqual(['room:open', 'room:release', 'room:open']);
    expect((await server.stop('r2')).ok).toBe(true);
    expect(server.reports.filter(({ state }) => state === 'sealed').map(({ id }) => id)).toEqual([
      'r1',
      'r2',
    ]);
  });

  it('does not touch what another recorder in the same directory has open, and seals after it', async () => {
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    const second = await makeRecorder();
    await second.start();
    await talk([new Talker(1, await encode(tone(440, 1000)))], 30);
    expect(await server.start('r2', keys.recipient)).toMatchObject({ ok: true });
    expect(server.reports.map(({ state }) => state)).not.toContain('sealed');
    expect(await readdir(join(dataDirectory, 'vault', 'r1'))).toContain('state.open');
    await Promise.all([recorder.close(), second.close()]);
    const sealed = server.reports.filter(({ state }) => state === 'sealed');
    expect(sealed.map(({ id }) => id).sort()).toEqual(['r1', 'r2']);
    expect(sealed.find(({ id }) => id === 'r1')).toMatchObject({ tracks: [{}] });
    const chain = await readFile(join(dataDirectory, 'vault', 'chain.jsonl'), 'utf8');
    expect(chain.trimEnd().split('\n')).toHaveLength(2);
    expect(await readdir(join(dataDirectory, 'keys', 'recorders'))).toEqual([]);
  });

  it('tells the server at each connection what it records', async () => {
    expect(server.handshake.recordings).toEqual([]);
    await server.start('r1', keys.recipient);
    server.gateway.conn.close();
    await expect.poll(() => server.handshake.recordings?.length, { timeout: 5000 }).toBe(1);
    expect(server.handshake.recordings).toEqual([{ meetingId: 'm1', recordingId: 'r1' }]);
  });

  it('goes on in the same tracks when the connection was lost', async () => {
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    const talker = new Talker(1, await encode(tone(440, 2000)));
    await talk([talker], 30);
    server.transportId = 'transport-2';
    server.calls.length = 0;
    server.gateway.conn.close();
    await expect.poll(() => server.calls, { timeout: 5000 }).toContain('transport:connect');
    clock += 3000;
    await server.consume('anna', 'browser', 5);
    const again = new Talker(5, await encode(tone(880, 2000)));
    await talk([again], 30);
    await server.stop('r1');
    const { tracks } = server.reports.at(-1)!;
    expect(tracks).toHaveLength(1);
    const path = join(dataDirectory, 'vault', 'r1', 'manifest.sealed');
    const { gaps } = await readManifest(path, keys.identity!);
    const lost = gaps.filter(({ reason }) => reason === 'server-lost');
    expect(lost).toMatchObject([{ file: tracks[0]!.id }]);
    // The last packet before may reach into it.
    expect(lost[0]!.toMs! - lost[0]!.fromMs).toBeGreaterThanOrEqual(2980);
    const pcm = await listen('r1', tracks[0]!.id);
    expect(level(pcm.subarray(4800, 24_000), 440)).toBeGreaterThan(-20);
    expect(level(pcm.subarray(-24_000, -4800), 880)).toBeGreaterThan(-20);
  });

  it('begins with how things are, and notes who is gone when the connection is back', async () => {
    const carl = { ...personOf('carl', 'phone'), muted: true, held: true };
    server.people = [carl];
    await server.start('r1', keys.recipient);
    await server.consume('anna', 'browser', 1);
    // The server was started anew: Anna is somebody else.
    server.transportId = 'transport-2';
    server.people = [personOf('anna-again', 'browser'), carl];
    server.calls.length = 0;
    server.gateway.conn.close();
    await expect.poll(() => server.calls, { timeout: 5000 }).toContain('transport:connect');
    clock += 100;
    await server.consume('anna-again', 'browser', 2);
    await server.stop('r1');
    const { tracks } = server.reports.at(-1)!;
    expect(tracks.map(({ participantName }) => participantName)).toEqual(['anna', 'anna-again']);
    expect(tracks[0]!.endMs).toBeLessThan(tracks[1]!.endMs!);
    const path = join(dataDirectory, 'vault', 'r1', 'manifest.sealed');
    const { timeline } = await readManifest(path, keys.identity!);
    expect(timeline.map(({ event, participantId }) => `${participantId} ${event}`)).toEqual([
      ...['p-carl joined', 'p-carl muted', 'p-carl held', 'p-anna joined'],
      ...['p-anna-again joined', 'p-anna left'],
    ]);
  });

  it('seals when the room is gone after the connection was lost', async () => {
    await server.start('r1', keys.recipient);
    server.refusal = new AppError('not-found', 'There is no such room.');
    server.gateway.conn.close();
    await expect.poll(() => server.reports.at(-1)?.state, { timeout: 5000 }).toBe('sealed');
  });

  it('seals all that is open when it is closed, and closing twice is silent', async () => {
    await server.start('r1', keys.recipient);
    await recorder.close();
    await recorder.close();
    expect(server.reports.at(-1)?.state).toBe('sealed');
    expect(await readdir(join(dataDirectory, 'vault', 'r1'))).not.toContain('state.open');
    await expect.poll(() => server.connected).toBe(false);
  });

  it('is told when the server refuses it', async () => {
    await recorder.close();
    const stranger = await makeRecorder('another-token-altogether');
    await expect(stranger.start()).rejects.toMatchObject({ code: 'forbidden' });
    await stranger.close();
  });
});
