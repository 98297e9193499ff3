import { hash } from 'node:crypto';
import { AppError, type RecordingState, type StatementsView } from '@switchroom/protocol';
import { isSafeId, isSoundId, MANIFEST_ID, MIX_ID, SEALED_SUFFIX } from '../format/ids.ts';
import {
  FRESH_SUFFIX,
  manifestSchema,
  readManifestBytes,
  type Manifest,
  type ManifestFile,
} from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { SEAL_FILE } from '../format/seal.ts';
import { SealError } from '../format/SealError.ts';
import type { SealKeys } from '../format/SealKeys.ts';
import { isSignedBy, type SigningKey } from '../format/SigningKey.ts';
import { DiskStore } from '../storage/DiskStore.ts';
import type { StoredFile } from '../storage/FileStore.ts';
import { AudioIndex, type AudioFileName } from './AudioIndex.ts';
import { exportEntries } from './exportEntries.ts';
import { IndexCache } from './IndexCache.ts';
import type { ReadSeal } from './readSeal.ts';
import { sealedEntries } from './sealedEntries.ts';
import { Seals } from './Seals.ts';
import { sealedSources } from './sealedSources.ts';
import { statementsOf } from './statementsOf.ts';
import { storedIndex } from './storedIndex.ts';
import type { AudioFile, Damage, Vault } from './Vault.ts';
import { notFound, translated } from './vaultErrors.ts';
import { VaultFiles } from './VaultFiles.ts';
import { zipStream } from './zipStream.ts';

export interface FileVaultOptions {
  /** The directory that the recorder writes to: `DATA_DIR/vault`. */
  dir: string;
  /** Where its files lie; default: all of them there. */
  files?: VaultFiles;
  /** `AGE-SECRET-KEY-1…`, one a line; null: nothing can be opened. */
  identity: string | null;
  /** What exports are signed with. */
  exportKey: SigningKey;
  /** Whose seals are trusted. */
  sealKeys: SealKeys;
  /**
   * What is known of a recording elsewhere: one that is `sealed` must have a seal, of one that `failed` something must be
   * there. `null`: nothing was recorded. Default: only the files tell.
   */
  stateOf?: (recordingId: string) => Promise<RecordingState | null>;
  /** What the audit trail says of a recording, as lines of JSON; it becomes part of its export. */
  auditExtract?: (recordingId: string) => AsyncIterable<string>;
  /** Told when a file is found to be damaged, once for each state of the file; of one that does not open at all, no part. */
  onDamage?: (file: AudioFileName, damage: readonly Damage[]) => void;
}

/** The vault, on local disk or in a store. */
export class FileVault implements Vault {
  readonly #options: FileVaultOptions;
  readonly #files: VaultFiles;
  readonly #identity: string | null;
  readonly #seals: Seals;
  readonly #indexes = new IndexCache();

