// @ts-check

/**
 * @typedef {object} BucketSettings
 * @property {string} endpoint an origin, maybe with a path
 * @property {string} region
 * @property {string} bucket
 * @property {string} prefix without slashes at its ends; may be empty
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {boolean} pathStyle whether the bucket is part of the path, not of the host
 */

/**
 * The bucket that the server's own variables name (docs/configuration.md), or that of an `s3://bucket/prefix`; null
 * when neither names one. Throws an `Error` of one line for what is missing.
 * @param {Record<string, string | undefined>} env
 * @param {string} [url]
 * @returns {BucketSettings | null}
 */
export function bucketSettings(env, url) {
  const [, given, below] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(url ?? '') ?? [];
  if (url !== undefined && given === undefined) {
    throw new Error(`${url} must look like s3://bucket or s3://bucket/prefix.`);
  }
  const bucket = given ?? env['S3_BUCKET'];
  if (bucket === undefined || bucket === '') return null;
  const region = env['S3_REGION'] || 'us-east-1';
  const endpoint = env['S3_ENDPOINT'] || `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(endpoint))
    throw new Error('S3_ENDPOINT must look like https://s3.example.org.');
  const pathStyle = env['S3_PATH_STYLE'] || String(Boolean(env['S3_ENDPOINT']));
  return {
    ...{
      endpoint,
      region,
      bucket,
      prefix: given === undefined ? (env['S3_PREFIX'] ?? '') : (below ?? ''),
    },
    accessKeyId: needed(env, 'S3_ACCESS_KEY_ID'),
    secretAccessKey: needed(env, 'S3_SECRET_ACCESS_KEY'),
    pathStyle: pathStyle === 'true',
  };
}

/**
 * @param {Record<string, string | undefined>} env
 * @param {string} name
 */
function needed(env, name) {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} must be set, for what lies in a bucket.`);
  }
  return value;
}
