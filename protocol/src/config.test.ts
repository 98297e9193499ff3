import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

describe('parseConfig()', () => {
  it('gives the documented defaults for an empty environment', () => {
    expect(parseConfig({})).toMatchObject({
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 3000,
      ANNOUNCED_ADDRESS: '127.0.0.1',
      RTC_PORT: 40000,
      SIP_HOST: '127.0.0.1',
      SIP_PORT: 5060,
      RTP_PORTS: { min: 20000, max: 29999 },
      DATA_DIR: './data',
      SIP_SERVER: 'embedded',
      MEDIA_ENGINE: 'embedded',
      PUBLIC_URL: 'http://127.0.0.1:3000',
      SIGNALING_URL: 'http://127.0.0.1:3000',
    });
  });

  it('takes an empty string as unset', () => {
    expect(parseConfig({ HTTP_PORT: '', DATABASE_URL: '' }).HTTP_PORT).toBe(3000);
  });

  it.each([
    [{ SIP_TLS_PORT: '5061' }, 'SIP_TLS_CERT: must be set as well when SIP_TLS_PORT is'],
    [{ SIP_TLS_PORT: '0', SIP_TLS_CERT: 'a' }, 'SIP_TLS_KEY: must be set as well'],
    [{ SIP_TLS_CA: 'a' }, 'SIP_TLS_CA: does nothing unless SIP_TLS_PORT is set'],
  ])('says what is missing for SIP over TLS: %j', (environment, message) => {
    expect(() => parseConfig(environment)).toThrow(message);
  });

  it('takes SIP over TLS', () => {
    const tls = { SIP_TLS_PORT: '5061', SIP_TLS_CERT: 'a.pem', SIP_TLS_KEY: 'a.key' };
    expect(parseConfig(tls)).toMatchObject({ ...tls, SIP_TLS_PORT: 5061 });
    expect(parseConfig({}).SIP_TLS_PORT).toBeUndefined();
  });

  it('tells people the announced address when it listens on all', () => {
    const config = parseConfig({ HTTP_HOST: '0.0.0.0', ANNOUNCED_ADDRESS: '192.0.2.7' });
    expect(config.PUBLIC_URL).toBe('http://192.0.2.7:3000');
    expect(config.SIGNALING_URL).toBe('http://127.0.0.1:3000');
  });

  it('takes the server and officers as whom recordings are encrypted to', () => {
    const officer = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
    const recipients = (text: string) => parseConfig({ VAULT_RECIPIENT: text }).VAULT_RECIPIENT;
    expect(parseConfig({}).VAULT_RECIPIENT).toEqual(['server']);
    expect(recipients(officer)).toEqual([officer]);
    expect(recipients(`server, ${officer}`)).toEqual(['server', officer]);
    expect(() => recipients(`server,${officer.slice(0, -1)}q`)).toThrow(
      /^VAULT_RECIPIENT: is mistyped/,
    );
    expect(() => recipients('Server')).toThrow(/^VAULT_RECIPIENT: must be an age recipient/);
    expect(() => recipients(',')).toThrow(/^VAULT_RECIPIENT: must name somebody/);
  });

  it('puts an IPv6 address in brackets', () => {
    expect(parseConfig({ HTTP_HOST: '::1' }).PUBLIC_URL).toBe('http://[::1]:3000');
    expect(parseConfig({ HTTP_HOST: '::' }).SIGNALING_URL).toBe('http://127.0.0.1:3000');
  });

  it('takes a store that speaks S3, and keeps recordings on disk without one', () => {
    expect(parseConfig({}).S3).toBeUndefined();
    const keys = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' };
    expect(parseConfig({ S3_BUCKET: 'b', ...keys }).S3).toEqual({
      ...{ bucket: 'b', endpoint: undefined, region: 'us-east-1', prefix: '', objectLock: 'off' },
      ...{ accessKeyId: 'id', secretAccessKey: 'secret', pathStyle: false },
    });
    const own = { S3_BUCKET: 'b', S3_ENDPOINT: 'http://127.0.0.1:9000', ...keys };
    expect(parseConfig(own).S3?.pathStyle).toBe(true);
    expect(parseConfig({ ...own, S3_PATH_STYLE: 'false' }).S3?.pathStyle).toBe(false);
  });

  it.each([
    [{ S3_BUCKET: 'b' }, 'S3_ACCESS_KEY_ID: must be set as well when S3_BUCKET is'],
    [{ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'id' }, 'S3_SECRET_ACCESS_KEY: must be set as well'],
    [{ S3_OBJECT_LOCK: 'compliance' }, 'S3_OBJECT_LOCK: does nothing unless S3_BUCKET is set'],
    [{ S3_BUCKET: 'b', S3_OBJECT_LOCK: 'on' }, 'S3_OBJECT_LOCK: must be off, governance or'],
    [{ S3_BUCKET: 'b', S3_PREFIX: '/x/' }, 'S3_PREFIX: must look like switchroom'],
    [{ S3_BUCKET: 'b', S3_ENDPOINT: 's3.local' }, 'S3_ENDPOINT: must look like https://'],
  ])('says what is wrong with a store: %j', (environment, message) => {
    expect(() => parseConfig(environment)).toThrow(message);
  });

  it.each(['192.0.2.7', '2001:db8::1', 'meet.example.org', 'localhost'])(
    'takes %s as the announced address',
    (ANNOUNCED_ADDRESS) => {
      expect(parseConfig({ ANNOUNCED_ADDRESS }).ANNOUNCED_ADDRESS).toBe(ANNOUNCED_ADDRESS);
    },
  );

  it.each(['127.0.0.1:9022', 'drachtio:9022', '[::1]:9022'])(
    'takes %s as SIP server',
    (SIP_SERVER) => {
      expect(parseConfig({ SIP_SERVER }).SIP_SERVER).toBe(SIP_SERVER);
    },
  );

  it('takes the slash off the end of PUBLIC_URL', () => {
    const config = parseConfig({ PUBLIC_URL: 'https://meet.example.org/' });
    expect(config.PUBLIC_URL).toBe('https://meet.example.org');
  });

  it.each([
    ['HTTP_PORT', '70000'],
    ['HTTP_PORT', 'http'],
    ['HTTP_PORT', ' '],
    ['HTTP_PORT', '0x10'],
    ['HTTP_PORT', '-1'],
    ['ANNOUNCED_ADDRESS', 'my server'],
    ['ANNOUNCED_ADDRESS', '192.0.2.999'],
    ['RTP_PORTS', '26001-26002'],
    ['SIP_SERVER', 'drachtio:99999'],
    ['SIP_SERVER', ' :9022'],
    ['PUBLIC_URL', 'https://example.org/meet'],
    ['PUBLIC_URL', 'https://example.org/?a=b'],
    ['RTP_PORTS', '20000'],
    ['RTP_PORTS', '29999-20000'],
    ['RTP_PORTS', '20000-70000'],
    ['SIP_SERVER', 'elsewhere'],
    ['MEDIA_ENGINE', 'asterisk'],
    ['ADMIN_PASSWORD', 'short'],
    ['SERVICE_TOKEN', 'short'],
    ['PUBLIC_URL', 'not a url'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => parseConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });

  it.each([
    ['HTTP_PORT', 'http', 'HTTP_PORT: must be a whole number from 0 to 65535'],
    ['SIP_PORT', '5060.5', 'SIP_PORT: must be a whole number from 0 to 65535'],
    ['RTC_WORKERS', '0', 'RTC_WORKERS: must be a whole number from 1 to 256'],
    ['PUBLIC_URL', 'ftp://x', 'PUBLIC_URL: must look like https://meet.example.org'],
  ])('tells what %s must be', (name, value, line) => {
    expect(() => parseConfig({ [name]: value })).toThrow(line);
  });

  it('never repeats a secret in its message', () => {
    expect(() => parseConfig({ ADMIN_PASSWORD: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
  });

  it.each([
    ['DATABASE_URL', 'postgres://localhost/switchroom'],
    ['REDIS_URL', 'redis://localhost'],
    ['MEDIA_ENGINE', 'freeswitch'],
  ])('says that %s is not built yet', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(/is not built yet/);
  });
});
