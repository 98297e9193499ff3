import type { Dialog } from './Dialog.ts';

/** All dialogs, by the application's name for them and by what the network says. */
export class DialogTable<Owner> {
  readonly #byId = new Map<string, Dialog<Owner>>();
  readonly #byTags = new Map<string, Dialog<Owner>>();
  /** Told of each dialog that goes, so that its timers go with it, and what it owes is paid. */
  readonly removed = new Set<(dialog: Dialog<Owner>) => void>();

  get size(): number {
    return this.#byTags.size;
  }

  /** Adds a dialog. Of forks that share an id, the first one confirmed has the name; before, the last one added. */
  add(dialog: Dialog<Owner>): void {
    this.#byTags.set(key(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
    const named = this.#byId.get(dialog.id);
    if (named?.confirmed !== true || dialog.confirmed) this.#byId.set(dialog.id, dialog);
  }

  byId(id: string): Dialog<Owner> | undefined {
    return this.#byId.get(id);
  }

  byTags(callId: string, localTag: string, remoteTag: string): Dialog<Owner> | undefined {
    return this.#byTags.get(key(callId, localTag, remoteTag));
  }

  has(dialog: Dialog<Owner>): boolean {
    return this.#byTags.get(key(dialog.callId, dialog.localTag, dialog.remoteTag)) === dialog;
  }

  remove(dialog: Dialog<Owner>): void {
    if (this.has(dialog))
      this.#byTags.delete(key(dialog.callId, dialog.localTag, dialog.remoteTag));
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    for (const tell of this.removed) tell(dialog);
  }

  ownedBy(owner: Owner): Dialog<Owner>[] {
    return [...this.#byTags.values()].filter((dialog) => dialog.owner === owner);
  }

  clear(): void {
    this.#byId.clear();
    this.#byTags.clear();
  }
}

function key(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}
