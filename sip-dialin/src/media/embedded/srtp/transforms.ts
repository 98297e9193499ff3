import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { SrtpSuite } from '../../sdp/crypto.ts';
import type { SessionKeys } from './deriveKeys.ts';

/**
 * How a suite protects one packet. `clear` bytes stay readable; `trailer` is authenticated with the
 * packet: the rollover counter of RTP, which is not sent, or the index of RTCP, which is.
 */
export interface Transform {
  /** Ciphertext and tag. */
  seal(
    clear: Buffer,
    plain: Buffer,
    trailer: Buffer,
    at: PacketIndex,
  ): { body: Buffer; tag: Buffer };
  /** The plaintext; `undefined` when it is not authentic. */
  open(
    clear: Buffer,
    body: Buffer,
    tag: Buffer,
    trailer: Buffer,
    at: PacketIndex,
  ): Buffer | undefined;
  readonly tagBytes: number;
}

export interface PacketIndex {
  ssrc: number;
  /** 48 bits of RTP, 31 of RTCP. */
  index: number;
}

export function createTransform(
  suite: SrtpSuite,
  use: 'rtp' | 'rtcp',
  keys: SessionKeys,
): Transform {
  if (suite === 'AEAD_AES_128_GCM') return new GcmTransform(keys, use);
  // The short tag is for RTP only (RFC 4568 section 6.2.2).
  return new CounterTransform(keys, suite === 'AES_CM_128_HMAC_SHA1_32' && use === 'rtp' ? 4 : 10);
}

/** AES in counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1). */
class CounterTransform implements Transform {
  readonly tagBytes: number;
  readonly #keys: SessionKeys;

  constructor(keys: SessionKeys, tagBytes: number) {
    this.#keys = keys;
    this.tagBytes = tagBytes;
  }

  seal(clear: Buffer, plain: Buffer, trailer: Buffer, at: PacketIndex) {
    const body = this.#crypt(plain, at);
    return { body, tag: this.#tag(clear, body, trailer) };
  }

  open(clear: Buffer, body: Buffer, tag: Buffer, trailer: Buffer, at: PacketIndex) {
    return timingSafeEqual(tag, this.#tag(clear, body, trailer))
      ? this.#crypt(body, at)
      : undefined;
  }

  #crypt(data: Buffer, { ssrc, index }: PacketIndex): Buffer {
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(ssrc, 4);
    iv.writeUIntBE(index, 8, 6);
    for (let i = 0; i < 14; i++) iv[i]! ^= this.#keys.salt[i]!;
    return createCipheriv('aes-128-ctr', this.#keys.cipher, iv).update(data);
  }

  #tag(clear: Buffer, body: Buffer, trailer: Buffer): Buffer {
    const hmac = createHmac('sha1', this.#keys.auth).update(clear).update(body).update(trailer);
    return hmac.digest().subarray(0, this.tagBytes);
  }
}

/** AES-GCM (RFC 7714 sections 8 and 9). */
class GcmTransform implements Transform {
  readonly tagBytes = 16;
  readonly #keys: SessionKeys;
  readonly #use: 'rtp' | 'rtcp';

  constructor(keys: SessionKeys, use: 'rtp' | 'rtcp') {
    this.#keys = keys;
    this.#use = use;
  }

  seal(clear: Buffer, plain: Buffer, trailer: Buffer, at: PacketIndex) {
    const cipher = createCipheriv('aes-128-gcm', this.#keys.cipher, this.#iv(at));
    cipher.setAAD(this.#aad(clear, trailer));
    const body = cipher.update(plain);
    cipher.final();
    return { body, tag: cipher.getAuthTag() };
  }

  open(clear: Buffer, body: Buffer, tag: Buffer, trailer: Buffer, at: PacketIndex) {
    const decipher = createDecipheriv('aes-128-gcm', this.#keys.cipher, this.#iv(at));
    decipher.setAAD(this.#aad(clear, trailer));
    decipher.setAuthTag(tag);
    const plain = decipher.update(body);
    try {
      decipher.final();
      return plain;
    } catch {
      return undefined;
    }
  }

  /** RTP's counter is in the IV, so only the index of RTCP is told beside the header. */
  #aad(clear: Buffer, trailer: Buffer): Buffer {
    return this.#use === 'rtp' ? clear : Buffer.concat([clear, trailer]);
  }

  #iv({ ssrc, index }: PacketIndex): Buffer {
    const iv = Buffer.alloc(12);
    iv.writeUInt32BE(ssrc, 2);
    iv.writeUIntBE(index, 6, 6);
    for (let i = 0; i < 12; i++) iv[i]! ^= this.#keys.salt[i]!;
    return iv;
  }
}
