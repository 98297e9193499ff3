import { readFile } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';
import type { TlsMaterial } from './wires.ts';

/** Paths of PEM files; `ca` also makes callers prove who they are. */
export interface TlsFiles {
  /** 0 lets the system choose. */
  port: number;
  certFile: string;
  keyFile: string;
  caFile?: string | undefined;
  /** See `TlsMaterial`. */
  requireClientCertificate?: boolean | undefined;
}

/** Reads them. Throws `AppError('unavailable')` naming the file. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const { certFile, keyFile, caFile, requireClientCertificate } = files;
  return {
    cert: await read(certFile),
    key: await read(keyFile),
    ca: caFile === undefined ? undefined : await read(caFile),
    requireClientCertificate,
  };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = `${path} for SIP over TLS cannot be read (${code})`;
    throw new AppError('unavailable', message, { cause: error });
  }
}
