import {
  USER_ROLES,
  type MeetingView,
  type RecordingView,
  type UserRole,
  type UserView,
} from '@switchroom/protocol';
import { expect } from 'vitest';
import {
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  startServer,
  type Harness,
  type HarnessOptions,
  type MeetSocket,
} from '../serverHarness.ts';

export const PASSWORD = 'a password of theirs';

/**
 * A server with a user of each role, by the role's name, and a second host and officer (`host2`, `officer2`). `host` has
 * a meeting with a sealed recording, in which somebody is.
 */
export class Company {
  readonly server: Harness;
  readonly tokens = new Map<string, string>();
  /** Of users. */
  readonly ids = new Map<string, string>();
  meeting!: MeetingView;
  recording!: RecordingView;
  /** Who is in the meeting. */
  participantId = '';
  #inMeeting: MeetSocket | undefined;

  private constructor(server: Harness) {
    this.server = server;
  }

  static async open(options?: HarnessOptions): Promise<Company> {
    const company = new Company(await startServer(options));
    for (const role of USER_ROLES) await company.makeUser(role, [role]);
    await company.makeUser('host2', ['host']);
    await company.makeUser('officer2', ['compliance-officer']);
    await company.#record();
    return company;
  }

  async close(): Promise<void> {
    this.#inMeeting?.disconnect();
    await this.server.close();
  }

  as(name: string, method: string, path: string, body?: unknown): Promise<Response> {
    return this.server.rest(method, path, body, this.tokens.get(name));
  }

  async makeUser(name: string, roles: UserRole[]): Promise<void> {
    const credentials = { email: `${name}@example.org`, password: PASSWORD };
    const made = await this.server.rest('POST', '/users', { ...credentials, roles });
    expect(made.status).toBe(201);
    const user = (await made.json()) as UserView;
    expect(user).toMatchObject({ email: credentials.email, role: roles[0], roles });
    this.ids.set(name, user.id);
    this.tokens.set(name, await this.signIn(credentials));
  }

  /** Gives a token of a session of its own. */
  async signIn(credentials: { email: string; password: string }): Promise<string> {
    const response = await this.server.rest('POST', '/sessions', credentials);
    return ((await response.json()) as { token: string }).token;
  }

  /** The paths of a route with what there is; with `unknown` in the place of every id otherwise. */
  pathOf(path: string, unknown?: string): string {
    const { meeting, recording, participantId, ids } = this;
    const real: Record<string, string | undefined> = {
      meetings: meeting.id,
      recordings: recording.id,
      tracks: recording.tracks[0]?.id,
      participants: participantId,
      users: ids.get('host2'),
    };
    return path.replaceAll(/(\w+)\/\{\w+\}/g, (_match, kind: string) => {
      return `${kind}/${unknown ?? real[kind] ?? 'x'}`;
    });
  }

  async #record(): Promise<void> {
    const asked = { recording: 'always', title: 'Merger' };
    const made = await this.as('host', 'POST', '/meetings', asked);
    this.meeting = (await made.json()) as MeetingView;
    const recorder = await this.server.gateway('recorder', (socket) => {
      socket.on('recording:start', (_request, ack) => ack({ ok: true, value: {} }));
      socket.on('recording:stop', (_request, ack) => ack({ ok: true, value: {} }));
    });
    const socket = await this.server.meet();
    this.#inMeeting = socket;
    const changed = next(socket, 'recording:changed');
    const wish = { joinToken: joinTokenOf(this.meeting), name: 'Bea', rtpCapabilities: {} };
    const joined = await askMeet(socket, 'room:join', wish);
    this.participantId = joined.participantId;
    await changed;
    const list = await this.as('compliance-officer', 'GET', '/recordings');
    const [started] = ((await list.json()) as { items: RecordingView[] }).items;
    const { id, startedAt } = started!;
    const bea = { participantId: 'p1', participantName: 'Bea', kind: 'browser' } as const;
    this.recording = {
      ...{ id, meetingId: this.meeting.id, startedAt, endedAt: new Date().toISOString() },
      ...{ durationMs: 1000, state: 'sealed' },
      tracks: [{ id: 't1', ...bea, startMs: 0, endMs: 1000 }],
    };
    await askGateway(recorder, 'recording:report', { recording: this.recording });
    recorder.disconnect();
  }
}
