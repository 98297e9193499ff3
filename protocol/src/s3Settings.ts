import { z } from 'zod';
import { ConfigError } from './ConfigError.ts';

/* The settings of a store that speaks S3; `S3_BUCKET` switches it on. */

export const s3EnvironmentSchema = z.object({
  S3_BUCKET: z.string().min(1).optional(),
  /** Where it is; default: AWS, in `S3_REGION`. */
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must look like https://s3.example.org' })
    .optional(),
  S3_REGION: z.string().min(1).optional(),
  S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  /** What all names begin with, for a bucket that others use as well. */
  S3_PREFIX: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must look like switchroom or backups/switchroom')
    .optional(),
  /** The bucket is part of the path, not of the host; default: where `S3_ENDPOINT` is set. */
  S3_PATH_STYLE: z.enum(['true', 'false'], 'must be true or false').optional(),
  /** Write-once: files cannot be removed before their time, by nobody (compliance) or hardly anybody. */
  S3_OBJECT_LOCK: z
    .enum(['off', 'governance', 'compliance'], 'must be off, governance or compliance')
    .optional(),
});
type S3Environment = z.infer<typeof s3EnvironmentSchema>;

export interface S3Settings {
  endpoint: string | undefined;
  region: string;
  bucket: string;
  /** Without slashes at its ends; may be empty. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
  pathStyle: boolean;
  objectLock: 'off' | 'governance' | 'compliance';
}

/** `undefined`: recordings stay on local disk. Errors: `ConfigError` for what is missing, or does nothing. */
export function s3Settings(env: S3Environment): S3Settings | undefined {
  const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint } = env;
  if (bucket === undefined) {
    const names = Object.keys(s3EnvironmentSchema.shape) as (keyof S3Environment)[];
    const idle = names.find((name) => env[name] !== undefined);
    if (idle !== undefined) throw new ConfigError(`${idle}: does nothing unless S3_BUCKET is set`);
    return undefined;
  }
  return {
    ...{ bucket, endpoint, region: env.S3_REGION ?? 'us-east-1', prefix: env.S3_PREFIX ?? '' },
    accessKeyId: needed(env, 'S3_ACCESS_KEY_ID'),
    secretAccessKey: needed(env, 'S3_SECRET_ACCESS_KEY'),
    pathStyle: (env.S3_PATH_STYLE ?? String(endpoint !== undefined)) === 'true',
    objectLock: env.S3_OBJECT_LOCK ?? 'off',
  };
}

function needed(env: S3Environment, name: 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY'): string {
  const value = env[name];
  if (value === undefined) throw new ConfigError(`${name}: must be set as well when S3_BUCKET is`);
  return value;
}
