import { createHmac } from 'node:crypto';
import {
  namesUser,
  type AlarmView,
  type AlarmWebhookView,
  type SetAlarmWebhook,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import { Setting } from '../db/Setting.ts';
import type { Alarms } from './Alarms.ts';

const settingSchema = z.object({
  url: z.string().nullable().default(null),
  secret: z.string().nullable().default(null),
});

/** The receiver has so long to answer, ms. */
const ANSWER_MS = 5_000;
/** Waits before a message is sent again, ms; then it is given up. */
const RETRIES_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000];
/** Of messages that wait; the oldest go first. */
const MOST_WAITING = 200;

interface Message {
  type: 'alarm.raised' | 'alarm.cleared';
  alarm: AlarmView;
}

export interface WebhookOptions {
  setting: Setting<typeof settingSchema>;
  alarms: Alarms;
  logger: Logger;
  /** Waits, ms; rejects when the signal is given. */
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Tells a receiver that an administrator has set of alarms, by POST: in order, one at a time, again until it answers
 * with 2xx. Nothing waits for it.
 */
export class AlarmWebhook {
  readonly #options: WebhookOptions;
  readonly #logger: Logger;
  readonly #waiting: Message[] = [];
  readonly #closed = new AbortController();
  #sending = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'AlarmWebhook' });
    const { events } = options.alarms;
    events.on('raised', (alarm) => this.#push({ type: 'alarm.raised', alarm }));
    events.on('cleared', (alarm) => this.#push({ type: 'alarm.cleared', alarm }));
  }

  static openSetting(db: Database): Promise<Setting<typeof settingSchema>> {
    return Setting.open(db, 'alarm-webhook', settingSchema);
  }

  get view(): AlarmWebhookView {
    const { url, secret } = this.#options.setting.value;
    return { url, hasSecret: secret !== null };
  }

  async set({ url, secret }: SetAlarmWebhook, note: Note<unknown>): Promise<void> {
    const { setting } = this.#options;
    await setting.set({ url, secret: secret ?? setting.value.secret }, note);
  }

  /** Gives up what waits. Twice is silent. */
  close(): void {
    this.#closed.abort();
    this.#waiting.length = 0;
  }

  #push(message: Message): void {
    if (this.#options.setting.value.url === null || this.#closed.signal.aborted) return;
    this.#waiting.push(message);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    if (!this.#sending) void this.#work();
  }

  async #work(): Promise<void> {
    this.#sending = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await this.#deliver(next);
    }
    this.#sending = false;
  }

  async #deliver(message: Message): Promise<void> {
    const { alarm, type } = message;
    for (const wait of [...RETRIES_MS, undefined]) {
      try {
        await this.#post(message);
        return;
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        const what = { err: error, id: alarm.id, type };
        if (wait === undefined) {
          this.#logger.error(what, 'deliver() | given up');
          return;
        }
        this.#logger.warn(what, 'deliver() | not taken; it is sent again');
        await this.#options.sleep(wait, this.#closed.signal).catch(() => undefined);
      }
    }
  }

  async #post({ type, alarm }: Message): Promise<void> {
    const { url, secret } = this.#options.setting.value;
    // Nobody is to be told any more.
    if (url === null) return;
    // As an older version took them; fetch() would say the whole of it in its error.
    if (namesUser(url)) throw new Error('The URL must be without user and password.');
    const body = JSON.stringify({ type, sentAt: new Date().toISOString(), alarm });
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (secret !== null) headers['switchroom-signature'] = signatureOf(body, secret);
    const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#closed.signal]);
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal,
      redirect: 'manual',
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`The receiver answered ${response.status}.`);
  }
}

/** HMAC-SHA256 (RFC 2104) of the body, in the header `Switchroom-Signature`. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
