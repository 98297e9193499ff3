import type { AlarmItem, KeptRecordingView, StatementsView } from '@switchroom/protocol';
import type { RestClient } from '../api/RestClient.ts';

export interface Page {
  items: KeptRecordingView[];
  nextCursor: string | null;
}

/** As the server tells it: thousandths of full scale, one for each step. */
export interface Peaks {
  stepMs: number;
  peaks: number[];
  damage: Span[];
}

/** On the recording's clock, ms. Of what is damaged: it does not open in the vault, and is silent. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** Ogg Opus. */
export interface Sound {
  content: Blob;
  damage: Span[];
}

/** The filters by their names in the query; empty ones say nothing. */
export type Filters = Record<string, string>;

/** The calls of the page for compliance staff. Each throws an `AppError`. */
export class RecordingsApi {
  readonly #rest: RestClient;
  readonly #token: string;

  constructor(rest: RestClient, token: string) {
    this.#rest = rest;
    this.#token = token;
  }

  find(filters: Filters, cursor: string): Promise<Page> {
    const query = new URLSearchParams({ ...filters, cursor, limit: '25' });
    return this.#rest.call('GET', `/recordings?${query.toString()}`, this.#token);
  }

  /** Those that last. */
  async alarms(): Promise<AlarmItem[]> {
    const { active } = await this.#rest.call<{ active: AlarmItem[] }>(
      'GET',
      '/alarms',
      this.#token,
    );
    return active;
  }

  one(id: string): Promise<KeptRecordingView> {
    return this.#rest.call('GET', pathOf(id), this.#token);
  }

  /** What its manifest says. */
  statements(id: string): Promise<StatementsView> {
    return this.#rest.call('GET', `${pathOf(id)}/statements`, this.#token);
  }

  peaks(id: string, trackId: string, reason: string): Promise<Peaks> {
    const path = `${pathOf(id)}/tracks/${encodeURIComponent(trackId)}/peaks${because(reason)}`;
    return this.#rest.call('GET', path, this.#token);
  }

  /** The mix without `trackId`. */
  async audio(id: string, trackId: string | undefined, reason: string): Promise<Sound> {
    const track = trackId === undefined ? '' : `/tracks/${encodeURIComponent(trackId)}`;
    const path = `${pathOf(id)}${track}/audio${because(reason)}`;
    const { content, headers } = await this.#rest.file(path, this.#token);
    return { content, damage: damageOf(headers) };
  }

  /** `sealed`: the files as they lie in the vault. */
  async export(id: string, reason: string, sealed: boolean): Promise<Blob> {
    const query = new URLSearchParams({ sealed: `${sealed}`, ...(reason !== '' && { reason }) });
    const path = `${pathOf(id)}/export?${query.toString()}`;
    return (await this.#rest.file(path, this.#token)).content;
  }

  hold(id: string, reason: string): Promise<void> {
    return this.#rest.call('PUT', `${pathOf(id)}/hold`, this.#token, { reason });
  }

  lift(id: string, reason: string): Promise<void> {
    return this.#rest.call('DELETE', `${pathOf(id)}/hold`, this.#token, { reason });
  }

  /** Whether it is gone; otherwise it waits for a second officer. */
  async delete(id: string, reason: string): Promise<boolean> {
    const waiting = await this.#rest.call<unknown>('DELETE', pathOf(id), this.#token, { reason });
    return waiting === undefined;
  }
}

/** As `0-500, 61000-61500`. */
function damageOf(headers: Headers): Span[] {
  const parts = (headers.get('recording-damage') ?? '').matchAll(/(\d+)-(\d+)/g);
  return Array.from(parts, ([, from, to]) => ({ fromMs: Number(from), toMs: Number(to) }));
}

function pathOf(id: string): string {
  return `/recordings/${encodeURIComponent(id)}`;
}

function because(reason: string): string {
  return reason === '' ? '' : `?reason=${encodeURIComponent(reason)}`;
}
