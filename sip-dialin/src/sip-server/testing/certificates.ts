import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files that `openssl` has just made; nobody else trusts them. */
export interface Certificates {
  ca: string;
  /** For `localhost` and 127.0.0.1, signed by `ca`. */
  cert: string;
  key: string;
  /** As `cert`, but of nobody that anybody trusts. */
  strangerCert: string;
  strangerKey: string;
  remove(): Promise<void>;
}

const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1\n';
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'sip-tls-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  const selfSigned = (name: string, ...more: string[]): Promise<unknown> => {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
    return openssl('req', '-x509', ...EC, '-days', '2', '-subj', `/CN=${name}`, ...files, ...more);
  };
  await selfSigned('ca');
  await selfSigned('stranger', '-addext', NAMES.trim());
  const request = ['-keyout', at('own.key'), '-out', at('own.csr'), '-subj', '/CN=own'];
  await openssl('req', ...EC, ...request);
  await writeFile(at('names'), NAMES);
  const signed = ['-in', at('own.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')];
  const out = ['-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', at('own.pem')];
  await openssl('x509', '-req', ...signed, ...out);
  return {
    ca: at('ca.pem'),
    cert: at('own.pem'),
    key: at('own.key'),
    strangerCert: at('stranger.pem'),
    strangerKey: at('stranger.key'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
