import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RecordingView } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuickRecorder } from './QuickRecorder.ts';
import { problem, startServer, type Harness } from './serverHarness.ts';

const VERIFY = path.join(import.meta.dirname, '../../scripts/verify.mjs');
const run = promisify(execFile);

let server: Harness;
let recorder: QuickRecorder;
let recording: RecordingView;
/** Of an officer, made by Debian's age, which npm test installs. */
let officer: { file: string; recipient: string };

beforeAll(async () => {
  server = await startServer({ realVault: true });
  recorder = await QuickRecorder.connect(server);
  recording = await recorder.record();
  const file = path.join(server.dataDir, 'officer.txt');
  await run('age-keygen', ['-o', file]);
  officer = { file, recipient: (await run('age-keygen', ['-y', file])).stdout.trim() };
});
afterAll(async () => {
  await recorder.close();
  await server.close();
});

const exported = (query: string): Promise<Response> =>
  server.rest('GET', `/recordings/${recording.id}/export?${query}`);

describe('an export for a recipient', () => {
  it('is one age file, which the officer’s own tool opens, and verify finds good', async () => {
    const answer = await exported(`recipient=${officer.recipient}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toMatch(/\.zip\.age$/);
    const sealed = path.join(server.dataDir, 'export.zip.age');
    const bytes = Buffer.from(await answer.arrayBuffer());
    await writeFile(sealed, bytes);
    expect(bytes.includes('manifest.json')).toBe(false);
    const opened = path.join(server.dataDir, 'export.zip');
    await run('age', ['-d', '-i', officer.file, '-o', opened, sealed]);
    const zip = await readFile(opened);
    expect(zip.includes('recording.exported')).toBe(true);
    // Who it was for is in the trail.
    expect(zip.includes(officer.recipient)).toBe(true);
    expect((await run(process.execPath, [VERIFY, opened])).stdout).toMatch(/^ok: recording/);
    const told = await run(process.execPath, [VERIFY, sealed]).catch((error: unknown) => error);
    expect((told as { stderr: string }).stderr).toContain('age -d -i');
  });

  it('is refused where the recipient is mistyped or empty, rather than given in the clear', async () => {
    const mistyped = officer.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
    for (const query of ['recipient=', 'recipient=x', `recipient=${mistyped}`]) {
      expect(await problem(await exported(query))).toEqual({ status: 400, code: 'bad-request' });
    }
  });
});
