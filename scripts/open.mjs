// @ts-check
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseIdentities } from './verify/age.mjs';
import { Fault } from './verify/Fault.mjs';
import { fingerprint } from './verify/keys.mjs';

/*
 * Opens a sealed export with an officer's identity: no set-up, no packages, no network, but a Node.js that reads
 * TypeScript (docs/recording-format.md).
 */

const USAGE =
  'Usage: npm run open -- sealed.zip --identity key.txt --out folder [--key fingerprint]...';

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      identity: { type: 'string' },
      out: { type: 'string' },
    },
  });
  // npm goes to the checkout; files are named from where the user stands.
  const here = process.env.INIT_CWD ?? process.cwd();
  const [zip, ...more] = positionals;
  const { identity, out } = values;
  if (zip === undefined || more.length > 0 || identity === undefined || out === undefined) {
    throw new TypeError('Give one sealed export, an identity and a folder.');
  }
  const pins = new Set(values.key.flatMap((keys) => keys.split(',')).map(fingerprint));
  return {
    zip: resolve(here, zip),
    identity: resolve(here, identity),
    out: resolve(here, out),
    pins,
  };
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
    if (!process.features.typescript) throw new Fault('This needs Node.js 22.18 or later.');
    const { openExport } = await import('./open/openExport.mjs');
    const identities = parseIdentities(readFileSync(wanted.identity, 'utf8'));
    const { written, faults } = openExport(wanted.zip, wanted.out, identities, wanted.pins);
    for (const fault of faults) console.error(`wrong: ${fault}`);
    console.log(`${written.length} files are in ${wanted.out}:`);
    for (const name of written) console.log(`  - ${name}`);
    if (faults.length > 0) process.exitCode = 1;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`${error instanceof Fault ? 'wrong' : 'Cannot be opened'}: ${message}`);
    process.exitCode = 1;
  }
}
