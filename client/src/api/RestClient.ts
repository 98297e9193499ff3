import {
  AppError,
  errorStatus,
  type CreateMeeting,
  type ErrorCode,
  type JoinPreview,
  type MeetingView,
  type RecordingAction,
} from '@switchroom/protocol';
import type { Session } from '../stores/session.ts';

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorStatus, value);
}

/** A code for an answer that carries none, e.g. one from a proxy on the way. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'not-found';
  if (status === 429) return 'rate-limited';
  return status >= 502 ? 'unavailable' : 'internal';
}

async function problemOf(response: Response): Promise<AppError> {
  // RFC 9457: `detail` is for people, `code` is ours and for programs.
  const problem: unknown = await response.json().catch(() => undefined);
  const { code, detail } = (problem ?? {}) as { code?: unknown; detail?: unknown };
  return new AppError(
    isErrorCode(code) ? code : codeOfStatus(response.status),
    typeof detail === 'string' ? detail : `HTTP ${response.status}`,
  );
}

interface Options {
  fetch?: Fetch;
  /** Told of a token that the server does not know any more, before the call that was made with it throws. */
  sessionEnded?: (token: string) => void;
}

/** The calls of the REST contract that the app makes. Each throws an `AppError`. */
export class RestClient {
  readonly #fetch: Fetch;
  readonly #sessionEnded: (token: string) => void;

  constructor({
    fetch = (path, init) => globalThis.fetch(path, init),
    sessionEnded = () => undefined,
  }: Options = {}) {
    this.#fetch = fetch;
    this.#sessionEnded = sessionEnded;
  }

  signIn(email: string, password: string): Promise<Session> {
    return this.#call<Session>('POST', '/sessions', { body: { email, password } });
  }

  createMeeting(meeting: CreateMeeting, token: string): Promise<MeetingView> {
    return this.#call<MeetingView>('POST', '/meetings', { body: meeting, token });
  }

  /** Only its owner gets it. */
  meeting(meetingId: string, token: string): Promise<MeetingView> {
    return this.#call<MeetingView>('GET', `/meetings/${encodeURIComponent(meetingId)}`, { token });
  }

  previewJoin(joinToken: string): Promise<JoinPreview> {
    return this.#call<JoinPreview>('GET', `/join/${encodeURIComponent(joinToken)}`);
  }

  async setRecording(meetingId: string, action: RecordingAction, token: string): Promise<void> {
    const path = `/meetings/${encodeURIComponent(meetingId)}/recording`;
    await this.#call('POST', path, { body: { action }, token });
  }

  /** For everybody, and for good. */
  async endMeeting(meetingId: string, token: string): Promise<void> {
    await this.#call('DELETE', `/meetings/${encodeURIComponent(meetingId)}`, { token });
  }

  /** Any JSON call under `/api/v1`. */
  call<T>(method: string, path: string, token: string, body?: unknown): Promise<T> {
    return this.#call<T>(method, path, { body, token });
  }

  /** A whole file, and what is said of it. */
  async file(path: string, token: string): Promise<{ content: Blob; headers: Headers }> {
    const response = await this.#send('GET', path, { token });
    return { content: await response.blob(), headers: response.headers };
  }

  async #call<T>(
    method: string,
    path: string,
    options: { body?: unknown; token?: string } = {},
  ): Promise<T> {
    const response = await this.#send(method, path, options);
    // 202 and 204 may come without a body.
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #send(
    method: string,
    path: string,
    { body, token }: { body?: unknown; token?: string } = {},
  ): Promise<Response> {
    const headers = new Headers({ accept: 'application/json' });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    let response: Response;
    try {
      response = await this.#fetch(`/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new AppError('unavailable', 'The server cannot be reached.', { cause });
    }
    if (response.status === 401 && token !== undefined) this.#sessionEnded(token);
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}
