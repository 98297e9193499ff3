import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Room } from '../../room/Room.ts';
import { Diary, someone } from '../../room/testing/Diary.ts';
import { FakeRouter } from '../../sfu/fake/FakeRouter.ts';
import type { FakeTransport } from '../../sfu/fake/FakeTransport.ts';
import { GatewayPhones } from './GatewayPhones.ts';

const logger = pino({ level: 'silent' });
const OPEN = {
  waitForHost: false,
  entry: 'tones',
  consent: 'notice',
  numberPrivacy: 'last-four',
} as const;

describe('GatewayPhones', () => {
  let router: FakeRouter;
  let room: Room;
  let transport: FakeTransport;
  let origin: Diary;
  let phones: GatewayPhones;

  beforeEach(async () => {
    router = new FakeRouter();
    room = new Room({ meetingId: 'm1', router, logger });
    transport = await router.createPlainTransport();
    origin = new Diary('phone');
    room.listen(origin);
    phones = new GatewayPhones({ room, transport, origin, logger });
    room.configure({ ...OPEN, lobby: true });
    // Somebody is in, so that the room stays.
    room.add(someone('Hal', new Diary(), { role: 'host' }));
  });

  it('in the lobby a phone has no producer, and none hears before one is let in', async () => {
    expect(phones.hear).toBe(false);
    const { id } = await phones.add({ name: 'One', ssrc: 1 });
    expect([router.producers, phones.hear]).toEqual([[], false]);
    await expect(phones.add({ name: 'Twin', ssrc: 1 })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await room.setMuted(id, true);
    room.admit(id);
    expect(phones.hear).toBe(true);
    await vi.waitFor(() => expect(router.producers).toMatchObject([{ paused: true }]));
  });

  it('without phones it hears before the first is in, unless that one would have to wait', () => {
    room.configure({ ...OPEN, lobby: false });
    expect(phones.hear).toBe(true);
  });

  it('a door that is shut while the stream is made leaves nothing that could be heard', async () => {
    room.configure({ ...OPEN, lobby: false });
    const adding = phones.add({ name: 'One', ssrc: 1 });
    room.configure({ ...OPEN, lobby: true });
    const participant = await adding;
    expect(participant.state).toBe('lobby');
    expect(router.producers).toMatchObject([{ closed: true }]);
    room.admit(participant.id);
    await vi.waitFor(() => expect(router.producers[1]).toMatchObject({ closed: false }));
  });

  it('a room that is locked while the stream is made keeps the phone out, and no stream', async () => {
    await phones.add({ name: 'One', ssrc: 1 });
    room.configure({ ...OPEN, lobby: false });
    const late = phones.add({ name: 'Two', ssrc: 2 });
    room.setLocked(true);
    await expect(late).rejects.toMatchObject({ code: 'meeting-locked' });
    expect(router.producers.find(({ closed }) => closed)).toBeDefined();
    expect(room.participants().map(({ name }) => name)).toEqual(['Hal', 'One']);
    await expect(phones.add({ name: 'Three', ssrc: 3 })).rejects.toMatchObject({
      code: 'meeting-locked',
    });
  });

  it('a phone that is let in without a stream to be had is put out again', async () => {
    const { id } = await phones.add({ name: 'One', ssrc: 1 });
    await transport.producePlain(1);
    origin.read();
    room.admit(id);
    await vi.waitFor(() => expect(room.has(id)).toBe(false));
    expect(origin.read()).toContain('left media-failed');
    expect(phones.has(id)).toBe(false);
  });

  it('one that leaves the lobby as it is let in leaves nothing', async () => {
    const { id } = await phones.add({ name: 'One', ssrc: 1 });
    room.admit(id);
    phones.remove(id);
    await vi.waitFor(() => expect(router.producers).toMatchObject([{ closed: true }]));
    expect(room.has(id)).toBe(false);
  });

  it('who was put out waits when the same number calls again, in that meeting alone', async () => {
    room.configure({ ...OPEN, lobby: false });
    const call = { name: 'One', caller: { name: 'One', number: '+15550123' } };
    const { id, knownBy } = await phones.add({ ...call, ssrc: 1 });
    room.remove(id, 'removed');
    expect((await phones.add({ ...call, ssrc: 2 })).waiting).toBe(true);
    const withheld = { name: 'Two', caller: { name: 'Two', number: '' } };
    expect((await phones.add({ ...withheld, ssrc: 3 })).knownBy).toEqual([]);
    const other = new Room({ meetingId: 'm2', router, logger });
    const there = new GatewayPhones({ room: other, transport, origin, logger });
    const same = await there.add({ ...call, ssrc: 4 });
    expect(same.knownBy).toHaveLength(1);
    expect(same.knownBy).not.toEqual(knownBy);
  });

  it('carries another’s sound until it hangs up, and tells so once', async () => {
    const browser = new Diary();
    const ann = someone('Ann', browser, { invited: true });
    room.add(ann);
    const { id } = ann.participant;
    const gone = vi.fn();
    expect(ann.participant.state).toBe('connecting');
    expect(await phones.carry(id, 1, gone)).toMatchObject({ id, audio: 'phone', state: 'joined' });
    expect(phones.hear).toBe(true);
    phones.remove(id);
    phones.remove(id);
    expect(gone).toHaveBeenCalledTimes(1);
    expect(room.participants()).toMatchObject([{}, { id, audio: 'browser' }]);
    await expect(phones.carry('nobody', 2, gone)).rejects.toMatchObject({ code: 'not-found' });
    expect(router.producers.every(({ closed }) => closed)).toBe(true);
    expect(phones.has('nobody')).toBe(false);
  });

  it('hears no more once the one whose sound it carried has left, and only the lobby remains', async () => {
    Object.defineProperty(origin, 'hears', { get: () => phones.hear });
    origin.participantLeft = (participantId) => phones.forget(participantId);
    const [bob, ann] = [
      someone('Bob', new Diary(), { role: 'host' }),
      someone('Ann', new Diary(), { role: 'host' }),
    ];
    for (const host of [bob, ann]) room.add(host);
    await room.setSource(
      bob.participant.id,
      await (await router.createPlainTransport()).producePlain(9),
    );
    await phones.add({ name: 'One', ssrc: 1 });
    expect(origin.read()).not.toContain('hears Bob');
    await phones.carry(ann.participant.id, 2, vi.fn());
    expect(origin.read()).toContain('hears Bob');
    room.leave(ann.participant.id, 'left');
    expect(origin.read()).toContain('hears one less');
  });

  it('transportClosed() forgets all, and takes no more', async () => {
    const gone = vi.fn();
    const ann = someone('Ann', new Diary(), { invited: true });
    room.add(ann);
    await phones.carry(ann.participant.id, 1, gone);
    phones.transportClosed();
    phones.transportClosed();
    expect(gone).toHaveBeenCalledTimes(1);
    await expect(phones.add({ name: 'Late', ssrc: 2, invited: true })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(router.producers.at(-1)!.closed).toBe(true);
  });
});
