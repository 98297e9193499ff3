import { beforeEach, describe, expect, it } from 'vitest';
import { authorizationFor, digestUser, type Answer } from '../testing/digestClient.ts';
import { parseCredentials } from './credentials.ts';
import { Digest, type DigestVerdict } from './Digest.ts';
import { MAX_USED, NONCE_MS, Nonces } from './Nonces.ts';

const URI = 'sip:+15550100@127.0.0.1:5060';
const users = [
  { of: 'one', digest: digestUser('carrier', 'very secret words') },
  { of: 'two', digest: digestUser('other', 'other secret words') },
];
const right: Answer = { username: 'carrier', password: 'very secret words', uri: URI };

let now: number;
let digest: Digest;
beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  digest = new Digest(() => now);
});

const check = (authorization = '', uri = URI): DigestVerdict<string> =>
  digest.check({ authorization, uri }, users);

function challenge(): string {
  const verdict = check();
  if (verdict.type === 'right') throw new Error('let in without credentials');
  return verdict.value;
}

describe('Digest', () => {
  it('asks for MD5 first and SHA-256 after, in headers of their own', () => {
    const [first, second, ...more] = challenge().split('\r\nWWW-Authenticate: ');
    expect(first).toMatch(
      /^Digest realm="switchroom", nonce="[\w-]{40}", algorithm=MD5, qop="auth"$/,
    );
    expect(second).toMatch(/algorithm=SHA-256/);
    expect(more).toEqual([]);
  });

  it.each(['MD5', 'SHA-256'] as const)('lets the right password in, by %s', (algorithm) => {
    const authorization = authorizationFor(challenge(), { ...right, algorithm });
    expect(check(authorization)).toEqual({ type: 'right', of: 'one' });
  });

  it('takes MD5 where no algorithm is named, and finds its own among several headers', () => {
    const asked = challenge();
    const unnamed = authorizationFor(asked, { ...right, algorithm: 'MD5' });
    const foreign = authorizationFor(asked.replaceAll('switchroom', 'elsewhere'), right);
    const authorization = `${foreign},${unnamed.replace('algorithm=MD5, ', '')}`;
    expect(check(authorization)).toEqual({ type: 'right', of: 'one' });
  });

  it('takes the address of the server for the URI, as some sign it', () => {
    const authorization = authorizationFor(challenge(), { ...right, uri: 'sip:127.0.0.1:5060' });
    expect(check(authorization)).toEqual({ type: 'right', of: 'one' });
  });

  it('tells users apart', () => {
    const other = { ...right, username: 'other', password: 'other secret words' };
    expect(check(authorizationFor(challenge(), other))).toEqual({ type: 'right', of: 'two' });
  });

  it.each<[string, Partial<Answer>]>([
    ['a wrong password', { password: 'guess' }],
    ['an unknown user', { username: 'nobody' }],
    ['another user’s password', { username: 'other' }],
    ['no qop', { wrong: { qop: '' } }],
    ['qop=auth-int', { wrong: { qop: 'auth-int' } }],
    ['an algorithm that we do not have', { wrong: { algorithm: 'SHA-512-256' } }],
    ['another algorithm than that of the hash', { wrong: { algorithm: 'MD5' } }],
    ['another count than that of the hash', { wrong: { nc: '00000002' } }],
    ['a count that is none', { wrong: { nc: '1' } }],
    ['another number than the one dialled', { uri: 'sip:+15559999@127.0.0.1' }],
    ['a response that is none', { wrong: { response: '""' } }],
  ])('asks again for %s, and does not call it stale', (_what, wrong) => {
    const verdict = check(authorizationFor(challenge(), { ...right, ...wrong }));
    expect(verdict).toMatchObject({ type: 'challenge' });
    expect(JSON.stringify(verdict)).not.toContain('stale');
  });

  it('takes a nonce again with a higher count, and not with one that it has had', () => {
    const asked = challenge();
    const use = (count: number) => check(authorizationFor(asked, { ...right, count }));
    expect([use(1).type, use(2).type, use(9).type]).toEqual(['right', 'right', 'right']);
    for (const count of [9, 3]) {
      const again = use(count);
      expect(again.type === 'challenge' && again.value).toContain('stale=true');
    }
  });

  it('calls an old or a foreign nonce stale, for who knows the password', () => {
    const asked = challenge();
    now += NONCE_MS + 1;
    const late = check(authorizationFor(asked, right));
    expect(late.type === 'challenge' && late.value).toContain('stale=true');
    const foreign = new Digest(() => now).check({ authorization: '', uri: URI }, users);
    const made = authorizationFor(foreign.type === 'challenge' ? foreign.value : '', right);
    expect(check(made)).toMatchObject({ type: 'challenge' });
    expect(check(authorizationFor('realm="switchroom", nonce="x"', right)).type).toBe('challenge');
  });
});

describe('Nonces', () => {
  it('cost nothing before they are used, and are forgotten when they are old', () => {
    const nonces = new Nonces();
    const [first, second] = [nonces.issue(0), nonces.issue(0)];
    for (let more = 0; more < 100; more += 1) nonces.issue(0);
    expect(first).not.toBe(second);
    expect(nonces.size).toBe(0);
    expect(nonces.use(first, 1, 10)).toBe(true);
    expect(nonces.use(second, 1, 10)).toBe(true);
    const later = nonces.issue(NONCE_MS + 20);
    expect(nonces.use(later, 1, NONCE_MS + 20)).toBe(true);
    expect(nonces.size).toBe(1);
  });

  it('a nonce is ours in one spelling only', () => {
    const nonces = new Nonces();
    const nonce = nonces.issue(0);
    expect(nonces.use(`${nonce}=`, 1, 0)).toBe(false);
    expect(nonces.use(`${nonce.slice(0, -1)}!`, 1, 0)).toBe(false);
    expect(nonces.use('', 1, 0)).toBe(false);
    expect(nonces.use(nonce, 1, 0)).toBe(true);
  });

  it('of too many the oldest become stale instead of new again', () => {
    const nonces = new Nonces();
    const first = nonces.issue(1);
    expect(nonces.use(first, 1, 1)).toBe(true);
    for (let used = 0; used < MAX_USED; used += 1) nonces.use(nonces.issue(2), 1, 2);
    expect(nonces.size).toBe(MAX_USED);
    expect(nonces.use(first, 1, 2)).toBe(false);
    expect(nonces.use(nonces.issue(3), 1, 3)).toBe(true);
  });
});

describe('parseCredentials()', () => {
  it.each(['', 'Basic abc', 'Digest', 'Digest ,,,=', `Digest ${'x="'.repeat(9000)}`])(
    'makes nothing of %j',
    (header) => {
      expect(parseCredentials(header)).toEqual([]);
    },
  );
});
