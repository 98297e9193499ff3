import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyPatch, PATCHES } from '../mediasoup-worker/recipe.mjs';
import { ninjaPercent } from './workerBuild.mjs';
import { prebuiltUrl } from './workerPrebuilt.mjs';

test('ninjaPercent() reads the count of a line, and nothing else', () => {
  expect(ninjaPercent('[103/412] Compiling C++ object x.cpp.o')).toBe(25);
  expect(ninjaPercent('x.cpp:3: warning: [1/2]')).toBeUndefined();
});

describe('applyPatch()', () => {
  const [bio] = PATCHES;

  test('tests the bit', () => {
    expect(applyPatch('a = (operationType == BIO_CB_RETURN) ? r : 1;', bio!)).toBe(
      'a = (operationType & BIO_CB_RETURN) ? r : 1;',
    );
  });

  test('gives nothing when the place is not there, or there twice', () => {
    const place = '(operationType == BIO_CB_RETURN)';
    expect(applyPatch('a = 1;', bio!)).toBeUndefined();
    expect(applyPatch(place + place, bio!)).toBeUndefined();
  });

  test.each(PATCHES)('finds its place in the mediasoup that is installed: $file', async (patch) => {
    const file = path.join('node_modules/mediasoup/worker', patch.file);
    expect(applyPatch(await readFile(file, 'utf8'), patch)).toContain(patch.to);
  });
});

describe('prebuiltUrl()', () => {
  const linux = { platform: 'linux', arch: 'x64', release: '6.1.0-18-amd64' };

  test('is that of the release, with the major version of the kernel', () => {
    expect(prebuiltUrl('3.27.1', {}, linux)).toBe(
      'https://github.com/versatica/mediasoup/releases/download/3.27.1/mediasoup-worker-3.27.1-linux-x64-kernel6.tgz',
    );
  });

  test('takes another base, as mediasoup does', () => {
    const env = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://mirror.local/m' };
    expect(prebuiltUrl('3.27.1', env, { ...linux, platform: 'darwin', arch: 'arm64' })).toBe(
      'http://mirror.local/m/3.27.1/mediasoup-worker-3.27.1-darwin-arm64.tgz',
    );
  });
});
