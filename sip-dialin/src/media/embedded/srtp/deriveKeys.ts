import { createCipheriv } from 'node:crypto';
import type { SrtpKey } from '../../sdp/crypto.ts';

/** What one direction of RTP or RTCP is protected with. */
export interface SessionKeys {
  cipher: Buffer;
  /** Only of the suites with HMAC. */
  auth: Buffer;
  salt: Buffer;
}

const CIPHER_BYTES = 16;
const AUTH_BYTES = 20;
/** Labels of RFC 3711 section 4.3.2. */
const LABELS = { rtp: [0, 1, 2], rtcp: [3, 4, 5] } as const;

/** RFC 3711 section 4.3.1, at a key derivation rate of zero; RFC 7714 section 11. */
export function deriveKeys(master: SrtpKey, use: 'rtp' | 'rtcp'): SessionKeys {
  const [cipher, auth, salt] = LABELS[use];
  return {
    cipher: derive(master, cipher, CIPHER_BYTES),
    auth: derive(master, auth, AUTH_BYTES),
    salt: derive(master, salt, master.salt.length),
  };
}

function derive(master: SrtpKey, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  master.salt.copy(iv); // The shorter salt of GCM is filled up with zeros.
  iv[7]! ^= label;
  return createCipheriv('aes-128-ctr', master.key, iv).update(Buffer.alloc(length));
}
