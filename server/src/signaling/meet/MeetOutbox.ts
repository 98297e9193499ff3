import {
  unwrap,
  type ConsumerCreated,
  type MeetClientToServer,
  type MeetServerToClient,
} from '@switchroom/protocol';
import type { Socket } from 'socket.io';

export type MeetSocket = Socket<MeetClientToServer, MeetServerToClient>;

/** A browser has so long to set a stream up; then it does without. */
const CONSUMER_ACK_MS = 15_000;

/** What is sent to one browser. */
export interface MeetOutbox {
  tell<E extends keyof MeetServerToClient>(
    event: E,
    news: Parameters<MeetServerToClient[E]>[0],
  ): void;
  /** Resolves when the browser can receive it. Errors: what it answered, or no answer in time. */
  offerConsumer(news: ConsumerCreated): Promise<void>;
}

export function meetOutbox(socket: MeetSocket): MeetOutbox {
  const untyped = socket as { emit(event: string, news: unknown): unknown };
  return {
    tell: (event, news) => void untyped.emit(event, news),
    async offerConsumer(news) {
      unwrap(await socket.timeout(CONSUMER_ACK_MS).emitWithAck('consumer:created', news));
    },
  };
}
