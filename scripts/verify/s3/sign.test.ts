import { describe, expect, it } from 'vitest';
import { escaped, signedHeaders } from './sign.mjs';

/** Of AWS's own documentation, "Examples: Signature Calculations". */
const as = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const now = new Date('2013-05-24T00:00:00Z');
const signature = (path: string, more?: Record<string, string>): string | undefined =>
  signedHeaders(new URL(`https://examplebucket.s3.amazonaws.com/${path}`), as, now, more)
    ['authorization']?.split('Signature=')
    .at(-1);

describe('signedHeaders()', () => {
  it.each([
    [
      ...['test.txt', { range: 'bytes=0-9' }],
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ] as const,
    [
      ...['?lifecycle', undefined],
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ] as const,
    [
      ...['?max-keys=2&prefix=J', undefined],
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ] as const,
  ])('signs %s as AWS says', (path, more, known) => {
    expect(signature(path, more)).toBe(known);
  });

  it('does not tell the secret', () => {
    const headers = signedHeaders(new URL('https://s3.example.org/b/k'), as, now);
    expect(JSON.stringify(headers)).not.toContain(as.secretAccessKey);
  });
});

it('escaped() leaves only what the signature leaves', () => {
  expect(escaped("a b/c+(d)*!'~-_.ä")).toBe('a%20b%2Fc%2B%28d%29%2A%21%27~-_.%C3%A4');
});
