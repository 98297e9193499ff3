import { FileVault, type FileVaultOptions } from './FileVault.ts';
import type { Vault } from './Vault.ts';

export type { AudioFile, Damage, OwnKeys, Vault, VaultKeys } from './Vault.ts';
export { ageFile } from './ageFile.ts';
export { loadKeys, loadOrCreateKeys } from './keys.ts';
export { fingerprintOfRecipient, recipientsOf } from '../format/recipients.ts';
export { peaksOf, type Peaks } from './peaks/peaksOf.ts';

/** The vault in a directory: `DATA_DIR/vault`, where the recorder writes. It need not exist yet. */
export function openVault(options: FileVaultOptions): Vault {
  return new FileVault(options);
}
