import { describe, expect, test } from 'vitest';
import { Progress } from './Progress.mjs';
import { runSteps } from './setup.mjs';
import { SetupError } from './SetupError.mjs';

interface Script {
  title: string;
  isPending: () => boolean;
  run: () => Promise<string>;
}

function make(): {
  machine: Set<string>;
  step: (title: string, options?: { gives?: string[] }) => Script;
  lines: string[];
  progress: Progress;
} {
  const machine = new Set<string>();
  const lines: string[] = [];
  return {
    machine,
    lines,
    progress: new Progress({ write: (text: string) => lines.push(text.trim()) }, () => 0),
    step: (title, { gives = [title] } = {}) => ({
      title,
      isPending: () => !machine.has(title),
      run: async () => {
        for (const thing of gives) machine.add(thing);
        return 'done';
      },
    }),
  };
}

describe('runSteps()', () => {
  test('runs what is pending, in order, and counts only that', async () => {
    const { machine, step, lines, progress } = make();
    machine.add('node');
    await runSteps([step('packages'), step('node'), step('client')], progress);
    expect(lines).toEqual([
      '[1/2] packages…',
      '[1/2] packages: done (0 s)',
      '[2/2] client…',
      '[2/2] client: done (0 s)',
    ]);
  });

  test('leaves out what an earlier step has made needless', async () => {
    const { step, lines, progress } = make();
    const prebuilt = step('prebuilt', { gives: ['prebuilt', 'worker'] });
    await runSteps([prebuilt, step('worker'), step('client')], progress);
    expect(lines.filter((line) => line.endsWith('…'))).toEqual([
      '[1/3] prebuilt…',
      '[2/2] client…',
    ]);
  });

  test('stops at the first that fails', async () => {
    const { machine, step, progress } = make();
    const broken = { ...step('broken'), run: () => Promise.reject(new SetupError('No network.')) };
    await expect(runSteps([broken, step('client')], progress)).rejects.toThrow('No network.');
    expect(machine.has('client')).toBe(false);
  });

  test('does nothing the second time', async () => {
    const { step, lines, progress } = make();
    const steps = [step('node'), step('client')];
    await runSteps(steps, progress);
    lines.length = 0;
    await runSteps(steps, progress);
    expect(lines).toEqual([]);
  });
});

test('the line of a SetupError names the full log', () => {
  expect(new SetupError('npm ci failed', { log: '/l/npm.log' }).line).toBe(
    'npm ci failed (full log: /l/npm.log)',
  );
  expect(new SetupError('npm ci failed').line).toBe('npm ci failed');
});
