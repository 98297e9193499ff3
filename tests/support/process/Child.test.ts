import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { Child, exitOf } from './Child.ts';
import { isAlive } from './childOf.ts';

/** Has a child that would live for ever, and says its pid. */
const PARENT = `
  import { Child } from ${JSON.stringify(join(import.meta.dirname, 'Child.ts'))};
  const child = new Child({ name: 'child', command: 'sleep', args: ['infinity'] });
  console.log('child', child.pid);
`;

function script(source: string): Child {
  return new Child({ name: 'script', command: process.execPath, args: ['-e', source] });
}

describe('Child', () => {
  it('waits for what the program says, and ends it', async () => {
    const child = script('console.log("port 1234"); setInterval(() => {}, 1000)');
    expect((await child.waitFor(/port (\d+)/))[1]).toBe('1234');
    expect((await child.stop()).signal).toBe('SIGTERM');
    expect(child.running).toBe(false);
  });

  it('tells the output when the program ends instead', async () => {
    const child = script('console.error("no such port"); process.exit(3)');
    await expect(child.waitFor(/ready/)).rejects.toThrow(/ended before.*\n.*no such port/);
    expect((await exitOf(child, 1000)).code).toBe(3);
  });

  it('tells when the time is over', async () => {
    const child = script('setInterval(() => {}, 1000)');
    await expect(child.waitFor(/ready/, 20)).rejects.toThrow('did not say');
    await child.stop();
  });

  it('stop() of what does not listen is an error, and twice is silent', async () => {
    const child = script(
      'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 9)',
    );
    await child.waitFor(/up/);
    await expect(child.stop({ grace: 50 })).rejects.toThrow('had to be killed');
    await child.stop();
    const another = new Child({ name: 'another', command: 'sleep', args: ['60'] });
    expect((await another.stop({ signal: 'SIGKILL' })).signal).toBe('SIGKILL');
  });

  it('is killed with the process that made it, also when that one is', async () => {
    const parent = new Child({
      name: 'parent',
      command: process.execPath,
      args: ['--input-type=module', '-e', PARENT],
    });
    const [, pid] = await parent.waitFor(/child (\d+)/);
    expect(isAlive(Number(pid))).toBe(true);
    parent.signal('SIGKILL');
    await eventually(() => !isAlive(Number(pid)), { what: 'the end of its child' });
    expect((await parent.exited).signal).toBe('SIGKILL');
  });

  it('tells of a program that is not there', async () => {
    const child = new Child({ name: 'nothing', command: '/nonexistent/program', args: [] });
    await expect(child.waitFor(/ready/)).rejects.toThrow('/nonexistent/program: No such file');
  });
});
