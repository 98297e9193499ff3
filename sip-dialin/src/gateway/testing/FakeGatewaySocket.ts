import {
  AppError,
  type GatewayPayload,
  type GatewayRequest,
  type GatewayResults,
} from '@switchroom/protocol';
import type { GatewaySocket, GatewaySocketHandlers } from '../GatewaySocket.ts';

type Answer = (payload: never) => unknown;

/** A server in the test's hand: answers each request as told, and tells news. For tests. */
export class FakeGatewaySocket implements GatewaySocket {
  connected = true;
  closed = false;
  handlers!: GatewaySocketHandlers;
  /** Everything that was asked, in order, as `event`, or with its payload. */
  readonly requests: { event: GatewayRequest; payload: unknown }[] = [];
  readonly #answers = new Map<GatewayRequest, Answer>();
  readonly #failNext = new Map<GatewayRequest, AppError['code']>();
  #phones = 0;
  #transports = 0;

  constructor() {
    this.answer('did:resolve', ({ number }) => ({ number, language: 'en', meetingId: null }));
    this.answer('pin:check', () => ({ meetingId: 'm1', title: 'Meeting' }));
    this.answer('room:open', () => ({
      transportId: `t${(this.#transports += 1)}`,
      ip: '127.0.0.1',
      port: 40_100,
      payloadType: 100,
      audioLevelExtensionId: 1,
    }));
    this.answer('phone:join', ({ name }) => {
      const id = `p${(this.#phones += 1)}`;
      return {
        participantId: id,
        participant: {
          id,
          name,
          kind: 'phone',
          role: 'participant',
          state: 'joined',
          muted: false,
          handRaised: false,
        },
      };
    });
  }

  readonly open = (handlers: GatewaySocketHandlers): this => {
    this.handlers = handlers;
    return this;
  };

  answer<K extends GatewayRequest>(
    event: K,
    answer: (payload: GatewayPayload<K>) => GatewayResults[K] | Promise<GatewayResults[K]>,
  ): void {
    this.#answers.set(event, answer);
  }

  /** The next answers to `event` wait until the function given back is called. */
  hold(event: GatewayRequest): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const answer = this.#answers.get(event);
    this.#answers.set(event, async (payload: never) => {
      await promise;
      const code = this.#failNext.get(event);
      this.#failNext.delete(event);
      if (code) throw new AppError(code, `refused: ${code}`);
      return answer?.(payload) ?? {};
    });
    return () => resolve(undefined);
  }

  fail(event: GatewayRequest, code: AppError['code']): void {
    this.#answers.set(event, () => {
      throw new AppError(code, `refused: ${code}`);
    });
  }

  /** The next answer that was held back is this error; after it all is as before. */
  failNext(event: GatewayRequest, code: AppError['code']): void {
    this.#failNext.set(event, code);
  }

  async request<K extends GatewayRequest>(
    event: K,
    payload: GatewayPayload<K>,
  ): Promise<GatewayResults[K]> {
    if (!this.connected) throw new AppError('unavailable', 'The server is not connected.');
    this.requests.push({ event, payload });
    await Promise.resolve();
    const answer = this.#answers.get(event) as
      ((payload: GatewayPayload<K>) => GatewayResults[K] | Promise<GatewayResults[K]>) | undefined;
    return answer ? answer(payload) : ({} as GatewayResults[K]);
  }

  /** The names of what was asked, in order. */
  get asked(): GatewayRequest[] {
    return this.requests.map(({ event }) => event);
  }

  disconnect(): void {
    this.connected = false;
    this.handlers.onDisconnected();
  }

  reconnect(): void {
    this.connected = true;
    this.handlers.onConnected();
  }

  close(): void {
    this.closed = true;
    this.connected = false;
  }
}
