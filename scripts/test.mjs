// @ts-check
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

/** @typedef {import('./SummaryReporter.ts').Counts} Counts */

/** What computes has the machine for itself. */
const FIRST = ['--project=unit', '--project=client', '--project=integration'];
/** These listen in real time, and mostly wait: browsers on the one side, phones on the other. */
const SIDE_BY_SIDE = [
  ['--project=phones', '--maxWorkers=1'],
  ['--project=e2e', '--maxWorkers=1'],
];

const { context, node, env } = await setUp('test');
const folder = mkdtempSync(path.join(os.tmpdir(), 'switchroom-test-'));
let runs = 0;

/**
 * @param {string[]} args of vitest
 * @param {boolean} [isOneOfMany]
 * @returns {Promise<Counts & { code: number }>}
 */
async function run(args, isOneOfMany = false) {
  const summary = path.join(folder, `summary-${(runs += 1)}`);
  const code = await launch(
    node,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', ...args],
      ...['--reporter=default', '--reporter=./scripts/SummaryReporter.ts'],
    ],
    { cwd: context.root, env: { ...env, SWITCHROOM_TEST_SUMMARY: summary }, isOneOfMany },
  );
  const none = { passed: 0, failed: 0, skipped: 0 };
  const counts = existsSync(summary)
    ? /** @type {Counts} */ (JSON.parse(readFileSync(summary, 'utf8')))
    : none;
  return { code, ...counts };
}

const asked = process.argv.slice(2);
const results = [await run(asked.length > 0 ? asked : FIRST)];
// Whoever ends it means all of it.
const isEnded = results.some(({ code }) => code > 128);
if (asked.length === 0 && !isEnded) {
  results.push(...(await Promise.all(SIDE_BY_SIDE.map((args) => run(args, true)))));
}
rmSync(folder, { recursive: true });

/** @param {keyof Counts} what */
const sum = (what) => results.reduce((all, counts) => all + counts[what], 0);
// A run without a summary, or without a test, tested nothing.
const isGreen = results.every(
  ({ code, passed, failed }) => code === 0 && failed === 0 && passed > 0,
);
process.exitCode = isGreen ? 0 : results.find(({ code }) => code !== 0)?.code || 1;
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
