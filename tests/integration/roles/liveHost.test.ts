import type { MeetingView } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinMeeting } from '../meetHarness.ts';
import { ask, next } from '../serverHarness.ts';
import { Company, PASSWORD } from './Company.ts';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
}, 60_000);
afterAll(() => company.close());

/** The user of this name is in a locked meeting of theirs, as its host. */
async function hosting(name: string) {
  await company.makeUser(name, ['host']);
  const made = await company.as(name, 'POST', '/meetings', { title: 'Board' });
  const meeting = (await made.json()) as MeetingView;
  const sessionToken = company.tokens.get(name)!;
  const host = await joinMeeting(company.server, meeting, name, { sessionToken });
  const lock = () => ask(host.socket, 'room:setLocked', { locked: true });
  expect(await lock()).toMatchObject({ ok: true });
  const comeBack = async (token: string) => {
    const resumeToken = host.room.resumeToken!;
    const back = await joinMeeting(company.server, meeting, name, {
      ...{ sessionToken: token, resumeToken },
    });
    const self = back.room.participants.find(({ id }) => id === back.room.participantId);
    const may = await ask(back.socket, 'room:setLocked', { locked: false });
    back.socket.disconnect();
    return { ...self, may };
  };
  return { ...host, lock, sessionToken, comeBack };
}

const path = (name: string): string => `/users/${company.ids.get(name)}`;
const withdrawals: Record<string, (name: string) => Promise<Response>> = {
  'the user is removed': (name) => company.as('administrator', 'DELETE', path(name)),
  'the role is taken away': (name) =>
    company.as('administrator', 'PATCH', path(name), { roles: ['auditor'] }),
  'another password is set': (name) =>
    company.as('administrator', 'PATCH', path(name), { password: 'a password of ours' }),
  'they sign out': (name) => company.as(name, 'DELETE', '/sessions'),
};

describe('a host in a live meeting', () => {
  it.each(Object.keys(withdrawals))('is none any more once %s', async (what) => {
    const name = what.replaceAll(' ', '-');
    const { socket, room, lock, sessionToken, comeBack } = await hosting(name);
    const out = next(socket, 'participant:left');
    expect((await withdrawals[what]!(name)).ok).toBe(true);
    // As one who lost the connection: the seat is kept, and the lock does not hold them out.
    expect(await out).toEqual({ participantId: room.participantId, reason: 'connection-lost' });
    expect(await lock()).toMatchObject({ code: 'conflict' });
    const back = await comeBack(sessionToken);
    expect(back).toMatchObject({ role: 'participant', state: 'connecting' });
    expect(back.may).toMatchObject({ code: 'forbidden' });
    socket.disconnect();
  });

  it('is one again who signs in and comes back', async () => {
    const { socket, sessionToken, comeBack } = await hosting('hal');
    const out = next(socket, 'participant:left');
    await company.server.rest('DELETE', '/sessions', undefined, sessionToken);
    await out;
    const token = await company.signIn({ email: 'hal@example.org', password: PASSWORD });
    expect(await comeBack(token)).toMatchObject({ role: 'host', may: { ok: true } });
    socket.disconnect();
  });

  it('stays one when others are removed, or end another session of theirs', async () => {
    const { socket, lock } = await hosting('ida');
    await company.makeUser('jon', ['host']);
    await company.as('administrator', 'DELETE', path('jon'));
    const other = await company.signIn({ email: 'ida@example.org', password: PASSWORD });
    await company.server.rest('DELETE', '/sessions', undefined, other);
    expect(await lock()).toMatchObject({ ok: true });
    socket.disconnect();
  });
});

it('who is signed in and no host stays when that ends, and may have no phone called any more', async () => {
  const { server } = company;
  const policy = { allowed: ['+1555'], callMe: 'signed-in' };
  expect((await company.as('administrator', 'PUT', '/dial-out', policy)).ok).toBe(true);
  await company.makeUser('gus', ['host']);
  const guest = await joinMeeting(server, company.meeting, 'Gus', {
    sessionToken: company.tokens.get('gus')!,
  });
  const callMe = () => ask(guest.socket, 'call:me', { number: '+441234567' });
  expect(await callMe()).toMatchObject({ code: 'number-not-allowed' });
  await company.as('gus', 'DELETE', '/sessions');
  expect(await callMe()).toMatchObject({ code: 'forbidden' });
  guest.socket.disconnect();
});
