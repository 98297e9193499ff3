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
  /** Resolves when the gateway expects the stream. Errors: its answer, or none in time. */
  offerConsumer(news: GatewayConsumerCreated): Promise<void>;
  /** Resolves when the gateway calls. Errors: its answer, or none in time. */
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
      unwrap(await socket.timeout(CONSUMER_ACK_MS).emitWithAck('consumer:created', news));
    },
    async placeCall(order) {
      unwrap(await socket.timeout(CALL_PLACE_MS).emitWithAck('call:place', order));
    },
    async startRecording(request) {
      unwrap(await socket.timeout(RECORDING_START_MS).emitWithAck('recording:start', request));
    },
    async pauseRecording(recordingId, by) {
      const request = { recordingId, by };
      unwrap(await socket.timeout(RECORDING_PAUSE_MS).emitWithAck('recording:pause', request));
    },
    async stopRecording(recordingId) {
      const request = { recordingId };
      unwrap(await socket.timeout(RECORDING_STOP_MS).emitWithAck('recording:stop', request));
    },
  };
}
