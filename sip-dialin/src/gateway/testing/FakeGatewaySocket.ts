import {
  AppError,
  type EntrySignal,
  type GatewayPayload,
  type GatewayRequest,
  type GatewayResults,
  type ParticipantView,
} from '@switchroom/protocol';
import type { GatewaySocket, GatewaySocketHandlers } from '../GatewaySocket.ts';

type Answer = (payload: never) => unknown;

/** A phone as others see it, but for what is told. For tests. */
export function participantView(now: Partial<ParticipantView> = {}): ParticipantView {
  return {
    id: 'p1',
    name: 'Ada',
    kind: 'phone',
    role: 'participant',
    state: 'joined',
    muted: false,
    handRaised: false,
    held: false,
    audio: 'phone',
    quality: null,
    consent: 'none',
    ...now,
  };
}

/** A server in the test's hand: answers each request as told, and tells news. For tests. */
export class FakeGatewaySocket implements GatewaySocket {
  connected = true;
  closed = false;
  handlers!: GatewaySocketHandlers;
  /** Everything that was asked, in order, as `event`, or with its payload. */
  readonly requests: { event: GatewayRequest; payload: unknown }[] = [];
  /** How phones are taken in, and what the meeting is like. */
  joinsAs: ParticipantView['state'] = 'joined';
  entry: EntrySignal = 'none';
  recording = false;
  people = 2;
  readonly #answers = new Map<GatewayRequest, Answer>();
  readonly #failing = new Map<GatewayRequest, Answer | undefined>();
  readonly #failNext = new Map<GatewayRequest, AppError['code']>();
  #phones = 0;
  #transports = 0;

  constructor() {
    this.answer('did:resolve', ({ number }) => ({
      ...{ number, language: 'en', meetingId: null, entry: 'none' },
    }));
    this.answer('pin:check', () => ({
      ...{ meetingId: 'm1', title: 'Meeting', role: 'participant', entry: 'none' },
    }));
    this.answer('room:open', () => ({
      transportId: `t${(this.#transports += 1)}`,
      ip: '127.0.0.1',
      port: 40_100,
      payloadType: 100,
      audioLevelExtensionId: 1,
    }));
    this.answer('participant:count', () => ({ participants: this.people }));
    this.answer('phone:join', ({ name, role = 'participant' }) => {
      const participant = participantView({
        id: `p${(this.#phones += 1)}`,
        name,
        role,
        state: this.joinsAs,
      });
      const { entry, recording } = this;
      const room = { entry, locked: false, recording, paused: false };
      return { participantId: participant.id, participant, ...room };
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

  /** From now on phones are taken in as this participant, or as the place where one talks and listens. */
  takeInAs(participant: ParticipantView): void {
    this.answer('phone:join', () => {
      const { entry, recording } = this;
      const room = { entry, locked: false, recording, paused: false };
      return { participantId: participant.id, participant, ...room };
    });
  }

  recover(event: GatewayRequest): void {
    const answer = this.#failing.get(event);
    if (answer) this.#answers.set(event, answer);
    else this.#answers.delete(event);
    this.#failing.delete(event);
  }

  /** The next request of this kind fails; after it all is as before. */
  failOnce(event: GatewayRequest, code: AppError['code']): void {
    this.fail(event, code);
    this.#answers.set(event, () => {
      this.recover(event);
      throw new AppError(code, `refused: ${code}`);
    });
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

  /** From now on, until `recover`. */
  fail(event: GatewayRequest, code: AppError['code']): void {
    const answer = this.#answers.get(event);
    if (!this.#failing.has(event)) this.#failing.set(event, answer);
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
