// @ts-check

/**
 * Debian packages that a source build of the worker needs. meson: the worker's
 * meson.build asks for 1.1, Debian 12 has 1.0.1 and its backports a newer one.
 * @type {import('../setup/debian.mjs').Wanted[]}
 */
export const BUILD_PACKAGES = [
  { name: 'g++' },
  { name: 'ninja-build' },
  { name: 'pkg-config' },
  { name: 'libuv1-dev' },
  { name: 'libssl-dev' },
  { name: 'libsrtp2-dev' },
  { name: 'libabsl-dev' },
  { name: 'libflatbuffers-dev' },
  { name: 'flatbuffers-compiler' },
  { name: 'meson', atLeast: '1.1' },
];

/** Why: see README.md beside this file. */
const PATCH = {
  file: 'src/RTC/DtlsTransport.cpp',
  from: '(operationType == BIO_CB_RETURN)',
  to: '(operationType & BIO_CB_RETURN)',
};

export const PATCHED_FILE = PATCH.file;

/**
 * The patched text of PATCHED_FILE, or undefined when the place to patch is not there.
 * @param {string} source
 */
export function patch(source) {
  const parts = source.split(PATCH.from);
  return parts.length === 2 ? parts.join(PATCH.to) : undefined;
}
