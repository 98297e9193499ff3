import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorStatus } from '@switchroom/protocol';
import { expect, it } from 'vitest';
import en from './en.json';

const SOURCE = join(import.meta.dirname, '..');

function keysOf(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? [`${path}${key}`] : keysOf(inner as object, `${path}${key}.`),
  );
}

const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(vue|ts)$/.test(file) && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(SOURCE, file), 'utf8'))
  .join('\n');

it('there are words for every error code', () => {
  expect(Object.keys(en.errors).sort()).toEqual(Object.keys(errorStatus).sort());
});

it('every message is used, by its whole key or by a key made of a fixed beginning', () => {
  const prefixes = [...sources.matchAll(/[`'](\w+(?:\.\w+)*\.)\$\{/g)].map((match) => match[1]!);
  const unused = keysOf(en).filter(
    (key) => !sources.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

it('every key that is used has words', () => {
  const keys = new Set(keysOf(en));
  const used = [...sources.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1]!);
  expect(used.length).toBeGreaterThan(40);
  expect(used.filter((key) => !keys.has(key))).toEqual([]);
});
