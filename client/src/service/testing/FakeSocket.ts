import type { MeetSocket } from '../MeetSocket.ts';

type Listener = (...args: unknown[]) => void;
type Answer = (payload: unknown) => unknown;

/** A socket in memory: `answers` plays the server's requests, `tell()` its news. */
export class FakeSocket {
  connected = false;
  active = true;
  readonly sent: { event: string; payload: unknown }[] = [];
  readonly answers = new Map<string, Answer>();
  readonly listeners = new Map<string, Listener>();
  connects = 0;

  /** As the code under test sees it. */
  get socket(): MeetSocket {
    return this as unknown as MeetSocket;
  }

  on(event: string, listener: Listener): this {
    this.listeners.set(event, listener);
    return this;
  }

  off(): this {
    this.listeners.clear();
    return this;
  }

  timeout(): this {
    return this;
  }

  connect(): this {
    this.connects += 1;
    return this;
  }

  disconnect(): this {
    this.connected = false;
    return this;
  }

  /** Acknowledges at once, as the answer says; without an answer, with nothing. */
  emit(event: string, payload: unknown, ack: (error: null, result: unknown) => void): this {
    this.sent.push({ event, payload });
    const answer = this.answers.get(event);
    ack(null, answer === undefined ? { ok: true, value: {} } : answer(payload));
    return this;
  }

  tell(event: string, ...args: unknown[]): void {
    this.listeners.get(event)?.(...args);
  }

  open(): void {
    this.connected = true;
    this.tell('connect');
  }

  lose(reason = 'transport close'): void {
    this.connected = false;
    this.tell('disconnect', reason);
  }

  payloadsOf(event: string): unknown[] {
    return this.sent.filter((one) => one.event === event).map((one) => one.payload);
  }
}
