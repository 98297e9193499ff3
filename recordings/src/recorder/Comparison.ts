import type { RecordingView } from '@switchroom/protocol';
import type { Tally } from './Tally.ts';
import { request, type GatewaySocket } from './request.ts';
import type { RoomLink } from './RoomLink.ts';

/** The server can tell so soon that something is missing, ms. */
const EVERY_MS = 2_000;

export interface ComparisonOptions {
  signaling: GatewaySocket;
  recording: { readonly id: string; readonly view: RecordingView } & {
    readonly tally: Pick<Tally, 'counts' | 'compared'>;
  };
  link: Pick<RoomLink, 'counts'>;
}

/** Tells the server what came and what is written, so that it can compare that with what there was to write. */
export class Comparison {
  readonly #options: ComparisonOptions;
  /** By participant: of streams that came before those of now. */
  readonly #before = new Map<string, { produced: number; received: number }>();
  /** By consumer: what was compared last. */
  #last = new Map<string, { participantId: string; produced: number; received: number }>();
  /** When it was compared last; at first, when it began. */
  #at: number | null = null;
  #asking = false;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  tick(now: number): void {
    const { signaling } = this.#options;
    this.#at ??= now;
    if (this.#asking || now - this.#at < EVERY_MS || !signaling.connected) return;
    this.#at = now;
    this.#asking = true;
    // Without an answer the next one tells.
    void this.#compare()
      .catch(() => undefined)
      .finally(() => (this.#asking = false));
  }

  async #compare(): Promise<void> {
    const { signaling, recording, link } = this.#options;
    const { meetingId } = recording.view;
    const consumers = link.counts;
    const answer = await request(signaling, 'recording:counts', {
      ...{ meetingId, recordingId: recording.id, consumers, tracks: recording.tally.counts },
    });
    const sent = new Map(answer.sent.map(({ consumerId, packets }) => [consumerId, packets]));
    const now = new Map<string, { participantId: string; produced: number; received: number }>();
    for (const { consumerId, participantId, received } of consumers) {
      const produced = sent.get(consumerId) ?? received;
      now.set(consumerId, { participantId, produced, received });
    }
    this.#keep(now);
    for (const participantId of new Set(consumers.map((one) => one.participantId))) {
      const sum = { ...(this.#before.get(participantId) ?? { produced: 0, received: 0 }) };
      for (const one of now.values()) {
        if (one.participantId !== participantId) continue;
        sum.produced += one.produced;
        sum.received += one.received;
      }
      recording.tally.compared(participantId, sum.produced, sum.received);
    }
  }

  /** Streams that are over count on. */
  #keep(now: Map<string, { participantId: string; produced: number; received: number }>): void {
    for (const [consumerId, { participantId, produced, received }] of this.#last) {
      if (now.has(consumerId)) continue;
      const sum = this.#before.get(participantId) ?? { produced: 0, received: 0 };
      this.#before.set(participantId, {
        produced: sum.produced + produced,
        received: sum.received + received,
      });
    }
    this.#last = now;
  }
}
