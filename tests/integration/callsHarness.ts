import {
  type CallPlace,
  type CallView,
  type DialOutPolicy,
  type MeetingView,
  type ParticipantView,
} from '@switchroom/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import {
  ADMIN,
  ask,
  askGateway,
  askMeet,
  joinTokenOf,
  startServer,
  type GatewaySocket,
  type Harness,
  type MeetSocket,
} from './serverHarness.ts';

export const NUMBER = '+15550001234';
export const MANY = { callsPerHour: 1000, callsPerHourPerMeeting: 1000 };
export const POLICY = { allowed: ['+1555'], denied: ['+1555999'] };

export let server: Harness;
/** The owner's, which makes a host. */
let sessionToken: string;
/** Anew for each test; its host is in it. */
export let meeting: MeetingView;
export let host: Guest;
export let gateway: FakeDialIn;

/** A sip-dialin that does as it is told, and remembers. */
export interface FakeDialIn {
  socket: GatewaySocket;
  placed: CallPlace[];
  cancelled: string[];
  removed: string[];
  /** What it answers to `call:place`, if not yes. */
  refuses: boolean;
}

async function dialIn(): Promise<FakeDialIn> {
  const fake: Omit<FakeDialIn, 'socket'> = {
    placed: [],
    cancelled: [],
    removed: [],
    refuses: false,
  };
  const socket = await server.gateway('sip-dialin', (one) => {
    one.on('call:place', (order, ack) => {
      fake.placed.push(order);
      if (fake.refuses) ack({ ok: false, code: 'unavailable', message: 'No.' });
      else ack({ ok: true, value: {} });
    });
    one.on('call:cancel', ({ callId }) => void fake.cancelled.push(callId));
    one.on('participant:left', ({ participantId }) => void fake.removed.push(participantId));
  });
  return Object.assign(fake, { socket });
}

/** A browser in the room; `told` are its news of calls, in order. */
export interface Guest {
  socket: MeetSocket;
  id: string;
  resumeToken: string;
  mayCallMe: boolean;
  told: string[];
  people: Map<string, ParticipantView>;
}

export async function enter(
  meeting: MeetingView,
  name: string,
  isHost = false,
  back: { resumeToken?: string; browserId?: string } = {},
): Promise<Guest> {
  const socket = await server.meet();
  const told: string[] = [];
  const people = new Map<string, ParticipantView>();
  const note = (person: ParticipantView): void => void people.set(person.id, person);
  socket.on('call:changed', ({ state, reason }) =>
    told.push(reason ? `${state} ${reason}` : state),
  );
  socket.on('call:gone', () => told.push('gone'));
  socket.on('participant:joined', note);
  socket.on('participant:updated', note);
  socket.on('participant:left', ({ participantId }) => void people.delete(participantId));
  const {
    participantId,
    participants,
    resumeToken,
    meeting: joined,
  } = await askMeet(socket, 'room:join', {
    joinToken: joinTokenOf(meeting),
    name,
    rtpCapabilities: {},
    ...(isHost && { sessionToken }),
    ...back,
  });
  participants.forEach(note);
  const { mayCallMe } = joined;
  return { socket, id: participantId, resumeToken: resumeToken ?? '', mayCallMe, told, people };
}

export async function setPolicy(policy: Partial<DialOutPolicy> = {}): Promise<void> {
  const answer = await server.rest('PUT', '/dial-out', { ...POLICY, ...policy });
  expect(answer.status).toBe(200);
}

export async function rest<T>(
  method: string,
  path: string,
  body?: unknown,
  token?: string,
): Promise<[number, T]> {
  const answer = await server.rest(method, path, body, token);
  const text = await answer.text();
  return [answer.status, (text === '' ? undefined : JSON.parse(text)) as T];
}

export const create = (wish: object = {}): Promise<CallView> =>
  askMeet(host.socket, 'call:create', { number: NUMBER, ...wish });
export const progress = (callId: string, state: string, reason?: string) =>
  ask(gateway.socket, 'call:progress', { callId, state, ...(reason && { reason }) });

/** Answered and confirmed: what the gateway does then. */
export async function join(callId: string): Promise<string> {
  await progress(callId, 'confirming');
  return rejoin(callId);
}

export async function rejoin(callId: string): Promise<string> {
  await askGateway(gateway.socket, 'room:open', { meetingId: meeting.id });
  const { participantId } = await askGateway(gateway.socket, 'phone:join', {
    meetingId: meeting.id,
    name: 'Phone',
    number: NUMBER,
    ssrc: 0xcafe,
    callId,
  });
  return participantId;
}

/** The gateway's connection was lost, and it is back. */
export async function gatewayBack(): Promise<void> {
  gateway = await dialIn();
}

/** Calls over a real server, with a trunk that takes them; for each test a meeting and a gateway. */
export function useCalls(): void {
  beforeAll(async () => {
    server = await startServer();
    const outbound = { uri: 'sip:192.0.2.1', callerId: '+15550100' };
    expect((await server.rest('POST', '/trunks', { name: 'Out', outbound })).status).toBe(201);
    const [, session] = await rest<{ token: string }>('POST', '/sessions', ADMIN);
    sessionToken = session.token;
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await setPolicy({ ...MANY, callMe: 'everybody' });
    gateway = await dialIn();
    meeting = await server.createMeeting();
    host = await enter(meeting, 'Host', true);
  });
  afterEach(async () => {
    await server.rest('DELETE', `/meetings/${meeting.id}`);
    gateway.socket.disconnect();
  });
}
