import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, freePortRange } from '../support/net/freePort.ts';
import { Child, run } from '../support/process/Child.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOUR = 3_600_000;

/** How long `npm start` takes in a checkout until it says that it is ready, s. */
async function timeStart(
  checkout: string,
  env: NodeJS.ProcessEnv,
  within: number,
): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 'switchroom-'));
  const rtp = await freePortRange(20);
  const startedAt = performance.now();
  const npm = new Child({
    name: 'npm start',
    command: 'npm',
    args: ['start'],
    cwd: checkout,
    env: {
      ...process.env,
      ...env,
      HTTP_PORT: String(await freePort()),
      SIP_PORT: String(await freePort()),
      RTC_PORT: String(await freePort()),
      RTP_PORTS: `${rtp.min}-${rtp.max}`,
      DATA_DIR: data,
      LOG_LEVEL: 'warn',
    },
  });
  try {
    await npm.waitFor(/Switchroom is ready/, within);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await npm.stop({ signal: 'SIGTERM', grace: 20_000 });
    await rm(data, { recursive: true, force: true });
  }
}

/** `npm start` where everything is set up, s. */
export async function secondStart(runs: number): Promise<number[]> {
  // Where the bench was started from a checkout that was set up by hand, this one does what is missing.
  await timeStart(ROOT, {}, HOUR);
  const took: number[] = [];
  for (let i = 0; i < runs; i++) took.push(await timeStart(ROOT, {}, 120_000));
  return took;
}

/** `npm start` in a fresh clone with an empty cache: all but the system's packages, s. */
export async function firstSetUp(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'switchroom-clone-'));
  try {
    const checkout = join(folder, 'switchroom');
    await run('git', ['clone', '--quiet', ROOT, checkout]);
    const env = { SWITCHROOM_CACHE: join(folder, 'cache'), MEDIASOUP_WORKER_BIN: undefined };
    return await timeStart(checkout, env, HOUR);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
