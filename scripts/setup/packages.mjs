// @ts-check
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { outputOf, runCommand } from './command.mjs';
import {
  backportsOf,
  installCommand,
  installNames,
  missingFrom,
  offers,
  parseInstalled,
} from './debian.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './SetupError.mjs';

/** @typedef {import('./debian.mjs').Wanted} Wanted */
/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./Progress.mjs').Progress} Progress */

/**
 * What the tests need besides: a browser, two phones that are not ours, what a phone
 * received, a judge of Ogg Opus, the tool that opens what is encrypted, and a store that speaks S3 (Ceph's).
 * @type {Wanted[]}
 */
export const TEST_PACKAGES = [
  { name: 'chromium' },
  { name: 'sip-tester' },
  { name: 'baresip' },
  { name: 'tcpdump' },
  { name: 'opus-tools' },
  { name: 'age' },
  { name: 'ceph-mon' },
  { name: 'ceph-osd' },
  { name: 'radosgw' },
];

/**
 * The far end of `npm run bench:phones` is a C program.
 * @type {Wanted[]}
 */
export const BENCH_PACKAGES = [{ name: 'gcc' }, { name: 'libc6-dev' }];

/**
 * @param {readonly Wanted[]} wanted
 * @returns {Wanted[]} nothing on a system without dpkg: there the user knows best
 */
export function missingPackages(wanted) {
  if (wanted.length === 0) return [];
  const output = outputOf('dpkg-query', [
    '-W',
    '-f=${Package}\\t${db:Status-Status}\\t${Version}\\n',
    ...wanted.map(({ name }) => name),
  ]);
  return output === undefined ? [] : missingFrom(wanted, parseInstalled(output));
}

/**
 * Installs packages when this is root, else stops with the one command that does.
 * @param {Context} context
 * @param {readonly Wanted[]} missing
 * @param {Progress} progress
 */
export async function installPackages(context, missing, progress) {
  if (!context.isRoot) {
    throw new SetupError(
      'System packages are missing and only root can install them. Run this, then start again: ' +
        `sudo sh -c "${installCommand(missing, backportsFor(missing))}"`,
    );
  }
  await withLock(
    path.join(context.cache, 'locks', 'apt.lock'),
    () => progress.note('waiting for another set-up on this machine'),
    async () => {
      progress.note(missing.map(({ name }) => name).join(' '));
      await aptGet(context, progress, ['update']);
      // Only now is it known what the release itself offers: a fresh machine has no lists.
      const backports = backportsFor(missing);
      if (backports && !backports.isConfigured) {
        writeFileSync(backports.file, `${backports.line}\n`);
        await aptGet(context, progress, ['update']);
      }
      await aptGet(context, progress, [
        ...['install', '-y', '--no-install-recommends'],
        ...installNames(missing, backports),
      ]);
    },
  );
}

/**
 * @param {Context} context
 * @param {Progress} progress
 * @param {string[]} args
 */
function aptGet(context, progress, args) {
  // Another apt on this machine is waited for; its own progress comes on file descriptor 1.
  const options = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'APT::Status-Fd=1'];
  return runCommand('apt-get', [...options, ...args], {
    log: path.join(context.logs, 'packages.log'),
    append: true,
    advice: "System packages could not be installed (is Debian's archive reachable?)",
    cause: /^E: /,
    env: { ...context.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    onLine: (line) => {
      const percent = /^pmstatus:[^:]*:([\d.]+):/.exec(line)?.[1];
      if (percent !== undefined) progress.percent(Number(percent));
    },
  });
}

/**
 * @param {readonly Wanted[]} missing
 * @returns {import('./debian.mjs').Backports | undefined}
 */
function backportsFor(missing) {
  const isTooOld = missing.some(({ name, atLeast }) => {
    if (atLeast === undefined) return false;
    // Without lists, Debian 12 is known to be too old, and what comes after it is not.
    const offered = offers(outputOf('apt-cache', ['policy', name]) ?? '', atLeast);
    return offered === undefined ? /^VERSION_ID="?12/m.test(osRelease()) : !offered;
  });
  return isTooOld ? backportsOf(osRelease(), aptSources()) : undefined;
}

function osRelease() {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}

/** All of apt's source files, one after the other. */
function aptSources() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return ['/etc/apt/sources.list', ...files.map((name) => path.join(folder, name))]
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}
