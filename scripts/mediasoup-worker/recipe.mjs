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

/**
 * A place in a source file that is to be another. Why: see README.md beside this file.
 * @typedef {{ file: string, from: string, to: string }} Patch
 */

/** What `meson.build` says of the worker last. */
const WORKER_ARGS = "cpp_args: cpp_args + ['-DMS_EXECUTABLE'],\n";

/** @type {readonly Patch[]} */
export const PATCHES = [
  {
    file: 'src/RTC/DtlsTransport.cpp',
    from: '(operationType == BIO_CB_RETURN)',
    to: '(operationType & BIO_CB_RETURN)',
  },
  {
    file: 'meson.build',
    from: WORKER_ARGS,
    to: `${WORKER_ARGS}  cpp_pch: 'pch/worker.hpp',\n`,
  },
];

/**
 * The patched text, or undefined when the place to patch is not there, or there twice.
 * @param {string} source
 * @param {Patch} patch
 */
export function applyPatch(source, { from, to }) {
  const parts = source.split(from);
  return parts.length === 2 ? parts.join(to) : undefined;
}
