// @ts-check
import { patiently, REAL_TIME, WAITS_MS } from './patience.mjs';
import { escaped, signedHeaders } from './sign.mjs';

/** @typedef {import('./settings.mjs').BucketSettings} BucketSettings */
/** @typedef {import('../FolderPlace.mjs').Place} Place */

/**
 * What the server has moved into a bucket, as that gives it now. Every error of the bucket is an `Error` of one line.
 * @implements {Place}
 */
export class BucketPlace {
  /** @type {BucketSettings} */
  #settings;
  /** @type {URL} */
  #base;
  /**
   * All there was when it was first asked, by folder.
   * @type {Map<string, string[]> | undefined}
   */
  #listed;

  /** @type {import('./patience.mjs').Time} */
  #time;

  /**
   * @param {BucketSettings} settings
   * @param {import('./patience.mjs').Time} [time]
   */
  constructor(settings, time = REAL_TIME) {
    const { endpoint, bucket, prefix, pathStyle } = settings;
    this.#settings = settings;
    this.#time = time;
    this.label = `s3://${bucket}${prefix && `/${prefix}`}`;
    this.#base = new URL(endpoint);
    if (!pathStyle) this.#base.host = `${bucket}.${this.#base.host}`;
    const path = this.#base.pathname.replace(/\/$/, '');
    this.#base.pathname = pathStyle ? `${path}/${escaped(bucket)}/` : `${path}/`;
  }

  async folders() {
    this.#listed ??= await this.#list('');
    return this.#listed;
  }

  /**
   * @param {string} folder
   * @param {boolean} [fresh]
   */
  async names(folder, fresh = false) {
    const known = fresh ? undefined : this.#listed?.get(folder);
    // The seal is put last: without it, or without anything, there may be more by now.
    if (known !== undefined && (known.includes('seal.json') || folder === 'chain')) return known;
    return (await this.#list(`${folder}/`)).get(folder) ?? [];
  }

  /** @param {string} name */
  async open(name) {
    const response = await this.#get(this.#key(name));
    if (response.ok && response.body !== null) return this.#read(this.#key(name), response);
    const problem = await problemOf(response);
    if (problem === 'NoSuchKey') return null;
    throw this.#refused(problem, response);
  }

  async lines() {
    return null;
  }

  /** @param {string} name */
  #key(name) {
    const { prefix } = this.#settings;
    return prefix === '' ? name : `${prefix}/${name}`;
  }

  /**
   * The names of files by folder.
   * @param {string} below
   */
  async #list(below) {
    const start = this.#key('');
    /** @type {Map<string, string[]>} */
    const found = new Map();
    /** @type {string | undefined} */
    let token;
    do {
      const response = await this.#get('', {
        ...{ 'list-type': '2', 'encoding-type': 'url', prefix: start + below },
        ...(token !== undefined && { 'continuation-token': token }),
      });
      if (!response.ok) throw this.#refused(await problemOf(response), response);
      const xml = await response.text();
      for (const [, key = ''] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        const name = decodeURIComponent(key.replaceAll('+', ' ')).slice(start.length);
        const [folder = '', file, ...more] = name.split('/');
        if (file === undefined || more.length > 0) continue;
        const names = found.get(folder) ?? [];
        names.push(file);
        found.set(folder, names);
      }
      const isWhole = !/<IsTruncated>true</.test(xml);
      token = isWhole ? undefined : unescaped(tagOf(xml, 'NextContinuationToken') ?? '');
    } while (token !== undefined && token !== '');
    return found;
  }

  /**
   * @param {string} key empty: a list
   * @param {Record<string, string>} [query]
   * @param {Record<string, string>} [more] headers
   */
  async #get(key, query = {}, more = {}) {
    const url = new URL(this.#base);
    url.pathname += key.split('/').map(escaped).join('/');
    const search = Object.entries(query).map(([name, value]) => `${name}=${escaped(value)}`);
    url.search = search.join('&');
    const ask = async () => {
      const headers = signedHeaders(url, this.#settings, new Date(this.#time.now()), more);
      const answer = await fetch(url, { headers, redirect: 'manual' });
      // A list that breaks off is asked for again.
      return key === '' ? new Response(await answer.arrayBuffer(), answer) : answer;
    };
    try {
      return await patiently(ask, this.#time);
    } catch (error) {
      throw this.#away(error);
    }
  }

  /**
   * All of a file; where the connection breaks, it goes on there, a few times, as long as it is the same file.
   * @param {string} key
   * @param {Response} response
   * @returns {AsyncGenerator<Uint8Array>}
   */
  async *#read(key, response) {
    const etag = response.headers.get('etag') ?? '*';
    let at = 0;
    for (const wait of [...WAITS_MS, null]) {
      try {
        for await (const chunk of /** @type {AsyncIterable<Uint8Array>} */ (response.body)) {
          at += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (wait === null) throw this.#away(error);
        await this.#time.sleep(wait);
      }
      response = await this.#get(key, {}, { range: `bytes=${at}-`, 'if-match': etag });
      if (response.status !== 206) throw this.#refused(await problemOf(response), response);
    }
  }

  /** @param {unknown} error */
  #away(error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why =
      cause instanceof Error && 'code' in cause
        ? String(cause.code)
        : cause instanceof Error
          ? cause.message
          : String(cause);
    return new Error(`${this.label} at ${this.#base.origin} cannot be reached: ${why}.`);
  }

  /**
   * @param {string} problem
   * @param {Response} response
   */
  #refused(problem, { status }) {
    return new Error(
      `${this.label} at ${this.#base.origin} does not do what it is asked: ${problem} (${status}).`,
    );
  }
}

/** What S3 calls it. @param {Response} response */
async function problemOf(response) {
  const xml = await response.text().catch(() => '');
  return tagOf(xml, 'Code') ?? 'an answer that is none of S3';
}

/**
 * @param {string} xml
 * @param {string} name
 */
function tagOf(xml, name) {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** @param {string} text */
function unescaped(text) {
  const signs = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(
    /&(lt|gt|quot|apos|amp);/g,
    (_, /** @type {keyof typeof signs} */ name) => signs[name],
  );
}
