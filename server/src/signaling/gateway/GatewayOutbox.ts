import {
  unwrap,
  type CallPlace,
  type GatewayClientToServer,
  type GatewayConsumerCreated,
  type GatewayServerToClient,
  type PausedBy,
  type RecordingStart,
} from '@switchroom/protocol';
import type { Socket } from 'socket.io';

export type GatewaySocket = Socket<GatewayClientToServer, GatewayServerToClient>;

const CONSUMER_ACK_MS = 10_000;
/** Acknowledged at once; the call itself comes after. */
const CALL_PLACE_MS = 5_000;
const RECORDING_START_MS = 10_000;
/** A host waits for it, with the next word on the tongue. */
const RECORDING_PAUSE_MS = 3_000;
/** Sealing writes what is left of every track and of the mix. */
const RECORDING_STOP_MS = 30_000;

/** What is sent to one gateway. */
export interface GatewayOutbox {
  tell<E extends keyof GatewayServerToClient>(
    event: E,
    news: Parameters<GatewayServerToClient[E]>[0],
  ): void;
  /** Resolves when the gateway expects the stream. Errors: its answer, none in time, or its connection's end. */
  offerConsumer(news: GatewayConsumerCreated): Promise<void>;
  /** Resolves when the gateway calls. Errors: as above, and so below. */
  placeCall(order: CallPlace): Promise<void>;
  startRecording(request: RecordingStart): Promise<void>;
  pauseRecording(recordingId: string, by: PausedBy | null): Promise<void>;
  stopRecording(recordingId: string): Promise<void>;
}

export function gatewayOutbox(socket: GatewaySocket): GatewayOutbox {
  const untyped = socket as { emit(event: string, news: unknown): unknown };
  return {
    tell: (event, news) => void untyped.emit(event, news),
    async offerConsumer(news) {
      const within = socket.timeout(CONSUMER_ACK_MS);
      unwrap(await whileConnected(socket, within.emitWithAck('consumer:created', news)));
    },
    async placeCall(order) {
      const within = socket.timeout(CALL_PLACE_MS);
      unwrap(await whileConnected(socket, within.emitWithAck('call:place', order)));
    },
    async startRecording(request) {
      const within = socket.timeout(RECORDING_START_MS);
      unwrap(await whileConnected(socket, within.emitWithAck('recording:start', request)));
    },
    async pauseRecording(recordingId, by) {
      const within = socket.timeout(RECORDING_PAUSE_MS);
      const answer = within.emitWithAck('recording:pause', { recordingId, by });
      unwrap(await whileConnected(socket, answer));
    },
    async stopRecording(recordingId) {
      const within = socket.timeout(RECORDING_STOP_MS);
      const answer = within.emitWithAck('recording:stop', { recordingId });
      unwrap(await whileConnected(socket, answer));
    },
  };
}

/** Nobody answers over a connection that is gone, and socket.io waits for the time-out all the same. */
async function whileConnected<T>(
  socket: Pick<GatewaySocket, 'once' | 'off'>,
  answer: Promise<T>,
): Promise<T> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const onGone = (): void => reject(new Error('The gateway is gone.'));
  socket.once('disconnect', onGone);
  try {
    return await Promise.race([answer, gone]);
  } finally {
    socket.off('disconnect', onGone);
  }
}
