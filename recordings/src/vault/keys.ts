import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { loadOrCreateSecret } from '../format/secretFile.ts';
import { SigningKey } from '../format/SigningKey.ts';
import type { VaultKeys } from './Vault.ts';

/** Within `keysDir`; plain text, as age's own tools read it. */
export const IDENTITY_FILE = 'vault-identity.txt';
const EXPORT_KEY_FILE = 'export-signing.pem';

/** The vault's keys, made when there are none. Only the owner of the process can read the file. */
export async function loadOrCreateKeys(keysDir: string): Promise<VaultKeys> {
  const identity = await loadOrCreateSecret(join(keysDir, IDENTITY_FILE), () =>
    generateX25519Identity(),
  );
  const exportKey = await SigningKey.loadOrCreate(join(keysDir, EXPORT_KEY_FILE));
  return { identity, recipient: await identityToRecipient(identity), exportKey };
}
