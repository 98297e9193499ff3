import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { loadOrCreateSecret } from './secretFile.ts';

/** An Ed25519 key pair (RFC 8032) whose private half lies in a file that only its owner may read. */
export class SigningKey {
  /** DER of the public key (SubjectPublicKeyInfo, RFC 8410), base64. */
  readonly publicKey: string;
  /** SHA-256 of that DER, hexadecimal: what an auditor notes down. */
  readonly fingerprint: string;
  readonly #privateKey: KeyObject;

  private constructor(privateKey: KeyObject) {
    this.#privateKey = privateKey;
    this.publicKey = createPublicKey(privateKey)
      .export({ format: 'der', type: 'spki' })
      .toString('base64');
    this.fingerprint = fingerprintOf(this.publicKey);
  }

  /** The key in this file (PKCS #8, PEM), made when there is none. Errors: an `Error` that names the file. */
  static async loadOrCreate(path: string): Promise<SigningKey> {
    const pem = await loadOrCreateSecret(path, () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().trim();
    });
    const key = keyOfPem(pem);
    if (key?.asymmetricKeyType !== 'ed25519') {
      throw new Error(`${path} holds no Ed25519 key; put it back from a copy.`);
    }
    return new SigningKey(key);
  }

  sign(bytes: Uint8Array): Buffer {
    return sign(null, bytes, this.#privateKey);
  }
}

/** Of a public key as `SigningKey.publicKey` has it. */
export function fingerprintOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
}

/** Whether this is the signature of these bytes by a public key as `SigningKey.publicKey` has it. */
export function isSignedBy(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  try {
    return verify(null, bytes, keyObject(publicKey), Buffer.from(signature, 'base64'));
  } catch {
    // What is no key has signed nothing.
    return false;
  }
}

/** The same key as PEM, as openssl reads it. */
export function publicKeyPem(publicKey: string): string {
  return keyObject(publicKey).export({ format: 'pem', type: 'spki' }).toString();
}

function keyOfPem(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words say nothing to whoever reads them here.
    return undefined;
  }
}

function keyObject(publicKey: string): KeyObject {
  return createPublicKey({
    ...{ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' },
  });
}
