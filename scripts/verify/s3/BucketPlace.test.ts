import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BucketPlace } from './BucketPlace.mjs';

/** A store of our own that answers as it is told to; the real one is in `tests/integration/storage`. */
let server: Server;
let endpoint: string;
let answer: (path: string, query: URLSearchParams, response: ServerResponse) => void;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://store');
    asked.push(`${request.headers.authorization?.slice(0, 16) ?? ''} ${url.pathname}`);
    answer(url.pathname, url.searchParams, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function place(prefix = 'a/b'): BucketPlace {
  const keys = { accessKeyId: 'id', secretAccessKey: 'secret' };
  return new BucketPlace({
    ...{ endpoint, region: 'here', bucket: 'bucket', prefix, pathStyle: true },
    ...keys,
  });
}

const problem = (response: ServerResponse, status: number, code: string): void =>
  void response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);

describe('BucketPlace', () => {
  it('lists all pages, signed, and knows what is sealed', async () => {
    answer = (_, query, response) => {
      expect([query.get('prefix'), query.get('encoding-type')]).toEqual(['a/b/', 'url']);
      const isFirst = query.get('continuation-token') === null;
      if (!isFirst) expect(query.get('continuation-token')).toBe('more & "more"');
      const names = isFirst
        ? ['chain/0000000001.json', 'r1/mix.sealed', 'r1/seal.json']
        : ['r2/a%2Bb.sealed', 'r2/deep/seal.json', 'stray'];
      const keys = names.map((name) => `<Contents><Key>a/b/${name}</Key></Contents>`).join('');
      const next = '<NextContinuationToken>more &amp; &quot;more&quot;</NextContinuationToken>';
      response.end(
        `<R><IsTruncated>${String(isFirst)}</IsTruncated>${keys}${isFirst ? next : ''}</R>`,
      );
    };
    const bucket = place();
    expect(bucket.label).toBe('s3://bucket/a/b');
    expect(await bucket.sealed()).toEqual(new Set(['r1']));
    expect(asked).toEqual(Array(2).fill('AWS4-HMAC-SHA256 /bucket/'));
    expect(await bucket.names('chain')).toEqual(['0000000001.json']);
    expect(await bucket.names('r1')).toEqual(['mix.sealed', 'seal.json']);
    expect(asked).toHaveLength(2);
  });

  it('asks anew for a folder that was not whole at first', async () => {
    let names = ['r2/a.sealed'];
    answer = (_, _query, response) =>
      response.end(names.map((name) => `<Key>${name}</Key>`).join(''));
    const bucket = place('');
    expect(await bucket.sealed()).toEqual(new Set());
    names = ['r2/a.sealed', 'r2/seal.json'];
    expect(await bucket.names('r2')).toEqual(['a.sealed', 'seal.json']);
    expect(await bucket.names('r3')).toEqual([]);
  });

  it('gives what is there, and null for what is not', async () => {
    answer = (path, _, response) =>
      path === '/bucket/a/b/r1/mix.sealed'
        ? response.end('content')
        : problem(response, 404, 'NoSuchKey');
    const bucket = place();
    const parts = await Array.fromAsync((await bucket.open('r1/mix.sealed'))!);
    expect(Buffer.concat(parts).toString()).toBe('content');
    expect(await bucket.open('r1/other')).toBeNull();
  });

  it('says in one line what the store refuses, and that it cannot be reached', async () => {
    answer = (_, _query, response) => problem(response, 403, 'SignatureDoesNotMatch');
    const refused = `s3://bucket/a/b at ${endpoint} does not do what it is asked: SignatureDoesNotMatch (403).`;
    await expect(place().open('r1/x')).rejects.toThrow(refused);
    await expect(place().names('r1')).rejects.toThrow(refused);
    answer = (_, _query, response) => void response.writeHead(307).end();
    await expect(place().sealed()).rejects.toThrow('an answer that is none of S3 (307)');
    answer = (_, _query, response) => problem(response, 404, 'NoSuchBucket');
    await expect(place().open('r1/x')).rejects.toThrow('NoSuchBucket (404)');

    answer = (_, _query, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part', () => response.destroy());
    };
    const broken = await place().open('r1/x');
    await expect(Array.fromAsync(broken!)).rejects.toThrow('cannot be reached');
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await expect(place().sealed()).rejects.toThrow(/cannot be reached: ECONNREFUSED\.$/);
  });
});
