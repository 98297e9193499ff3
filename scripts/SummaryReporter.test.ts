import { expect, test } from 'vitest';
import { countTests } from './SummaryReporter.ts';
import type { Countable } from './SummaryReporter.ts';

function module(states: string[], broken: { file?: boolean; suite?: boolean } = {}): Countable {
  const errors = (isBroken = false) => (isBroken ? [new Error('broken')] : []);
  return {
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => errors(broken.suite) }],
    },
    errors: () => errors(broken.file),
  };
}

test('countTests() adds up the tests of all files by how they ended', () => {
  const modules = [module(['passed', 'failed', 'passed']), module(['skipped', 'pending'])];
  expect(countTests(modules)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test('countTests() counts a file or suite that broke outside of its tests', () => {
  const modules = [module([], { file: true }), module(['passed'], { suite: true })];
  expect(countTests(modules)).toEqual({ passed: 1, failed: 2, skipped: 0 });
});
