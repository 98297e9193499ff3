import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { KeptRecordingView, RecordingView } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOfRecipient } from '../../recordings/src/format/recipients.ts';
import { newOfficer } from '../../recordings/src/testing/officer.ts';
import { QuickRecorder } from './QuickRecorder.ts';
import { problem, startServer, type Harness } from './serverHarness.ts';

/*
 * One vault over the starts of its server with other keys each time: whom recordings are sealed to, who can open them,
 * and what is said where nobody here can.
 */

const VERIFY = path.join(import.meta.dirname, '../../scripts/verify.mjs');

let dataDir: string;
let server: Harness;
let officer: { identity: string; recipient: string };
/** Sealed to the server, to both, to the officer alone. */
let own: RecordingView;
let both: RecordingView;
let away: RecordingView;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'switchroom-keys-'));
  officer = await newOfficer();
  own = await recordBy(undefined);
  both = await recordBy(`server,${officer.recipient}`);
  away = await recordBy(officer.recipient);
}, 120_000);
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true });
});

async function start(recipient: string | undefined): Promise<void> {
  const env = recipient === undefined ? {} : { VAULT_RECIPIENT: recipient };
  server = await startServer({ realVault: true, dataDir, env });
}

/** A recording of a server with this setting; the last one stays up. */
async function recordBy(recipient: string | undefined): Promise<RecordingView> {
  if (recipient !== undefined) await server.close();
  await start(recipient);
  const recorder = await QuickRecorder.connect(server);
  const recording = await recorder.record();
  await recorder.close();
  return recording;
}

const get = (recording: RecordingView, rest: string): Promise<Response> =>
  server.rest('GET', `/recordings/${recording.id}${rest}`);

/** Every call that needs a key to the recording. */
const reading = ({ tracks }: RecordingView): string[] => [
  ...['/audio', `/tracks/${tracks[0]!.id}/audio`, `/tracks/${tracks[0]!.id}/peaks`],
  '/export?sealed=false',
];

async function verdicts(recording: RecordingView): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const rest of reading(recording)) {
    const answer = await get(recording, rest);
    answers.push(answer.ok ? answer.status : (await problem(answer)).code);
    if (answer.ok) await answer.arrayBuffer();
  }
  return answers;
}

const OPEN = [200, 200, 200, 200];
const all = (code: string): string[] => Array<string>(4).fill(code);
const keyOf = async (recording: RecordingView): Promise<KeptRecordingView> =>
  (await get(recording, '')).json() as Promise<KeptRecordingView>;

