import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTrunkSchema, createDidSchema, type User } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore, type Meeting } from '../meetings/MeetingStore.ts';
import { DialPlan } from './DialPlan.ts';
import { ha1Of } from './digest.ts';
import { trunkView, type Trunk } from './TrunkStore.ts';

const owner: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };
const PASSWORD = 'Circle of Life';
const digest = { username: 'Mufasa', password: PASSWORD, realm: 'pbx' };

let dir: string;
let db: Database;
let plan: DialPlan;
let meeting: Meeting;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-trunks-'));
  db = await openDatabase(dir);
  const createdAt = '2026-01-01T00:00:00.000Z';
  await db
    .insertInto('users')
    .values({ ...owner, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
    .execute();
  meeting = await new MeetingStore(db).create(owner, {});
  plan = await DialPlan.open(db);
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

const makeTrunk = (wish: object): Promise<Trunk> =>
  plan.trunks.create(createTrunkSchema.parse({ name: 'Carrier', ...wish }));
const makeDid = (wish: object) =>
  plan.dids.create(createDidSchema.parse({ number: '+15550199', ...wish }));

describe('a new database', () => {
  it('takes calls from this machine, to one number', () => {
    expect(plan.openTrunks).toMatchObject([
      { name: 'loopback', cidrs: ['127.0.0.0/8', '::1/128'], digest: null, enabled: true },
    ]);
    expect(plan.promptNumbers).toEqual(['+15550100']);
  });

  it('keeps what became of them over a second start', async () => {
    await plan.dids.delete((await plan.dids.list())[0]!.id);
    await plan.trunks.update(plan.openTrunks[0]!.id, { enabled: false });
    const again = await DialPlan.open(db);
    expect([again.openTrunks, again.promptNumbers]).toEqual([[], []]);
  });
});

describe('trunks', () => {
  it('a password can be checked against, and is kept nowhere', async () => {
    const trunk = await makeTrunk({ digest });
    // RFC 7616 section 3.4.2, with echo -n 'Mufasa:pbx:Circle of Life' | md5sum.
    expect(trunk.digest?.ha1).toEqual(ha1Of(digest));
    expect(trunk.digest?.ha1.md5).toBe('8d375a8e48df5222e0d5e826c4e14774');
    expect(JSON.stringify(trunkView(trunk))).not.toMatch(/Circle|ha1|[\da-f]{32}/);
    await db.destroy();
    expect(readFileSync(join(dir, 'switchroom.db')).includes(PASSWORD)).toBe(false);
    db = await openDatabase(dir);
  });

  it('a change leaves alone what it does not name', async () => {
    const trunk = await makeTrunk({ digest, cidrs: ['192.0.2.0/24'] });
    const changed = await plan.trunks.update(trunk.id, { maxCalls: 7 });
    expect(changed).toEqual({ ...trunk, maxCalls: 7 });
    expect(await plan.trunks.get(trunk.id)).toEqual(changed);
    const open = await plan.trunks.update(trunk.id, { digest: null });
    expect(open.digest).toBeNull();
  });

  it('one that an older version kept has the defaults of what it did not know', async () => {
    const outbound = { uri: 'sip:carrier.example.net', callerId: '+15550100' };
    const trunk = await makeTrunk({ outbound });
    const { fromUser: _, ...old } = trunk.outbound!;
    const row = { outbound: JSON.stringify(old) };
    await db.updateTable('trunks').set(row).where('id', '=', trunk.id).execute();
    expect(await plan.trunks.get(trunk.id)).toEqual(trunk);
  });

  it('one that an older version took, which was less strict, can still be read, and be mended', async () => {
    const outbound = { uri: 'sip:carrier.example.net', callerId: '+15550100' };
    const trunk = await makeTrunk({ outbound });
    const old = { ...trunk.outbound!, uri: 'sip:2001:db8::1', callerId: '+05550100' };
    const row = { outbound: JSON.stringify({ ...old, later: true }) };
    await db.updateTable('trunks').set(row).where('id', '=', trunk.id).execute();
    expect((await plan.trunks.get(trunk.id)).outbound).toMatchObject(old);
    const { enabled } = await plan.trunks.update(trunk.id, { enabled: false });
    expect(enabled).toBe(false);
    expect(await plan.trunks.update(trunk.id, { outbound: trunk.outbound })).toMatchObject({
      outbound: trunk.outbound,
    });
  });

  it('one by which nobody or anybody could call is refused', async () => {
    await expect(makeTrunk({})).rejects.toMatchObject({ code: 'bad-request' });
    const trunk = await makeTrunk({ digest });
    await expect(plan.trunks.update(trunk.id, { digest: null })).rejects.toMatchObject({
      code: 'bad-request',
    });
    expect(await plan.trunks.get(trunk.id)).toEqual(trunk);
  });

  it('one for calls to the outside needs nothing else; its password is told to gateways alone', async () => {
    const outbound = { uri: 'sip:carrier.example.net', callerId: '+15550100' };
    const user = { username: 'us', password: PASSWORD };
    const trunk = await makeTrunk({ outbound: { ...outbound, ...user, register: true } });
    expect(trunk).toMatchObject({ cidrs: [], digest: null, srtp: 'optional' });
    const shown = {
      ...outbound,
      fromUser: 'caller-id',
      username: 'us',
      priority: 10,
      register: true,
      maxCalls: 30,
    };
    expect(trunkView(trunk).outbound).toEqual(shown);
    expect(JSON.stringify(trunkView(trunk))).not.toContain(PASSWORD);
    expect(plan.news.trunks[1]).toMatchObject({ outbound: { ...shown, password: PASSWORD } });
    // A digest is made of nothing less than the password.
    expect(await plan.trunks.get(trunk.id)).toEqual(trunk);
    const none = plan.trunks.update(trunk.id, { outbound: null });
    await expect(none).rejects.toMatchObject({ code: 'bad-request' });
    const half = { outbound: { ...trunk.outbound!, password: null } };
    await expect(plan.trunks.update(trunk.id, half)).rejects.toMatchObject({ code: 'bad-request' });
    const secure = { srtp: 'required', clientCertificate: true } as const;
    const changed = await plan.trunks.update(trunk.id, secure);
    expect(changed).toEqual({ ...trunk, ...secure });
    expect(await plan.trunks.get(trunk.id)).toEqual(changed);
    expect((await plan.trunks.update(trunk.id, { name: 'Other' })).outbound).toEqual(
      trunk.outbound,
    );
  });

  it('name, and user with realm, are unique', async () => {
    await makeTrunk({ digest });
    const taken = { code: 'conflict' };
    await expect(makeTrunk({ cidrs: ['192.0.2.0/24'] })).rejects.toMatchObject(taken);
    await expect(makeTrunk({ name: 'Other', digest })).rejects.toMatchObject(taken);
    await makeTrunk({ name: 'Other', digest: { ...digest, realm: 'other' } });
  });

  it('one that a DID is bound to stays', async () => {
    const trunk = await makeTrunk({ digest });
    const did = await makeDid({ trunkId: trunk.id });
    await expect(plan.trunks.delete(trunk.id)).rejects.toMatchObject({ code: 'conflict' });
    await plan.dids.update(did.id, { trunkId: null });
    await plan.trunks.delete(trunk.id);
    await expect(plan.trunks.delete(trunk.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('every change is told once it counts', async () => {
    let told = 0;
    plan.on('changed', () => (told += 1));
    const trunk = await makeTrunk({ digest });
    await plan.trunks.update(trunk.id, { enabled: false });
    await plan.trunks.delete(trunk.id);
    const did = await makeDid({});
    await plan.dids.delete(did.id);
    expect(told).toBe(5);
  });
});

describe('DIDs', () => {
  it('are found in whatever form they are dialled', () => {
    expect(plan.find('+1 (555) 0100')?.number).toBe('+15550100');
    expect(plan.find('15550100')?.number).toBe('+15550100');
    expect(plan.find('5550100')).toBeUndefined();
    expect(plan.find('')).toBeUndefined();
  });

  it('bound to a trunk, are reached by it alone and only while it is enabled', async () => {
    const trunk = await makeTrunk({ digest });
    const did = await makeDid({ trunkId: trunk.id, language: 'fr' });
    expect(plan.find(did.number, trunk.id)).toEqual(did);
    expect(plan.find(did.number, 'other')).toBeUndefined();
    expect(plan.promptNumbers).toEqual(['+15550100', '+15550199']);
    await plan.trunks.update(trunk.id, { enabled: false });
    expect(plan.find(did.number, trunk.id)).toBeUndefined();
    expect(plan.promptNumbers).toEqual(['+15550100']);
  });

  it('of one meeting are not among those with a PIN', async () => {
    const did = await makeDid({ meetingId: meeting.id });
    expect(plan.find(did.number)?.meetingId).toBe(meeting.id);
    expect(plan.promptNumbers).toEqual(['+15550100']);
    await plan.dids.update(did.id, { meetingId: null });
    expect(plan.promptNumbers).toEqual(['+15550100', '+15550199']);
  });

  it('disabled, are not ours', async () => {
    const did = await makeDid({ enabled: false });
    expect(plan.find(did.number)).toBeUndefined();
    expect((await plan.dids.update(did.id, { enabled: true })).enabled).toBe(true);
    expect(plan.find(did.number)).toBeDefined();
  });

  it('are refused where they lead nowhere or twice', async () => {
    await expect(makeDid({ trunkId: 'x' })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(makeDid({ meetingId: 'x' })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(makeDid({ number: '+15550100' })).rejects.toMatchObject({ code: 'conflict' });
    await new MeetingStore(db).end(meeting.id);
    await expect(makeDid({ meetingId: meeting.id })).rejects.toMatchObject({
      code: 'meeting-ended',
    });
    await expect(plan.dids.get('x')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('what may be written', () => {
  it.each([
    [{ cidrs: ['192.0.2.1'] }],
    [{ cidrs: ['192.0.2.0/33'] }],
    [{ cidrs: ['example.org/8'] }],
    [{ digest: { ...digest, username: 'a:b' } }],
    [{ digest: { ...digest, realm: 'a"b' } }],
    [{ digest: { ...digest, password: 'short' } }],
    [{ maxCalls: 0 }],
    [{ callsPerSecond: 0.5 }],
  ])('not a trunk with %j', (wish) => {
    const trunk = { name: 'Carrier', cidrs: ['192.0.2.0/24'], ...wish };
    expect(createTrunkSchema.safeParse(trunk).success).toBe(false);
  });

  it.each([[{ number: '5550100' }], [{ number: '+1 555 0100' }], [{ language: 'klingon!' }]])(
    'not a DID with %j',
    (wish) => {
      expect(createDidSchema.safeParse({ number: '+15550199', ...wish }).success).toBe(false);
    },
  );
});
