// @ts-check
import { createHash, createHmac } from 'node:crypto';

/*
 * AWS Signature Version 4 for requests that only read: no body, the signature in a header
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 */

const EMPTY = createHash('sha256').digest('hex');

/**
 * The headers that a GET goes with.
 * @param {URL} url
 * @param {Pick<import('./settings.mjs').BucketSettings, 'region' | 'accessKeyId' | 'secretAccessKey'>} as
 * @param {Date} now
 * @param {Record<string, string>} [more] headers that are signed as well, by lower-case name
 * @returns {Record<string, string>}
 */
export function signedHeaders(url, { region, accessKeyId, secretAccessKey }, now, more = {}) {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  /** @type {Record<string, string>} */
  const headers = { ...more, 'x-amz-content-sha256': EMPTY, 'x-amz-date': time };
  const signed = Object.entries({ ...headers, host: url.host }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    'GET',
    url.pathname,
    canonicalQuery(url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    EMPTY,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const key = [region, 's3', 'aws4_request'].reduce(
    hmac,
    hmac(Buffer.from(`AWS4${secretAccessKey}`), day),
  );
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`).toString('hex');
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
  return headers;
}

/**
 * As the signature has it, which escapes more than URLs do.
 * @param {string} text
 */
export function escaped(text) {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @param {URLSearchParams} query */
function canonicalQuery(query) {
  return [...query]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&');
}

/**
 * @param {Buffer} key
 * @param {string} text
 */
function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}
