import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { SERVER_RECIPIENT } from '@switchroom/protocol';
import { identitiesOf } from '../format/recipients.ts';
import { SealKeys } from '../format/SealKeys.ts';
import { isCode, loadOrCreateSecret } from '../format/secretFile.ts';
import { SigningKey } from '../format/SigningKey.ts';
import type { OwnKeys, VaultKeys } from './Vault.ts';

/** Within `keysDir`; plain text, as age's own tools read it. */
export const IDENTITY_FILE = 'vault-identity.txt';
const EXPORT_KEY_FILE = 'export-signing.pem';

/** The vault's keys, made when there are none. Only the owner of the process can read the file. */
export async function loadOrCreateKeys(keysDir: string): Promise<OwnKeys> {
  const identity = await loadOrCreateSecret(join(keysDir, IDENTITY_FILE), () =>
    generateX25519Identity(),
  );
  return { ...(await keysOf(keysDir, identity, [SERVER_RECIPIENT])), identity };
}

/**
 * The keys of a vault that is encrypted to these recipients. An identity is made only where `server` is one of them;
 * one that is there is read all the same, for what was sealed to it before.
 */
export async function loadKeys(keysDir: string, recipients: readonly string[]): Promise<VaultKeys> {
  if (recipients.includes(SERVER_RECIPIENT)) {
    const { identity } = await loadOrCreateKeys(keysDir);
    return await keysOf(keysDir, identity, recipients);
  }
  return await keysOf(keysDir, await readOrNull(join(keysDir, IDENTITY_FILE)), recipients);
}

async function keysOf(
  keysDir: string,
  identity: string | null,
  recipients: readonly string[],
): Promise<VaultKeys> {
  const own = await recipientsOfFile(join(keysDir, IDENTITY_FILE), identity);
  const exportKey = await SigningKey.loadOrCreate(join(keysDir, EXPORT_KEY_FILE));
  const all = recipients.map((one) => (one === SERVER_RECIPIENT ? own[0] : one));
  return { identity, own, recipient: all.join(','), exportKey, sealKeys: new SealKeys(keysDir) };
}

async function recipientsOfFile(path: string, content: string | null): Promise<string[]> {
  if (content === null) return [];
  try {
    const own = await Promise.all(identitiesOf(content).map(identityToRecipient));
    if (own.length > 0) return own;
  } catch {
    // What is wrong with it could tell of the secret.
  }
  throw new Error(`${path} holds no age identity, as age-keygen writes it.`);
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}
