import type {
  CreateMeeting,
  MeetingView,
  ParticipantView,
  RecordingView,
} from '@switchroom/protocol';

/** An answer as it came, for tests that look at status and code. */
export interface RestAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** The REST API as somebody with `fetch` uses it. */
export class RestClient {
  readonly #url: string;
  #token: string | undefined;

  /** `url`: the origin. */
  constructor(url: string) {
    this.#url = url;
  }

  async signIn(email: string, password: string): Promise<void> {
    const { token } = await this.#json<{ token: string }>('POST', '/sessions', { email, password });
    this.#token = token;
  }

  createMeeting(meeting: CreateMeeting = {}): Promise<MeetingView> {
    return this.#json('POST', '/meetings', meeting);
  }

  meeting(id: string): Promise<MeetingView> {
    return this.#json('GET', `/meetings/${id}`);
  }

  participants(meetingId: string): Promise<ParticipantView[]> {
    return this.#json('GET', `/meetings/${meetingId}/participants`);
  }

  async endMeeting(id: string): Promise<void> {
    await this.#ok('DELETE', `/meetings/${id}`);
  }

  async recordings(meetingId: string): Promise<RecordingView[]> {
    const { items } = await this.#json<{ items: RecordingView[] }>(
      'GET',
      `/recordings?meetingId=${meetingId}`,
    );
    return items;
  }

  /** Ogg Opus: the mix of all, or one track. */
  async audio(recordingId: string, trackId?: string): Promise<Buffer> {
    const track = trackId === undefined ? '' : `/tracks/${trackId}`;
    const response = await this.#ok('GET', `/recordings/${recordingId}${track}/audio`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** The zip that proves itself. */
  async export(recordingId: string): Promise<Buffer> {
    const response = await this.#ok('GET', `/recordings/${recordingId}/export`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Any call under `/api/v1`, whatever its answer; a string is sent as it is. */
  async raw(method: string, path: string, body?: unknown): Promise<RestAnswer> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#ok(method, path, body);
    return (await response.json()) as T;
  }

  async #ok(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await this.#fetch(method, path, body);
    if (response.ok) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  #fetch(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }
}
