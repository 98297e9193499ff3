// @ts-check
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseIdentities } from './verify/age.mjs';
import { checkAny } from './verify/checkAny.mjs';
import { checkAudit } from './verify/checkAudit.mjs';
import { checkChain } from './verify/checkChain.mjs';
import { checkChainByTrail } from './verify/checkChainByTrail.mjs';
import { Fault } from './verify/Fault.mjs';
import { FolderPlace } from './verify/FolderPlace.mjs';
import { fingerprint } from './verify/keys.mjs';
import { BucketPlace } from './verify/s3/BucketPlace.mjs';
import { bucketSettings } from './verify/s3/settings.mjs';

/*
 * Checks an export of a recording with nothing but Node.js 20: no set-up, no packages, and no network but to a bucket whose
 * chain is to be checked (docs/recording-format.md).
 */

const USAGE = `Usage: npm run verify -- export.zip [--key fingerprint]... [--identity key.txt]
       npm run verify -- --chain DATA_DIR [--key fingerprint]...    (and S3_BUCKET, as the server has it)
       npm run verify -- --chain s3://bucket/prefix [--key fingerprint]...
       npm run verify -- --chain ... --audit audit.jsonl            (what is gone must have been deleted by it)
       npm run verify -- --audit audit.jsonl`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      identity: { type: 'string' },
      chain: { type: 'string' },
      audit: { type: 'string' },
    },
  });
  const pins = new Set(values.key.flatMap((keys) => keys.split(',')).map(fingerprint));
  // npm goes to the checkout; files are named from where the user stands.
  const here = process.env.INIT_CWD ?? process.cwd();
  const { chain, audit, identity } = values;
  const [zip, ...more] = positionals;
  const isOne = (zip === undefined) !== (chain === undefined && audit === undefined);
  if (more.length > 0 || !isOne) {
    throw new TypeError(
      'Give one export, or --chain and a directory or bucket, or --audit and a file, or the last two.',
    );
  }
  /** @returns {[import('./verify/FolderPlace.mjs').Place, ...import('./verify/FolderPlace.mjs').Place[]]} */
  const places = () => {
    const isBucket = chain?.startsWith('s3://') ?? false;
    const settings = bucketSettings(process.env, isBucket ? chain : undefined);
    const bucket = settings && new BucketPlace(settings);
    if (isBucket && bucket) return [bucket];
    const vault = join(resolve(here, String(chain)), 'vault');
    return [new FolderPlace(vault), ...(bucket ? [bucket] : [])];
  };
  /** @returns {Promise<import('./verify/checkExport.mjs').Report>} */
  const check = async () => {
    const trail = audit === undefined ? undefined : resolve(here, audit);
    if (chain !== undefined && trail !== undefined) {
      return await checkChainByTrail(places(), pins, trail);
    }
    if (chain !== undefined) return await checkChain(places(), pins);
    if (trail !== undefined) return await checkAudit(trail);
    const path = resolve(here, String(zip));
    const text = identity === undefined ? undefined : readFileSync(resolve(here, identity), 'utf8');
    return checkAny(path, pins, text === undefined ? [] : parseIdentities(text));
  };
  return { check };
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
    // What else is being read at the time is not waited for.
    process.exit(1);
  }
}
