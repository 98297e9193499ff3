import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePhoneMedia } from '../media/fake/FakePhoneMedia.ts';
import type { Refusal } from './Refusals.ts';
import { Switchboard } from './Switchboard.ts';
import { FakeCall } from './testing/FakeCall.ts';
import { FakeRooms } from './testing/FakeRooms.ts';
import { authorizationFor, digestUser } from './testing/digestClient.ts';
import { gatewayTrunk } from './testing/gatewayTrunk.ts';
import { Trunks } from './Trunks.ts';

let media: FakePhoneMedia;
let switchboard: Switchboard;
let trunks: Trunks;
let now: number;
let refused: Refusal[];

beforeEach(() => {
  now = 0;
  refused = [];
  trunks = new Trunks(() => now);
  trunks.update({ trunks: [gatewayTrunk()], numbers: [] });
  media = new FakePhoneMedia({ promptsEnd: false });
  switchboard = new Switchboard({
    media,
    rooms: new FakeRooms(),
    trunks,
    now: () => now,
    logger: pino({ level: 'silent' }),
    maxCalls: 3,
    onRefused: (refusal) => refused.push(refusal),
  });
});

async function accept(call = new FakeCall()): Promise<FakeCall> {
  switchboard.accept(call);
  await vi.waitFor(() => expect(call.sent.length).toBeGreaterThan(0));
  return call;
}

describe('Switchboard', () => {
  it('makes a leg of a call', async () => {
    const call = await accept();
    await vi.waitFor(() => expect(call.sent).toEqual(['180', '200']));
    expect(switchboard.legs).toHaveLength(1);
  });

  it('refuses a call from elsewhere with 403', async () => {
    const call = await accept(new FakeCall({ source: '192.0.2.7' }));
    expect(call.sent).toEqual(['403']);
    expect(switchboard.legs).toEqual([]);
  });

  it('tells of each that it refuses, and why', async () => {
    trunks.update({ trunks: [gatewayTrunk({ callsPerSecond: 1 })], numbers: [] });
    await accept(new FakeCall({ source: '192.0.2.7' }));
    expect(switchboard.knows('192.0.2.8')).toBe(false);
    await accept();
    await accept(); // The second within a second.
    now += 1000;
    await accept(Object.assign(new FakeCall(), { dialled: undefined }));
    const trunkId = gatewayTrunk().id;
    const { source } = new FakeCall();
    expect(refused).toEqual([
      { source: '192.0.2.7', reason: 'stranger', code: 403 },
      { source: '192.0.2.8', reason: 'stranger', code: 403 },
      { source, reason: 'trunk-limit', code: 503, trunkId },
      { source, reason: 'bad-invite', code: 404, trunkId },
    ]);
  });

  it('refuses everybody where there is no trunk', async () => {
    trunks.update({ trunks: [], numbers: [] });
    expect((await accept()).sent).toEqual(['403']);
  });

  it('has no time for anybody before the server has told of trunks', async () => {
    const early = new Switchboard({
      media,
      rooms: new FakeRooms(),
      trunks: new Trunks(),
      logger: pino({ level: 'silent' }),
    });
    const call = new FakeCall();
    early.accept(call);
    expect(call.sent).toEqual(['503']);
  });

  it('refuses a stranger with 403 whatever is dialled, however full it is', async () => {
    await switchboard.close();
    const call = Object.assign(new FakeCall({ source: '192.0.2.7' }), { dialled: undefined });
    expect((await accept(call)).sent).toEqual(['403']);
  });

  it('asks for a digest with 401, and counts no call before it is right', async () => {
    const digest = digestUser('carrier', 'very secret words');
    trunks.update({ trunks: [gatewayTrunk({ digest, callsPerSecond: 1 })], numbers: [] });
    const call = await accept();
    expect(call.sent).toEqual(['401']);
    const challenge = call.headers['WWW-Authenticate'] ?? '';
    const answer = { username: 'carrier', password: 'very secret words', uri: call.uri };
    const wrong = Object.assign(new FakeCall(), {
      authorization: authorizationFor(challenge, { ...answer, password: 'guess' }),
    });
    expect((await accept(wrong)).sent).toEqual(['401']);
    const right = Object.assign(new FakeCall(), {
      authorization: authorizationFor(challenge, answer),
    });
    expect((await accept(right)).sent[0]).toBe('180');
  });

  it('keeps to the calls of a trunk, and leaves those that are up alone', async () => {
    trunks.update({ trunks: [gatewayTrunk({ maxCalls: 1 })], numbers: [] });
    const first = await accept();
    await vi.waitFor(() => expect(first.sent).toEqual(['180', '200']));
    const excess = await accept();
    expect(excess.sent).toEqual(['503']);
    // Fewer now, and over none at all: the call stays.
    trunks.update({ trunks: [], numbers: [] });
    trunks.update({ trunks: [gatewayTrunk({ maxCalls: 1 })], numbers: [] });
    expect((await accept()).sent).toEqual(['503']);
    expect(first.sent).toEqual(['180', '200']);
    first.emit({ type: 'ended', lost: false });
    await vi.waitFor(() => expect(switchboard.legs).toEqual([]));
    expect((await accept()).sent[0]).toBe('180');
  });

  it('keeps to the calls a second of a trunk, unknown numbers counted', async () => {
    trunks.update({ trunks: [gatewayTrunk({ callsPerSecond: 2 })], numbers: [] });
    const unknown = () => Object.assign(new FakeCall(), { dialled: undefined });
    expect((await accept(unknown())).sent).toEqual(['404']);
    expect((await accept()).sent[0]).toBe('180');
    const fast = await accept();
    // Within a second there is room, and the trunk is not to be left alone for longer.
    expect([fast.sent, fast.headers]).toEqual([['503'], { 'Retry-After': '1' }]);
    now += 500;
    expect((await accept()).sent[0]).toBe('180');
    expect((await accept(unknown())).sent).toEqual(['503']);
  });

  it('refuses what is not a number with 404', async () => {
    const call = Object.assign(new FakeCall(), { dialled: undefined });
    expect((await accept(call)).sent).toEqual(['404']);
  });

  it('refuses one call too many with 503, and takes one again when another ended', async () => {
    const [first] = [await accept(), await accept(), await accept()];
    const excess = await accept();
    // Nobody knows when one will end: the constant of all refusals.
    expect([excess.sent, excess.headers]).toEqual([['503'], {}]);
    first.emit({ type: 'ended', lost: false });
    await vi.waitFor(() => expect(switchboard.legs).toHaveLength(2));
    const again = await accept();
    expect(again.sent[0]).toBe('180');
  });

  it('close() says BYE to every leg and takes no more', async () => {
    const calls = [await accept(), await accept()];
    await vi.waitFor(() => expect(calls.map(({ sent }) => sent.at(-1))).toEqual(['200', '200']));
    await switchboard.close();
    expect(calls.map(({ sent }) => sent.at(-1))).toEqual(['BYE', 'BYE']);
    expect(switchboard.legs).toEqual([]);
    expect(media.legs.size).toBe(0);
    expect((await accept()).sent).toEqual(['503']);
    await switchboard.close();
  });

  it('ends every leg when the SIP server is gone', async () => {
    await accept();
    const ended = Promise.withResolvers<unknown>();
    switchboard.legs[0]!.once('ended', ended.resolve);
    switchboard.signalingLost();
    expect(await ended.promise).toMatchObject({ by: 'network', reason: 'signaling-lost' });
    expect(switchboard.legs).toEqual([]);
  });
});
