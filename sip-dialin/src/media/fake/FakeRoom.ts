import { AppError } from '@switchroom/protocol';
import type { RoomMedia, RtpAddress, Sound } from '../PhoneMedia.ts';
import type { FakeLeg } from './FakeLeg.ts';

export class FakeRoom implements RoomMedia {
  readonly id: string;
  readonly local: RtpAddress;
  /** The SSRCs that are mixed to the phones. */
  readonly sources = new Set<number>();
  readonly legs = new Set<FakeLeg>();
  /** What was said, and in whose name. */
  readonly said: { sound: Sound; legId: string | undefined }[] = [];
  connectedTo: (RtpAddress & { payloadType: number; audioLevelExtensionId: number }) | undefined;
  forwarding = true;
  closed = false;
  readonly #onClosed: () => void;

  constructor(id: string, port: number, onClosed: () => void) {
    this.id = id;
    this.local = { ip: '127.0.0.1', port };
    this.#onClosed = onClosed;
  }

  async connect(
    sfu: RtpAddress & { payloadType: number; audioLevelExtensionId: number },
  ): Promise<void> {
    if (this.closed) throw new AppError('media-unavailable', 'The room is closed.');
    this.connectedTo = sfu;
  }

  setForwarding(forwarding: boolean): void {
    this.forwarding = forwarding;
  }

  addSource(ssrc: number): void {
    if (!this.closed) this.sources.add(ssrc);
  }

  removeSource(ssrc: number): void {
    this.sources.delete(ssrc);
  }

  async say(sound: Sound, as?: { legId: string }): Promise<void> {
    if (this.closed) throw new AppError('media-unavailable', 'The room is closed.');
    if (as && ![...this.legs].some(({ id }) => id === as.legId)) {
      throw new AppError('not-found', 'This phone is not in the room.');
    }
    this.said.push({ sound, legId: as?.legId });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const leg of this.legs) leg.roomClosed();
    this.legs.clear();
    this.sources.clear();
    this.#onClosed();
  }
}
