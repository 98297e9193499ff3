// @ts-check
/*
 * What apt and dpkg say, understood. No I/O here: packages.mjs does it.
 */

/**
 * A Debian package that a command needs.
 * @typedef {{ name: string, atLeast?: string }} Wanted
 */

/**
 * Where a package comes from when the release's own is too old.
 * @typedef {object} Backports
 * @property {string} suite
 * @property {string} file apt's source file that makes it known
 * @property {string} line the content of that file
 * @property {boolean} isConfigured apt knows the suite already
 */

/**
 * Compares by leading numbers: enough for `atLeast`, not for all of Debian's ordering.
 * @param {string} version such as `1:1.7.0-1~bpo12+1`
 * @param {string} wanted such as `1.1`
 */
export function isAtLeast(version, wanted) {
  const numbers = (/** @type {string} */ text) =>
    (/^(?:\d+:)?([\d.]*)/.exec(text)?.[1] ?? '').split('.').map(Number);
  const have = numbers(version);
  for (const [i, want] of numbers(wanted).entries()) {
    const difference = (have[i] ?? 0) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * @param {string} output of `dpkg-query -W -f='${Package}\t${db:Status-Status}\t${Version}\n'`
 * @returns {Map<string, string>} version by package, of what is installed
 */
export function parseInstalled(output) {
  /** @type {Map<string, string>} */
  const installed = new Map();
  for (const line of output.split('\n')) {
    const [name, status, version] = line.split('\t');
    if (name && version && status === 'installed') installed.set(name, version);
  }
  return installed;
}

/**
 * @param {readonly Wanted[]} wanted
 * @param {Map<string, string>} installed
 */
export function missingFrom(wanted, installed) {
  return wanted.filter(({ name, atLeast }) => {
    const version = installed.get(name);
    return version === undefined || (atLeast !== undefined && !isAtLeast(version, atLeast));
  });
}

/**
 * @param {string} policy output of `apt-cache policy NAME`
 * @param {string} atLeast
 * @returns {boolean | undefined} undefined when apt has no lists, or does not know the package
 */
export function offers(policy, atLeast) {
  const candidate = /^\s*Candidate: (\S+)$/m.exec(policy)?.[1];
  if (candidate === undefined || candidate === '(none)') return undefined;
  return isAtLeast(candidate, atLeast);
}

/**
 * @param {string} osRelease content of /etc/os-release
 * @param {string} sources content of all of apt's source files
 * @returns {Backports | undefined} undefined when this is not Debian
 */
export function backportsOf(osRelease, sources) {
  const codename = /^VERSION_CODENAME="?(\w+)"?$/m.exec(osRelease)?.[1];
  if (codename === undefined || !/^ID="?debian"?$/m.test(osRelease)) return undefined;
  const suite = `${codename}-backports`;
  return {
    suite,
    file: '/etc/apt/sources.list.d/switchroom-backports.list',
    line: `deb ${mirrorOf(sources)} ${suite} main`,
    isConfigured: new RegExp(`^(?:deb|Suites:)\\s.*\\b${suite}\\b`, 'm').test(sources),
  };
}

/**
 * The archive that this machine uses already, so that a local mirror is kept to.
 * @param {string} sources
 */
function mirrorOf(sources) {
  const uris = [...sources.matchAll(/^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)/gm)];
  return (
    uris.map(([, uri = '']) => uri).find((uri) => /\/debian\/?$/.test(uri)) ??
    'http://deb.debian.org/debian'
  );
}

/**
 * @param {readonly Wanted[]} missing
 * @param {Backports | undefined} backports given when the release has only older versions
 * @returns {string[]} what `apt-get install` is given
 */
export function installNames(missing, backports) {
  return missing.map(({ name, atLeast }) =>
    backports && atLeast !== undefined ? `${name}/${backports.suite}` : name,
  );
}

/**
 * What root would type, as one line without double quotes.
 * @param {readonly Wanted[]} missing
 * @param {Backports | undefined} backports
 */
export function installCommand(missing, backports) {
  const adds = backports && !backports.isConfigured;
  return [
    ...(adds ? [`echo '${backports.line}' > ${backports.file}`] : []),
    'apt-get update',
    `apt-get install -y --no-install-recommends ${installNames(missing, backports).join(' ')}`,
  ].join(' && ');
}