  constructor(options: FileVaultOptions) {
    this.#options = options;
    this.#files = options.files ?? new VaultFiles(new DiskStore(options.dir));
    this.#identity = options.identity;
    this.#seals = new Seals({
      ...{ files: this.#files, keys: options.sealKeys, stateOf: options.stateOf },
      onDamage: (file) => options.onDamage?.(file, []),
    });
  }

  async openAudio(recordingId: string, trackId: string): Promise<AudioFile> {
    if (!isSafeId(recordingId) || !isSoundId(trackId)) throw notFound();
    const file = { recordingId, trackId };
    const index = await this.#index(file);
    const identity = this.#key();
    return {
      size: index.size,
      damage: index.damage,
      read: (start, end) => this.#trusting(file, index.read(start, end, identity)),
    };
  }

  async statements(recordingId: string): Promise<StatementsView> {
    return statementsOf((await this.#manifest(recordingId)).manifest);
  }

  async exportZip(recordingId: string): Promise<AsyncIterable<Uint8Array>> {
    if (!isSafeId(recordingId)) throw notFound();
    const seal = await this.#seals.of(recordingId);
    const manifest = await this.#sealedManifest(recordingId);
    if (seal === null || manifest === null || (await this.#seals.isHalf(recordingId))) {
      throw new AppError('conflict', 'The recording is not sealed yet; it can be exported then.');
    }
    const audio = new Map<string, AudioIndex>();
    const lost: ManifestFile[] = [];
    for (const file of manifest.files) {
      // Read from end to end, wherever it lies: what it says of damage is the state of this hour.
      const index = await this.#indexOrNull({ recordingId, trackId: file.id });
      if (index === null) lost.push(file);
      else audio.set(file.id, index);
    }
    const { exportKey, auditExtract } = this.#options;
    const zip = zipStream(
      exportEntries({
        ...{ recordingId, manifest: manifest.bytes, seal, audio, lost, exportKey },
        identity: this.#key(),
        exportedAt: new Date(),
        audit: auditExtract?.(recordingId) ?? null,
      }),
    );
    return this.#trusting({ recordingId, trackId: MIX_ID }, zip);
  }

  async exportSealedZip(recordingId: string): Promise<AsyncIterable<Uint8Array>> {
    if (!isSafeId(recordingId)) throw notFound();
    const seal = await this.#seals.of(recordingId);
    const isHalf = await this.#seals.isHalf(recordingId);
    if (seal === null || isHalf) {
      const manifest = isHalf ? null : await this.#open({ recordingId, trackId: MANIFEST_ID });
      await manifest?.close();
      throw new AppError('conflict', 'The recording is not sealed yet; it can be exported then.');
    }
    const { exportKey, auditExtract } = this.#options;
    const files = await sealedSources(this.#files, seal.seal);
    const audit = auditExtract?.(recordingId) ?? null;
    return zipStream(
      sealedEntries({ recordingId, seal, files, exportKey, exportedAt: new Date(), audit }),
    );
  }

  async isThere(recordingId: string): Promise<boolean> {
    return isSafeId(recordingId) && (await this.#seals.has(recordingId));
  }

  async isOpen(recordingId: string): Promise<boolean> {
    return isSafeId(recordingId) && (await this.#files.isOpen(recordingId));
  }

  async remove(recordingId: string): Promise<void> {
    if (!isSafeId(recordingId)) return;
    this.#indexes.drop(`${recordingId}/`);
    // The keys go with the files: each file begins with its own, and it is kept nowhere else.
    await this.#files.remove(recordingId);
  }

  /** Errors: `AppError('key-elsewhere')`. */
  #key(): string {
    if (this.#identity !== null) return this.#identity;
    throw new AppError('key-elsewhere', 'The key to this recording is not on this server.');
  }

  /** Errors: `not-found`, `key-elsewhere`, `key-lost`, `unavailable`, `recording-damaged`. */
  async #manifest(recordingId: string): Promise<{ bytes: Buffer; manifest: Manifest }> {
    if (!isSafeId(recordingId)) throw notFound();
    const file = { recordingId, trackId: MANIFEST_ID };
    const sealed = (await this.#seals.of(recordingId))?.seal;
    const isRight = (bytes: Buffer): boolean =>
      sealed === undefined ||
      (hash('sha256', bytes, 'hex') === sealed.manifest.sha256 &&
        isSignedBy(sealed.key, bytes, sealed.manifest.signature));
    try {
      // Between a seal and its manifest's being put in place, that lies beside the older one.
      for (const suffix of ['', FRESH_SUFFIX, '']) {
        const bytes = await this.#manifestBytes(file, suffix);
        if (bytes === null || !isRight(bytes)) continue;
        return { bytes, manifest: manifestSchema.parse(JSON.parse(bytes.toString())) };
      }
      if (await this.#seals.isBeingMade(recordingId)) {
        throw new AppError('unavailable', 'The recording is about to be sealed; try again.');
      }
      throw new SealError('tampered', 'The manifest is not the one that was sealed.');
    } catch (error) {
      const isDamaged = error instanceof SealError && error.fault !== 'wrong-key';
      if (isDamaged) this.#options.onDamage?.(file, []);
      throw translated(error);
    }
  }

  /** `null` where there is none of that suffix. */
  async #manifestBytes(file: AudioFileName, suffix: string): Promise<Buffer | null> {
    const opened =
      suffix === '' ? await this.#open(file) : await this.#files.open(nameOf(file) + suffix);
    if (opened === null) return null;
    if (this.#identity === null) await opened.close();
    return await readManifestBytes(opened, this.#key());
  }

  /** `null` when it is that of a recording which is still made. */
  async #sealedManifest(
    recordingId: string,
  ): Promise<{ bytes: Buffer; files: ManifestFile[] } | null> {
    const { bytes, manifest } = await this.#manifest(recordingId);
    return manifest.seal === null ? null : { bytes, files: manifest.files };
  }

  /** `null` for one that is not there or does not open at all: an export goes on without it, and says so. */
  async #indexOrNull(file: AudioFileName): Promise<AudioIndex | null> {
    // Whoever has the public key could have made the manifest.
    if (!isSafeId(file.trackId)) return null;
    try {
      return await this.#index(file, true);
    } catch (error) {
      // What is only out of reach is not lost.
      if (error instanceof AppError && error.code !== 'unavailable') return null;
      throw error;
    }
  }

  /** `anew`: the file is compared with its seal, though that was done for this version before. */
  async #index(file: AudioFileName, anew = false): Promise<AudioIndex> {
    try {
      const opened = await this.#open(file);
      const { size } = opened;
      await opened.close();
      const seal = await this.#files.open(`${file.recordingId}/${SEAL_FILE}`);
      await seal?.close();
      // What was found to be good under one seal is not under another: that one may be forged.
      const version = `${opened.version} ${seal?.version ?? ''}`;
      return await this.#indexes.get(nameOf(file), { version, isAnew: anew }, () =>
        this.#build(file, size, anew),
      );
    } catch (error) {
      const isDamaged = error instanceof SealError && error.fault !== 'wrong-key';
      if (isDamaged) this.#options.onDamage?.(file, []);
      throw translated(error);
    }
  }

  /** What is missing of a file that ends before the seal says: between two records nothing else tells. */
  async #cutOff(
    file: AudioFileName,
    size: number,
    index: AudioIndex,
    sealed: ReadSeal | null,
  ): Promise<Damage | null> {
    const bytes = sealed?.seal.files.find(({ id }) => id === file.trackId)?.bytes ?? 0;
    if (size >= bytes) return null;
    const manifest = await this.#sealedManifest(file.recordingId);
    const known = manifest?.files.find(({ id }) => id === file.trackId);
    const fromMs = Math.round(index.endPosition / SAMPLES_PER_MS);
    return { fromMs, toMs: Math.round((known?.endPosition ?? 0) / SAMPLES_PER_MS) };
  }

  async #build(file: AudioFileName, size: number, anew: boolean): Promise<AudioIndex> {
    const key = this.#key();
    const sealed = await this.#seals.of(file.recordingId);
    const { rows, isAsSealed } = await storedIndex(
      this.#files,
      file,
      sealed?.seal.files,
      key,
      anew,
    );
    const index = await AudioIndex.build(() => this.#open(file), file, key, rows);
    const missing = await this.#cutOff(file, size, index, sealed);
    if (missing !== null) index.damage.push(missing);
    // Whoever has the recipient can make a file in which each record opens.
    if (isAsSealed === false && index.damage.length === 0) {
      throw new SealError('tampered', 'The file is not the one that was sealed.');
    }
    if (index.damage.length > 0) this.#options.onDamage?.(file, index.damage);
    return index;
  }

  /**
   * What is read by an index that the file was found to fit. Where a record does not open all the same, the store or the disk
   * has changed under a version that stayed: it breaks off, and the file is read anew, so that it is told where, and
   * played around from then on.
   */
  async *#trusting(
    file: AudioFileName,
    source: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      if (error instanceof SealError) {
        this.#indexes.drop(`${file.recordingId}/`);
        await this.#files.distrust(file.recordingId);
        await this.#index(file).catch(() => undefined);
      }
      throw translated(error);
    }
  }

  /** Errors: `not-found`, `unavailable`; `SealError` for one that the seal names and that is gone. */
  async #open(file: AudioFileName): Promise<StoredFile> {
    const opened = await this.#files.open(nameOf(file));
    if (opened !== null) return opened;
    const sealed = await this.#seals.of(file.recordingId);
    if (sealed?.seal.files.some(({ id }) => id === file.trackId) !== true) throw notFound();
    throw new SealError('tampered', 'A file of it is gone from the vault.');
  }
}

function nameOf({ recordingId, trackId }: AudioFileName): string {
  return `${recordingId}/${trackId}${SEALED_SUFFIX}`;
}
