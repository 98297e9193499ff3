// @ts-check
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setUp } from './setup/setup.mjs';

const { context, node } = await setUp('check');

/**
 * @param {string} script within node_modules
 * @param {...string} args
 */
const tool = (script, ...args) => [path.join(context.root, 'node_modules', script), ...args];

/**
 * The longest first.
 * @type {[name: string, args: string[]][]}
 */
const checks = [
  ['lint', tool('eslint/bin/eslint.js', '--max-warnings=0', '.')],
  ['format', tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.')],
  // All that knows no browser in one: what each imports of the others is read once.
  ['types', tool('typescript/bin/tsc', '--noEmit', '-p', '.')],
  ['types of tests', tool('typescript/bin/tsc', '--noEmit', '-p', 'tests')],
  ['types of client', tool('vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'client')],
  ['dead code', tool('knip/bin/knip.js', '--no-progress')],
];

/**
 * Runs one check and says how it went, with its output when it failed.
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<boolean>}
 */
async function check(name, args) {
  const startedAt = performance.now();
  const child = spawn(node, args, { cwd: context.root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += String(text)));
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

let failures = 0;
const waiting = checks.values();

async function checkOneByOne() {
  // Both take from the same list.
  for (const [name, args] of waiting) {
    if (!(await check(name, args))) failures += 1;
  }
}

// Each is mostly one thread's work: two at a time.
await Promise.all([checkOneByOne(), checkOneByOne()]);
console.log(
  failures === 0 ? 'All checks passed.' : `${failures} of ${checks.length} checks failed.`,
);
process.exitCode = failures === 0 ? 0 : 1;
