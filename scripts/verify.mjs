// @ts-check
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkAudit } from './verify/checkAudit.mjs';
import { checkChain } from './verify/checkChain.mjs';
import { checkExport } from './verify/checkExport.mjs';
import { Fault } from './verify/Fault.mjs';

/*
 * Checks an export of a recording with nothing but Node.js 20: no set-up, no packages, no network
 * (docs/recording-format.md).
 */

const USAGE = `Usage: npm run verify -- export.zip [--key fingerprint]...
       npm run verify -- --chain DATA_DIR [--key fingerprint]...
       npm run verify -- --audit audit.jsonl`;

/** @param {string} text */
function fingerprint(text) {
  const digits = text
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/.test(digits)) throw new TypeError(`${text} is not a fingerprint.`);
  return digits;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      chain: { type: 'string' },
      audit: { type: 'string' },
    },
  });
  const pins = new Set(values.key.flatMap((keys) => keys.split(',')).map(fingerprint));
  // npm goes to the checkout; files are named from where the user stands.
  const here = process.env.INIT_CWD ?? process.cwd();
  const { chain, audit } = values;
  const [zip, ...more] = positionals;
  const given = [zip, chain, audit].filter((one) => one !== undefined);
  if (more.length > 0 || given.length !== 1) {
    throw new TypeError('Give one export, or --chain and a directory, or --audit and a file.');
  }
  const path = resolve(here, String(given[0]));
  const check =
    zip !== undefined ? checkExport : chain !== undefined ? checkChain : () => checkAudit(path);
  return { check: () => check(path, pins) };
}

/** @type {ReturnType<typeof readArguments> | undefined} */
let wanted;
try {
  wanted = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}

if (wanted) {
  try {
    const report = await wanted.check();
    console.log(`ok: ${report.title}`);
    for (const fact of report.facts) console.log(`  - ${fact}`);
    for (const warning of report.warnings) console.log(`note: ${warning}`);
  } catch (error) {
    if (error instanceof Fault) console.error(`wrong: ${error.message}`);
    else
      console.error(`Cannot be checked: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
