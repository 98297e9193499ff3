import { describe, expect, it } from 'vitest';
import { bucketSettings } from './settings.mjs';

const keys = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' };

describe('bucketSettings()', () => {
  it('takes what the server takes, and the same defaults', () => {
    expect(bucketSettings({})).toBeNull();
    expect(bucketSettings({ ...keys, S3_BUCKET: 'b' })).toEqual({
      ...{ endpoint: 'https://s3.us-east-1.amazonaws.com', region: 'us-east-1', bucket: 'b' },
      ...{ prefix: '', accessKeyId: 'id', secretAccessKey: 'secret', pathStyle: false },
    });
    const own = { S3_ENDPOINT: 'http://127.0.0.1:9000', S3_REGION: 'here', S3_PREFIX: 'a/b' };
    expect(bucketSettings({ ...keys, ...own, S3_BUCKET: 'b' })).toMatchObject({
      ...{ endpoint: own.S3_ENDPOINT, region: 'here', prefix: 'a/b', pathStyle: true },
    });
    expect(
      bucketSettings({ ...keys, ...own, S3_BUCKET: 'b', S3_PATH_STYLE: 'false' }),
    ).toMatchObject({ pathStyle: false });
  });

  it('takes bucket and prefix of an URL before those', () => {
    const env = { ...keys, S3_BUCKET: 'b', S3_PREFIX: 'p' };
    expect(bucketSettings(env, 's3://other')).toMatchObject({ bucket: 'other', prefix: '' });
    expect(bucketSettings(env, 's3://other/a/b/')).toMatchObject({
      bucket: 'other',
      prefix: 'a/b',
    });
  });

  it('says in one line what is missing', () => {
    expect(() => bucketSettings({ S3_BUCKET: 'b' })).toThrow(/^S3_ACCESS_KEY_ID must be set/);
    expect(() => bucketSettings(keys, 's3://')).toThrow(/^s3:\/\/ must look like/);
    expect(() => bucketSettings({ ...keys, S3_BUCKET: 'b', S3_ENDPOINT: 'x' })).toThrow(
      /^S3_ENDPOINT must look like/,
    );
  });
});
