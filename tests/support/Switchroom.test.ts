import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { Child } from './process/Child.ts';
import { childrenOf, isAlive } from './process/childOf.ts';

/** Starts one and says its pid, as a run of tests does that is broken off then. */
const TEST_RUN = `
  import { Switchroom } from ${JSON.stringify(join(import.meta.dirname, 'Switchroom.ts'))};
  const { pid, dataDir } = await Switchroom.start();
  console.log('Switchroom', pid, dataDir);
`;

it('a Switchroom ends, all of its processes, when who started it is killed', async () => {
  const testRun = new Child({
    name: 'test run',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', TEST_RUN],
  });
  const [, pid, dataDir] = await testRun.waitFor(/Switchroom (\d+) (\S+)/, 60_000);
  const programs = await childrenOf(Number(pid), 'src/main.ts');
  const server = (await childrenOf(Number(pid), 'server/src/main.ts'))[0]!;
  const workers = await childrenOf(server, 'mediasoup-worker');
  const all = [Number(pid), ...programs, ...workers];
  // Supervisor, server, sip-dialin, two recorders, and an SFU worker at least.
  expect(all.length).toBeGreaterThanOrEqual(6);
  testRun.signal('SIGKILL');
  await eventually(() => !all.some(isAlive), { what: 'the end of all of its processes' });
  await rm(dataDir!, { recursive: true, force: true });
});
