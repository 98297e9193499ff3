import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { ConfigError, parseConfig } from '@switchroom/protocol';
import { forkProcess } from './supervisor/forkProcess.ts';
import { freePort } from './supervisor/freePort.ts';
import { greeting } from './supervisor/greeting.ts';
import type { ProcessName, ReadyInfo } from './supervisor/messages.ts';
import { StartError, Supervisor } from './supervisor/Supervisor.ts';

/*
 * What `npm start` runs when the set-up is done: the server and its gateways, each in a process
 * of its own, for as long as this one lives.
 */

const programs: Record<ProcessName, string> = {
  server: 'server',
  'sip-dialin': 'sip-dialin',
  // Equals: each takes meetings, and those of the other when that one dies.
  'recorder 1': 'recordings',
  'recorder 2': 'recordings',
};

const env: NodeJS.ProcessEnv = {
  ...process.env,
  SERVICE_TOKEN: process.env['SERVICE_TOKEN'] || randomBytes(32).toString('base64url'),
};

const supervisor = new Supervisor({
  names: Object.keys(programs) as ProcessName[],
  fork: (name) =>
    forkProcess(path.join(import.meta.dirname, '..', programs[name], 'src/main.ts'), env),
  report: (line) => console.error(line),
});

let isStopping = false;

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await supervisor.stop();
  process.exit(exitCode);
}

async function start(): Promise<void> {
  try {
    const { HTTP_HOST, HTTP_PORT } = parseConfig(env);
    // The gateways are to find the server, so that we choose.
    if (HTTP_PORT === 0) env['HTTP_PORT'] = String(await freePort(HTTP_HOST));
    const infos = await supervisor.start();
    console.log(
      greeting(
        infos.get('server') as ReadyInfo['server'],
        infos.get('sip-dialin') as ReadyInfo['sip-dialin'],
      ),
    );
  } catch (error) {
    const isExpected = error instanceof ConfigError || error instanceof StartError;
    if (!isStopping) console.error(isExpected ? error.message : error);
    await stop(1);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void stop(0));
}
// The channel is that of scripts/start.mjs: by its end we know that it was killed.
process.once('disconnect', () => void stop(0));

await start();
