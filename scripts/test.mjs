// @ts-check
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

const { context, node, env } = await setUp('test');
const folder = mkdtempSync(path.join(os.tmpdir(), 'switchroom-test-'));
const summary = path.join(folder, 'summary');
const code = await launch(
  node,
  [
    // We may be killed: then nobody is left to end it.
    ...['--import', './scripts/supervisor/endWithParent.ts'],
    ...['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)],
    ...['--reporter=default', '--reporter=./scripts/SummaryReporter.ts'],
  ],
  { cwd: context.root, env: { ...env, SWITCHROOM_TEST_SUMMARY: summary } },
);

const { passed, failed, skipped } =
  /** @type {{ passed: number, failed: number, skipped: number }} */ (
    existsSync(summary)
      ? JSON.parse(readFileSync(summary, 'utf8'))
      : { passed: 0, failed: 0, skipped: 0 }
  );
rmSync(folder, { recursive: true });
const isGreen = code === 0 && failed === 0 && passed > 0;
process.exitCode = isGreen ? 0 : code || 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
