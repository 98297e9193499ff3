import { execFile, fork, type ChildProcess } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createEncoder } from 'libopus-wasm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AlarmView, MeetingView, RecordingView } from '@switchroom/protocol';
import { enter, rtpPacket, SSRC } from './gatewayHarness.ts';
import { askGateway, SERVICE_TOKEN, startServer, type Harness } from './serverHarness.ts';

/*
 * A recording from a phone's packets to an export that anybody can check: the server, a recorder in a process of its
 * own, and scripts/verify.mjs.
 */
const ROOT = path.join(import.meta.dirname, '../..');
const run = promisify(execFile);

let server: Harness;
let recorder: ChildProcess;

beforeAll(async () => {
  server = await startServer({ realVault: true });
});
afterAll(() => server.close());
afterEach(async () => {
  if (recorder.exitCode !== null || recorder.signalCode !== null) return;
  recorder.kill('SIGTERM');
  await once(recorder, 'exit');
});

async function startRecorder(): Promise<void> {
  recorder = fork(path.join(ROOT, 'recordings/src/main.ts'), {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: server.dataDir,
      SIGNALING_URL: server.url,
      SERVICE_TOKEN,
      LOG_LEVEL: 'silent',
      RECORDING_MIN_FREE_MB: '0',
    },
    execArgv: [],
  });
  expect((await once(recorder, 'message'))[0]).toEqual({ type: 'ready' });
}

/** Opus packets of 20 ms of a tone, one second. */
async function sound(): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ sampleRate: 48_000, channels: 1, bitrate: 32_000 });
  const frames = Array.from({ length: 50 }, (_, frame) =>
    Int16Array.from({ length: 960 }, (_, i) => 8000 * Math.sin((frame * 960 + i) / 17)),
  );
  const packets = frames.map((pcm) => encoder.encode(pcm));
  encoder.free();
  return packets;
}

/** A phone that talks in a meeting until it is told to leave. */
async function talkingPhone(meeting: MeetingView): Promise<() => Promise<void>> {
  const gateway = await server.gateway('sip-dialin');
  const { socket, opened } = await enter(gateway, meeting);
  const caller = { name: 'Caller +15550001234', number: '+15550001234', ssrc: SSRC };
  const { participantId } = await askGateway(gateway, 'phone:join', {
    ...{ meetingId: meeting.id, ...caller },
  });
  const packets = await sound();
  const { payloadType, audioLevelExtensionId: extensionId } = opened;
  let sequence = 1000;
  const timer = setInterval(() => {
    const payload = packets[sequence % packets.length]!;
    const packet = rtpPacket({ payloadType, sequence, ssrc: SSRC, extensionId, payload });
    socket.send(packet, opened.port, opened.ip);
    sequence += 1;
  }, 20);
  return async () => {
    clearInterval(timer);
    await askGateway(gateway, 'phone:leave', { meetingId: meeting.id, participantId });
    socket.close();
    gateway.disconnect();
  };
}

async function recordings(meeting: MeetingView): Promise<RecordingView[]> {
  const answer = await server.rest('GET', `/recordings?meetingId=${meeting.id}`);
  return ((await answer.json()) as { items: RecordingView[] }).items;
}

/** Waits until a recording has so many bytes of sound. */
async function recorded(meeting: MeetingView, bytes: number): Promise<RecordingView> {
  let found: RecordingView | undefined;
  await expect
    .poll(
      async () => {
        found = (await recordings(meeting)).find(({ state }) => state === 'recording');
        const track = found?.tracks[0];
        if (track === undefined) return 0;
        const file = path.join(server.dataDir, 'vault', found!.id, `${track.id}.sealed`);
        return (await readFile(file)).length;
      },
      { timeout: 15_000 },
    )
    .toBeGreaterThan(bytes);
  return found!;
}