/** What `npm run verify` finds in an export of it, with the officer's identity. */
async function checked(recording: RecordingView, query = ''): Promise<string> {
  const answer = await get(recording, `/export${query}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-disposition')).toContain('-sealed.zip');
  const [file, key] = [path.join(dataDir, 'sealed.zip'), path.join(dataDir, 'officer.txt')];
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  await writeFile(key, officer.identity);
  const args = [VERIFY, file, '--identity', key];
  return (await promisify(execFile)(process.execPath, args, { env: {} })).stdout;
}

describe('a server that is not to read what it writes', () => {
  it('says where the key is not on every call that needs it, and gives the rest', async () => {
    expect(await verdicts(away)).toEqual(all('key-elsewhere'));
    const { key, sealedTo, tracks, durationMs } = await keyOf(away);
    expect({ key, sealedTo }).toEqual({
      key: 'elsewhere',
      sealedTo: [{ fingerprint: fingerprintOfRecipient(officer.recipient), server: false }],
    });
    expect([tracks.length, durationMs]).toEqual([1, 2000]);
    const found = await server.rest('GET', '/recordings?participant=ann');
    const { items } = (await found.json()) as { items: KeptRecordingView[] };
    expect(items.map((one) => [one.id, one.key])).toEqual([
      ...[[away.id, 'elsewhere'] as const, [both.id, 'here'] as const, [own.id, 'here'] as const],
    ]);
    expect((await get(away, '/tracks/none/audio')).status).toBe(404);
  });

  it('exports it sealed, without being asked, and the officer opens that', async () => {
    const report = await checked(away);
    expect(report).toMatch(/^ok: sealed recording .*\n[^]* opened: "Quarterly", .*, 2 files, /);
    expect(report).toMatch(/\d+ entries of the audit trail/);
    const trail = await server.rest('GET', `/audit?subject=${away.id}&action=recording.exported`);
    expect(await trail.json()).toMatchObject({ items: [{ details: { sealed: true } }] });
  });

  it('reads what was sealed to its own key before, alone or with others', async () => {
    expect(await verdicts(own)).toEqual(OPEN);
    expect(await verdicts(both)).toEqual(OPEN);
    expect(await checked(both, '?sealed=true')).toContain('opened: ');
    expect((await keyOf(both)).sealedTo.map((one) => one.server).sort()).toEqual([false, true]);
  });

  it('answers 416 for a range that is not there, and names damage in a header', async () => {
    const { id, tracks } = own;
    const ask = (range: string): Promise<Response> =>
      fetch(`${server.url}/api/v1/recordings/${id}/tracks/${tracks[0]!.id}/audio`, {
        headers: { authorization: `Bearer ${server.token}`, range },
      });
    const size = Number((await ask('bytes=0-0')).headers.get('content-range')?.split('/')[1]);
    expect((await ask(`bytes=${size - 1}-`)).status).toBe(206);
    for (const range of [`bytes=${size}-`, `bytes=${size}-${size + 5}`, 'bytes=-0']) {
      const beyond = await ask(range);
      expect(beyond.headers.get('content-range')).toBe(`bytes */${size}`);
      expect(await problem(beyond)).toEqual({ status: 416, code: 'range-not-satisfiable' });
    }
    const sealed = path.join(dataDir, 'vault', id, `${tracks[0]!.id}.sealed`);
    const bytes = await readFile(sealed);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(sealed, bytes);
    const damaged = await ask('bytes=0-99');
    expect(damaged.status).toBe(206);
    expect(damaged.headers.get('recording-damage')).toMatch(/^\d+-\d+$/);
    expect(server.logs.join()).toContain('a recording is damaged in the vault');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^switchroom_recording_damage_total [1-9]/m);
    const exported = Buffer.from(await (await get(own, '/export')).arrayBuffer()).toString(
      'latin1',
    );
    expect(exported).toContain(`"file": "tracks/${tracks[0]!.id}.ogg"`);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(sealed, bytes);
  });
});

describe('a key that is lost', () => {
  const identity = (): string => path.join(dataDir, 'keys/vault-identity.txt');
  let kept: Buffer;
  beforeAll(async () => {
    kept = await readFile(identity());
  });

  /** Starts it anew with something else in the place of its identity, or with nothing. */
  async function startWith(content: Buffer | string | null, recipient?: string): Promise<void> {
    await server.close();
    await rm(identity(), { force: true });
    if (content !== null) await writeFile(identity(), content);
    await start(recipient);
  }

  it.each([
    ['its file was removed', async () => await startWith(null, officer.recipient)],
    ['it was removed, and a new one is made', async () => await startWith(null)],
    ['another took its place', async () => await startWith((await newOfficer()).identity)],
  ])('is said on every call, in lists, log and metrics, when %s', async (_how, replaced) => {
    await replaced();
    expect(await verdicts(own)).toEqual(all('key-lost'));
    expect(await verdicts(both)).toEqual(all('key-lost'));
    expect(await verdicts(away)).toEqual(all('key-elsewhere'));
    expect([(await keyOf(own)).key, (await keyOf(away)).key]).toEqual(['lost', 'elsewhere']);
    // Not passed over by giving something else; sealed it is given when it is asked for.
    expect(await problem(await get(own, '/export'))).toEqual({ status: 409, code: 'key-lost' });
    expect(await checked(both, '?sealed=true')).toContain('opened: ');
    expect(server.logs.join()).toContain('"keysLost":2');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^switchroom_recordings_key_lost 2$/m);
  });

  it('stops the start where its file is no key, and is found again when it is put back', async () => {
    const refused = await startWith('not a key').catch(String);
    expect(refused).toMatch(/vault-identity\.txt holds no age identity/);
    expect(refused).not.toContain('not a key');
    await startWith(kept);
    expect(await verdicts(own)).toEqual(OPEN);
    expect(server.logs.join()).not.toContain('keysLost');
  });
});
