import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BucketPlace } from './BucketPlace.mjs';

/** A store of our own that answers as it is told to; the real one is in `tests/integration/storage`. */
let server: Server;
let endpoint: string;
let answer: (
  path: string,
  query: URLSearchParams,
  response: ServerResponse,
  headers: IncomingHttpHeaders,
) => void;
let asked: string[];
/** What it waited for before it asked again, ms. */
let waits: number[];

beforeEach(async () => {
  asked = [];
  waits = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://store');
    asked.push(`${request.headers.authorization?.slice(0, 16) ?? ''} ${url.pathname}`);
    answer(url.pathname, url.searchParams, response, request.headers);
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
  const time = { now: () => Date.now(), sleep: async (ms: number) => void waits.push(ms) };
  return new BucketPlace(
    { ...{ endpoint, region: 'here', bucket: 'bucket', prefix, pathStyle: true }, ...keys },
    time,
  );
}

const problem = (response: ServerResponse, status: number, code: string): void =>
  void response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);

describe('BucketPlace', () => {
  it('lists all pages, signed, by folder', async () => {
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
    expect(await bucket.folders()).toEqual(
      new Map([
        ['chain', ['0000000001.json']],
        ['r1', ['mix.sealed', 'seal.json']],
        ['r2', ['a+b.sealed']],
      ]),
    );
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
    expect(await bucket.folders()).toEqual(new Map([['r2', names.map((name) => name.slice(3))]]));
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

  it('asks again, a little later each time, while the store has too much to do', async () => {
    let busy = 2;
    answer = (_, _query, response) =>
      busy-- > 0 ? problem(response, 503, 'SlowDown') : response.end('content');
    const parts = await Array.fromAsync((await place().open('r1/mix.sealed'))!);
    expect(Buffer.concat(parts).toString()).toBe('content');
    expect(waits).toEqual([500, 1000]);
    busy = Infinity;
    await expect(place().names('r1')).rejects.toThrow(
      'does not do what it is asked: SlowDown (503)',
    );
    expect(waits).toHaveLength(6);
  });

  it('goes on where the connection broke, if it is the same file', async () => {
    const ranges: unknown[] = [];
    let etag = '"1"';
    answer = (_, _query, response, headers) => {
      const { range = 'bytes=0-', 'if-match': wanted } = headers;
      ranges.push([range, wanted]);
      if (wanted !== undefined && wanted !== etag) {
        problem(response, 412, 'PreconditionFailed');
        return;
      }
      const from = Number(/\d+/.exec(range)?.[0]);
      const rest = 'content'.slice(from);
      const isLast = rest.length <= 3;
      response.writeHead(from > 0 ? 206 : 200, { etag, 'content-length': rest.length });
      response.write(rest.slice(0, 3), () => (isLast ? response.end() : response.destroy()));
    };
    const parts = await Array.fromAsync((await place().open('r1/mix.sealed'))!);
    expect(Buffer.concat(parts).toString()).toBe('content');
    expect(ranges).toEqual([
      ['bytes=0-', undefined],
      ['bytes=3-', '"1"'],
      ['bytes=6-', '"1"'],
    ]);
    const replaced = (await place().open('r1/mix.sealed'))!;
    etag = '"2"';
    await expect(Array.fromAsync(replaced)).rejects.toThrow('PreconditionFailed (412)');
  });

  it('says in one line what the store refuses, and that it cannot be reached', async () => {
    answer = (_, _query, response) => problem(response, 403, 'SignatureDoesNotMatch');
    const refused = `s3://bucket/a/b at ${endpoint} does not do what it is asked: SignatureDoesNotMatch (403).`;
    await expect(place().open('r1/x')).rejects.toThrow(refused);
    await expect(place().names('r1')).rejects.toThrow(refused);
    answer = (_, _query, response) => void response.writeHead(307).end();
    await expect(place().folders()).rejects.toThrow('an answer that is none of S3 (307)');
    answer = (_, _query, response) => problem(response, 404, 'NoSuchBucket');
    await expect(place().open('r1/x')).rejects.toThrow('NoSuchBucket (404)');

    answer = (_, _query, response, { range }) => {
      response.writeHead(range === undefined ? 200 : 206, { 'content-length': 100 });
      response.write('part', () => response.destroy());
    };
    const broken = await place().open('r1/x');
    await expect(Array.fromAsync(broken!)).rejects.toThrow('cannot be reached');
    expect(waits).toHaveLength(4);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await expect(place().folders()).rejects.toThrow(/cannot be reached: ECONNREFUSED\.$/);
  });
});