/** What anybody would do with an export. */
async function verify(...args: string[]): Promise<string> {
  return await run(process.execPath, [path.join(ROOT, 'scripts/verify.mjs'), ...args], {
    env: {},
  }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}

/** Takes its seal away, and then all of it: each is refused, and told. */
async function missed({ id, tracks }: RecordingView): Promise<void> {
  const directory = path.join(server.dataDir, 'vault', id);
  const aside = path.join(server.dataDir, 'aside');
  const answers = async (): Promise<unknown[]> => {
    const parts = ['audio', `tracks/${tracks[0]!.id}/audio`, 'timeline', 'export'];
    const all = parts.map(async (part) => {
      const answer = await server.rest('GET', `/recordings/${id}/${part}`);
      return [answer.status, ((await answer.json()) as { code: string }).code];
    });
    return await Promise.all(all);
  };
  const refused = Array<unknown>(4).fill([500, 'recording-damaged']);
  const [seal, journal] = ['seal.json', 'state.open'].map((name) => path.join(directory, name));
  await rename(seal!, aside);
  await writeFile(journal!, 'junk');
  expect(await answers()).toEqual(refused);
  await rm(journal!);
  await rename(aside, seal!);
  await rename(directory, aside);
  expect(await answers()).toEqual(refused);
  const alarms = (await (await server.rest('GET', '/alarms')).json()) as { active: AlarmView[] };
  expect(alarms.active.map(({ kind, subject }) => [kind, subject.file])).toContainEqual([
    ...['recording-damaged', 'seal'],
  ]);
  expect(await verify('--chain', server.dataDir)).toContain(`no longer in the vault: ${id}.`);
  await rename(aside, directory);
}

async function exportOf({ id }: RecordingView): Promise<{ file: string; bytes: Buffer }> {
  const answer = await server.rest('GET', `/recordings/${id}/export`);
  expect(answer.status).toBe(200);
  const file = path.join(server.dataDir, `${id}.zip`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  await writeFile(file, bytes);
  return { file, bytes };
}

/** What an auditor noted down. */
async function fingerprint(): Promise<string> {
  const pem = await readFile(path.join(server.dataDir, 'keys/recorder-signing.pem'));
  const der = createPublicKey(pem).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex');
}

describe('the export of a recording', () => {
  it('is good for whoever checks it, shows no more than it may, and tells of damage', async () => {
    await startRecorder();
    const meeting = await server.createMeeting({ recording: 'always' });
    const leave = await talkingPhone(meeting);
    await recorded(meeting, 8000);
    await leave();
    await expect.poll(async () => (await recordings(meeting))[0]?.state).toBe('sealed');
    const [recording] = (await recordings(meeting)) as [RecordingView];
    const { file, bytes } = await exportOf(recording);
    const good = await verify(file, '--key', await fingerprint());
    expect(good).toMatch(/^ok: recording /);
    expect(good).toContain('1 track and the mix');
    expect(good).toContain('entries of the audit trail');
    expect(good).not.toContain('note:');
    expect(bytes.includes('…1234')).toBe(true);
    expect(bytes.includes('15550001234')).toBe(false);
    expect(bytes.includes('recording.exported')).toBe(true);

    const [track] = recording.tracks;
    const sealed = path.join(server.dataDir, 'vault', recording.id, `${track!.id}.sealed`);
    const content = await readFile(sealed);
    content[content.length >> 1]! ^= 1;
    await writeFile(sealed, content);
    const audio = await server.rest('GET', `/recordings/${recording.id}/tracks/${track!.id}/audio`);
    expect([audio.status, audio.headers.get('recording-damage')]).toEqual([
      200,
      expect.stringMatching(/^\d+-\d+$/),
    ]);
    await audio.arrayBuffer();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('switchroom_recording_damage_total 1');
    expect(server.logs.some((line) => line.includes('damaged in the vault'))).toBe(true);
    const damaged = await verify((await exportOf(recording)).file);
    expect(damaged).toMatch(/^wrong: tracks\/.* does not say what its manifest says/);
    expect(damaged).toMatch(/damaged in its vault from \d+ to \d+ ms/);
    expect(await verify('--chain', server.dataDir)).toMatch(/^wrong: .*was changed since/);
    await writeFile(sealed, ((content[content.length >> 1]! ^= 1), content));
    expect(await verify('--chain', server.dataDir)).toMatch(/^ok: /);
    await missed(recording);
  });

  it('states the gap after a recorder was killed, signed and chained as any other', async () => {
    await startRecorder();
    const meeting = await server.createMeeting({ recording: 'always' });
    const leave = await talkingPhone(meeting);
    const first = await recorded(meeting, 6000);
    // While it is made there is nothing that could be proved.
    expect((await server.rest('GET', `/recordings/${first.id}/export`)).status).toBe(409);
    recorder.kill('SIGKILL');
    await once(recorder, 'exit');
    await startRecorder();
    const second = await recorded(meeting, 6000);
    expect(second.id).not.toBe(first.id);
    await leave();
    const states = async (): Promise<string[]> =>
      (await recordings(meeting)).map(({ state }) => state);
    await expect.poll(states).toEqual(['sealed', 'sealed']);
    const key = await fingerprint();
    const { file } = await exportOf(first);
    const report = await verify(file, '--key', key);
    expect(report).toMatch(/^ok: /);
    expect(report).toMatch(
      /note: The manifest states a gap: \w+, from \d+ ms on \(recorder-died\)/,
    );
    expect(await verify((await exportOf(second)).file, '--key', key)).not.toContain('gap');
    expect(await verify('--chain', server.dataDir, '--key', key)).toMatch(/^ok: .*\n.* \d seals/);
  });
});
