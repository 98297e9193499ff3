import { DiskStore } from '../storage/DiskStore.ts';
import type { FileStore } from '../storage/FileStore.ts';
import { ChainCopy } from './ChainCopy.ts';
import { FileVault, type FileVaultOptions } from './FileVault.ts';
import type { Vault } from './Vault.ts';
import { VaultFiles } from './VaultFiles.ts';

export type { AudioFile, Damage, OwnKeys, Vault, VaultKeys } from './Vault.ts';
export { ageFile } from './ageFile.ts';
export { loadKeys, loadOrCreateKeys } from './keys.ts';
export { fingerprintOfRecipient, recipientsOf } from '../format/recipients.ts';
export type { FileStore, Keep } from '../storage/FileStore.ts';
export { openStore } from '../storage/openStore.ts';
export type { ChainCopy } from './ChainCopy.ts';
export type { VaultFiles } from './VaultFiles.ts';
export { peaksOf, type Peaks } from './peaks/peaksOf.ts';

/** The vault in a directory: `DATA_DIR/vault`, where the recorder writes. It need not exist yet. */
export function openVault(options: FileVaultOptions): Vault {
  return new FileVault(options);
}

/** Where the files of that vault lie: all in `dir`, or what is sealed in a store. */
export function openVaultFiles(dir: string, store: FileStore | null): VaultFiles {
  return new VaultFiles(new DiskStore(dir), store);
}

/** Copies the chain of that vault to a store. */
export function openChainCopy(dir: string, store: FileStore): ChainCopy {
  return new ChainCopy(new DiskStore(dir), store);
}
