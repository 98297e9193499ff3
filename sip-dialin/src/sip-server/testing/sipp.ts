import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The scenarios that drachtio-srf's own test suite uses: they ship in its package. */
const DRACHTIO = fileURLToPath(new URL('../test/scenarios/', import.meta.resolve('drachtio-srf')));

/** Ours, for what drachtio-srf's leave out. */
const OWN = fileURLToPath(new URL('scenarios/', import.meta.url));

/** A UDP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

export interface SippRun {
  /** File name within drachtio-srf's scenarios, or ours. */
  scenario: string;
  own?: boolean;
  /** Port of the server to call; none for a scenario that is called. */
  target?: number;
  port?: number;
  /** `u1`: UDP, `t1`: TCP over one connection. */
  transport?: 'u1' | 't1';
  calls?: number;
  /** What to change in the scenario: addresses of drachtio's docker network, XML that this SIPp refuses. */
  edit?: (xml: string) => string;
}

/** Runs SIPp until its calls are over; rejects with what it said when one went wrong. */
export async function runSipp(run: SippRun): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
  const xml = await readFile(join(run.own === true ? OWN : DRACHTIO, run.scenario), 'utf8');
  const file = join(folder, run.scenario);
  // Four seconds of looking out for stray messages at the end of each are not needed here.
  await writeFile(file, (run.edit?.(xml) ?? xml).replaceAll('"4000"', '"50"'));
  const port = run.port ?? (await freePort());
  const { scenario, target, transport = 'u1', calls = 1 } = run;
  const args = [
    ...(target === undefined ? [] : [`127.0.0.1:${target}`]),
    ...['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-t', transport],
    ...[
      '-m',
      String(calls),
      '-d',
      '50',
      '-timeout',
      '20s',
      '-timeout_error',
      '-nostdin',
      '-trace_err',
    ],
    ...['-error_file', join(folder, 'errors')],
  ];
  const child = spawn('/usr/bin/sipp', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  await rm(folder, { recursive: true, force: true });
  if (code !== 0)
    throw new Error(`sipp ${scenario} ended with ${code ?? 'a signal'}:\n${said.slice(-4000)}`);
}
