import { createHash } from 'node:crypto';
import type { DigestSecret } from '@switchroom/protocol';

/** What checks a digest without the password (RFC 7616 section 3.4.2), by algorithm; hexadecimal. */
export interface Ha1 {
  md5: string;
  sha256: string;
}

/** Good for this user and realm only; as secret as the password there. */
export function ha1Of({ username, realm, password }: DigestSecret): Ha1 {
  const text = `${username}:${realm}:${password}`;
  const hash = (algorithm: string): string =>
    createHash(algorithm).update(text, 'utf8').digest('hex');
  return { md5: hash('md5'), sha256: hash('sha256') };
}
