import { describe, expect, test } from 'vitest';
import {
  backportsOf,
  installCommand,
  isAtLeast,
  missingFrom,
  offers,
  parseInstalled,
} from './debian.mjs';

const BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_CODENAME=bookworm\nID=debian\n';
const MESON = { name: 'meson', atLeast: '1.1' };

describe('isAtLeast()', () => {
  test.each([
    ['1.0.1-5', '1.1', false],
    ['1.7.0-1~bpo12+1', '1.1', true],
    ['1.10.0-1', '1.9', true],
    ['1.1', '1.1', true],
    ['2', '1.1', true],
    ['1:1.0.1-5', '1.1', false],
    ['1:2.0-1', '1.1', true],
  ])('%s against %s is %s', (version, wanted, expected) => {
    expect(isAtLeast(version, wanted)).toBe(expected);
  });
});

describe('missingFrom()', () => {
  const installed = parseInstalled(
    'g++\tinstalled\t4:12.2.0-3\nmeson\tinstalled\t1.0.1-5\nsox\tconfig-files\t14.4.2\n',
  );

  test('names what is absent, removed, or too old', () => {
    const wanted = [{ name: 'g++' }, { name: 'sox' }, { name: 'baresip' }, MESON];
    expect(missingFrom(wanted, installed).map(({ name }) => name)).toEqual([
      'sox',
      'baresip',
      'meson',
    ]);
  });

  test('an older version is enough where none is asked for', () => {
    expect(missingFrom([{ name: 'meson' }], installed)).toEqual([]);
  });
});

describe('offers()', () => {
  test('compares the candidate', () => {
    expect(offers('meson:\n  Installed: (none)\n  Candidate: 1.0.1-5\n', '1.1')).toBe(false);
    expect(offers('meson:\n  Installed: (none)\n  Candidate: 1.7.0-1\n', '1.1')).toBe(true);
  });

  test('does not know without lists', () => {
    expect(offers('', '1.1')).toBeUndefined();
    expect(offers('meson:\n  Candidate: (none)\n', '1.1')).toBeUndefined();
  });
});

describe('backportsOf()', () => {
  test('keeps to the mirror that is in use', () => {
    const sources =
      'Types: deb\nURIs: http://security.debian.org/debian-security\n\nURIs: http://mirror.local/debian\nSuites: bookworm\n';
    expect(backportsOf(BOOKWORM, sources)).toMatchObject({
      suite: 'bookworm-backports',
      line: 'deb http://mirror.local/debian bookworm-backports main',
      isConfigured: false,
    });
  });

  test('reads one-line sources with options', () => {
    const sources = 'deb [signed-by=/k.gpg arch=amd64] https://a.example/debian/ bookworm main\n';
    expect(backportsOf(BOOKWORM, sources)?.line).toBe(
      'deb https://a.example/debian/ bookworm-backports main',
    );
  });

  test.each([
    'Types: deb\nSuites: bookworm bookworm-backports\n',
    'deb http://deb.debian.org/debian bookworm-backports main\n',
  ])('sees that the suite is there already: %j', (sources) => {
    expect(backportsOf(BOOKWORM, sources)?.isConfigured).toBe(true);
  });

  test('a suite that is commented out is not there', () => {
    const sources = '# deb http://deb.debian.org/debian bookworm-backports main\n';
    expect(backportsOf(BOOKWORM, sources)?.isConfigured).toBe(false);
  });

  test('has nothing for what is not Debian', () => {
    expect(backportsOf('ID=ubuntu\nVERSION_CODENAME=jammy\n', '')).toBeUndefined();
  });
});

describe('installCommand()', () => {
  test('takes from backports only what the release has too old', () => {
    expect(installCommand([{ name: 'g++' }, MESON], backportsOf(BOOKWORM, ''))).toBe(
      "echo 'deb http://deb.debian.org/debian bookworm-backports main' > /etc/apt/sources.list.d/switchroom-backports.list" +
        ' && apt-get update && apt-get install -y --no-install-recommends g++ meson/bookworm-backports',
    );
  });

  test('adds no source where none is needed', () => {
    expect(installCommand([{ name: 'baresip' }], undefined)).toBe(
      'apt-get update && apt-get install -y --no-install-recommends baresip',
    );
  });
});
