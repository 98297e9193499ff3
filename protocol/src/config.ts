import { z } from 'zod';
import { SERVER_RECIPIENT, vaultRecipientsSchema } from './ageRecipient.ts';
import { ConfigError } from './ConfigError.ts';
import { s3EnvironmentSchema, s3Settings, type S3Settings } from './s3Settings.ts';
import { isHost } from './trunkUri.ts';

/*
 * All of Switchroom's settings, from the environment, parsed once in each `main.ts`. What listens
 * (`*_HOST`) is apart from what peers are told (`ANNOUNCED_ADDRESS`, `PUBLIC_URL`).
 */

/** In digits: `Number()` takes a blank for 0, and `0x10` for 16. */
function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  const number = z.number().int({ error }).min(min, { error }).max(max, { error });
  return z.string().regex(/^\d+$/, { error }).transform(Number).pipe(number);
}

const port = wholeNumber(0, 65535);

const httpUrl = z.url({ protocol: /^https?$/, error: 'must look like https://meet.example.org' });

const origin = httpUrl.refine((text) => isOrigin(text), {
  error: 'must look like https://meet.example.org, with nothing behind the host and port',
});

const address = z.string().refine((text) => isHost(text, false) || isHost(text, true), {
  error: 'must be an IP address or a host name',
});

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'must look like 20000-29999')
  .transform((text, context) => {
    const [min = 0, max = 0] = text.split('-').map(Number);
    const wrong = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (min < 1 || max > 65535 || min >= max) return wrong('must be a rising range within 1-65535');
    // RTP has an even port, and RTCP the next.
    if (min + (min & 1) + 1 > max) return wrong('must have an even port and the one after it');
    return { min, max };
  });

const sipServer = z.string().refine((text) => text === 'embedded' || isHostAndPort(text), {
  error: 'must be "embedded" or host:port of a drachtio-server',
});

const environmentSchema = z.object({
  HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  HTTP_PORT: port.default(3000),
  /** The origin that people open; default: made of HTTP_HOST and HTTP_PORT. */
  PUBLIC_URL: origin.optional(),
  ANNOUNCED_ADDRESS: address.default('127.0.0.1'),
  /** WebRTC, UDP and TCP, one port a worker, counting up; 0 lets the system choose. */
  RTC_PORT: port.default(40000),
  /** SFU workers; default: one per core. */
  RTC_WORKERS: wholeNumber(1, 256).optional(),
  SIP_HOST: z.string().min(1).default('127.0.0.1'),
  SIP_PORT: port.default(5060),
  /** SIP over TLS; off when unset, 0 lets the system choose. */
  SIP_TLS_PORT: port.optional(),
  /** PEM files: our certificate with what is between it and its root, and its key. */
  SIP_TLS_CERT: z.string().min(1).optional(),
  SIP_TLS_KEY: z.string().min(1).optional(),
  /** PEM file: callers must show a certificate that this one signed; also trusted when we call. */
  SIP_TLS_CA: z.string().min(1).optional(),
  RTP_PORTS: portRange.default({ min: 20000, max: 29999 }),
  DATA_DIR: z.string().min(1).default('./data'),
  /** With less space than this left (MB), no recording begins. */
  RECORDING_MIN_FREE_MB: wholeNumber(0, 1_000_000_000).default(512),
  /** Whom recordings are encrypted to; without `server` among them, this server cannot read them. */
  VAULT_RECIPIENT: vaultRecipientsSchema.default([SERVER_RECIPIENT]),
  DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  ADMIN_EMAIL: z.string().trim().toLowerCase().min(3).optional(),
  ADMIN_PASSWORD: z.string().min(8, 'must have at least 8 characters').optional(),
  SIP_SERVER: sipServer.default('embedded'),
  DRACHTIO_SECRET: z.string().min(1).default('cymru'),
  MEDIA_ENGINE: z.enum(['embedded', 'freeswitch']).default('embedded'),
  FREESWITCH_ADDRESS: z.string().optional(),
  FREESWITCH_SECRET: z.string().optional(),
  ...s3EnvironmentSchema.shape,
  /** Shared by the server and its gateways; `npm start` makes a fresh one each time. */
  SERVICE_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  /** Where gateways reach the server; default: HTTP_HOST and HTTP_PORT. */
  SIGNALING_URL: httpUrl.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, href } = new URL(text);
  return href === `${origin}/`;
}

function isHostAndPort(text: string): boolean {
  const [, host = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const isPort = Number(digits) >= 1 && Number(digits) <= 65535;
  return isPort && isHost(host.replace(/^\[(.*)\]$/, '$1'), host.startsWith('['));
}

export { ConfigError };

export type Environment = z.infer<typeof environmentSchema>;

/** The settings with everything derived that has one obvious value. */
export interface Config extends Environment {
  PUBLIC_URL: string;
  SIGNALING_URL: string;
  /** Where recordings are kept once they are sealed; on local disk when undefined. */
  S3: S3Settings | undefined;
}

const notBuilt: [keyof Environment, (env: Environment) => boolean, string][] = [
  ['DATABASE_URL', (env) => env.DATABASE_URL !== undefined, 'PostgreSQL'],
  ['REDIS_URL', (env) => env.REDIS_URL !== undefined, 'more than one node over Redis'],
  ['MEDIA_ENGINE', (env) => env.MEDIA_ENGINE !== 'embedded', 'FreeSWITCH as the media engine'],
];

/** Settings of TLS that one would expect to do something, and that do nothing alone. */
function checkTls(env: Environment): void {
  const { SIP_TLS_PORT, SIP_TLS_CERT, SIP_TLS_KEY, SIP_TLS_CA } = env;
  const files = { SIP_TLS_CERT, SIP_TLS_KEY };
  for (const [name, file] of Object.entries(files)) {
    if (SIP_TLS_PORT !== undefined && file === undefined) {
      throw new ConfigError(`${name}: must be set as well when SIP_TLS_PORT is`);
    }
  }
  const idle = Object.entries({ ...files, SIP_TLS_CA }).find(([, file]) => file !== undefined);
  if (SIP_TLS_PORT === undefined && idle !== undefined) {
    throw new ConfigError(`${idle[0]}: does nothing unless SIP_TLS_PORT is set`);
  }
}

/** Host as it stands in a URL; a wildcard address is not something a peer can open. */
function urlHost(listen: string, announced: string): string {
  const host = listen === '0.0.0.0' || listen === '::' ? announced : listen;
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Parses an environment (`process.env`). Empty strings count as unset.
 * Throws `ConfigError` naming the first variable that is wrong or not built yet.
 */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${String(issue?.path[0])}: ${issue?.message ?? 'is not valid'}`);
  }
  const env = parsed.data;
  for (const [name, isSet, what] of notBuilt) {
    if (isSet(env)) throw new ConfigError(`${name}: ${what} is not built yet; leave it unset.`);
  }
  checkTls(env);
  const http = (listen: string): string =>
    `http://${urlHost(listen, env.ANNOUNCED_ADDRESS)}:${env.HTTP_PORT}`;
  const loopback = env.HTTP_HOST === '0.0.0.0' ? '127.0.0.1' : env.HTTP_HOST;
  return {
    ...env,
    PUBLIC_URL: (env.PUBLIC_URL ?? http(env.HTTP_HOST)).replace(/\/$/, ''),
    S3: s3Settings(env),
    SIGNALING_URL: env.SIGNALING_URL ?? `http://${urlHost(loopback, '127.0.0.1')}:${env.HTTP_PORT}`,
  };
}
