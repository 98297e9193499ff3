import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import type { MediaProducer } from '../sfu/Sfu.ts';
import { LOBBY_LIMIT, type RoomSettings } from './Door.ts';
import { Room } from './Room.ts';
import { Diary, someone } from './testing/Diary.ts';

const OPEN: RoomSettings = {
  lobby: false,
  waitForHost: false,
  entry: 'tones',
  consent: 'notice',
  numberPrivacy: 'last-four',
};

describe('the lobby of a Room', () => {
  let router: FakeRouter;
  let room: Room;
  /** A host's browser, a guest's, and one that only listens, as a recorder does. */
  let [host, guest, recorder] = [new Diary(), new Diary(), new Diary()];
  const joined: string[] = [];

  beforeEach(() => {
    router = new FakeRouter();
    room = new Room({ meetingId: 'm1', router, logger: pino({ level: 'silent' }) });
    [host, guest, recorder] = [new Diary(), new Diary(), new Diary()];
    host.hosts = true;
    joined.length = 0;
    room.events.on('joined', ({ name }) => joined.push(name));
    room.listen(recorder);
  });

  async function produce(ssrc: number): Promise<MediaProducer> {
    return (await router.createPlainTransport()).producePlain(ssrc);
  }

  /** As a browser does: in the lobby its listener is not inside. */
  function enter(name: string, diary: Diary, role: 'host' | 'participant' = 'participant') {
    const member = someone(name, diary, { role });
    Object.defineProperty(diary, 'inside', { get: () => !member.participant.waiting });
    room.add(member);
    room.listen(diary);
    return member;
  }

  it('holds back whoever is no host, and only hosts see them', () => {
    room.configure({ ...OPEN, lobby: true });
    recorder.read();
    enter('Hal', host, 'host');
    enter('Gus', guest);
    expect(recorder.read()).toEqual(['joined Hal', 'waiting 1']);
    expect(host.read()).toEqual(['joined Gus (lobby)', 'waiting 1']);
    expect(guest.read()).toEqual([]);
    expect([room.size, room.waiting, room.live]).toEqual([1, 1, true]);
    expect(joined).toEqual(['Hal']);
    expect(room.participants(guest)).toMatchObject([{ name: 'Gus', state: 'lobby' }]);
    expect(room.participants(host)).toHaveLength(2);
    expect(room.participants(recorder)).toMatchObject([{ name: 'Hal' }]);
    expect(room.participants()).toHaveLength(2);
  });

  it('tells one in it nothing of the room, and lets it hear and be heard only once it is let in', async () => {
    room.configure({ ...OPEN, lobby: true });
    const hal = enter('Hal', host, 'host');
    const gus = enter('Gus', guest);
    await room.setSource(hal.participant.id, await produce(1));
    room.setHandRaised(hal.participant.id, true);
    room.setRecording(true);
    room.setLocked(true);
    router.events.emit('levels', []);
    const early = await produce(2);
    await expect(room.setSource(gus.participant.id, early)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(router.producers.at(-1)!.closed).toBe(true);
    expect(guest.read()).toEqual([]);
    [host, recorder].forEach((diary) => diary.read());

    room.admit(gus.participant.id);
    room.admit(gus.participant.id);
    expect(gus.gone).toEqual(['admitted']);
    expect(guest.read()).toEqual([
      'updated {"name":"Gus","muted":false,"handRaised":false,"state":"connecting"}',
      'hears Hal',
      'waiting 0',
    ]);
    expect(host.read()[0]).toMatch(/^updated .*connecting/);
    expect(recorder.read()).toEqual(['joined Gus', 'waiting 0']);
    expect(joined).toEqual(['Hal', 'Gus']);
    await room.setSource(gus.participant.id, await produce(3));
    expect(host.read()).toEqual(['hears Gus']);
  });

  it('takes so many and no more, but hosts and those a host called', () => {
    room.configure({ ...OPEN, lobby: true });
    const lines = new Diary();
    for (let count = 0; count < LOBBY_LIMIT; count += 1) room.add(someone('Gus', lines));
    expect(() => room.add(someone('One more', lines))).toThrow(/Too many wait/);
    room.add(someone('Called', lines, { invited: true }));
    room.add(someone('Hal', host, { role: 'host' }));
    expect([room.size, room.waiting]).toEqual([2, LOBBY_LIMIT]);
  });

  it('those who are let in together are told of each other once', () => {
    room.configure({ ...OPEN, lobby: true });
    enter('Hal', host, 'host');
    const [gus, other] = [enter('Gus', guest), new Diary()];
    enter('Ada', other);
    [host, recorder].forEach((diary) => diary.read());
    const states: string[] = [];
    gus.admitted = () => states.push(...room.participants(guest).map(({ state }) => state));
    expect(room.admitAll()).toBe(2);
    expect(states).toEqual(['connecting', 'connecting', 'connecting']);
    for (const diary of [guest, other]) {
      expect(diary.read()).toEqual([expect.stringMatching(/^updated .*connecting/), 'waiting 0']);
    }
    expect(recorder.read()).toEqual(['joined Gus', 'joined Ada', 'waiting 0']);
    expect(host.read()).toHaveLength(3);
  });

  it('waits for the first host, who lets everybody in by coming, and not for a second one', () => {
    room.configure({ ...OPEN, waitForHost: true });
    const gus = enter('Gus', guest);
    expect(room.size).toBe(0);
    const hal = enter('Hal', host, 'host');
    expect(gus.gone).toEqual(['admitted']);
    room.leave(hal.participant.id, 'left');
    expect(room.size).toBe(1);
    expect(enter('Late', new Diary()).participant.waiting).toBe(false);
  });

  it('with a lobby a host who comes lets nobody in', () => {
    room.configure({ ...OPEN, lobby: true, waitForHost: true });
    const gus = enter('Gus', guest);
    enter('Hal', host, 'host');
    expect(gus.participant.waiting).toBe(true);
    expect(room.admitAll()).toBe(1);
    expect(room.admitAll()).toBe(0);
  });

  it('whom a host called waits for the host alone', () => {
    room.configure({ ...OPEN, lobby: true, waitForHost: true });
    const gus = enter('Gus', guest);
    const called = someone('Called', new Diary(), { invited: true });
    room.add(called);
    expect(called.participant.waiting).toBe(true);
    enter('Hal', host, 'host');
    expect([called.participant.waiting, gus.participant.waiting]).toEqual([false, true]);
  });

  it('is emptied into the room when it is switched off, unless a host is still waited for', () => {
    room.configure({ ...OPEN, lobby: true, waitForHost: true });
    const gus = enter('Gus', guest);
    room.configure({ ...OPEN, waitForHost: true });
    expect(gus.participant.waiting).toBe(true);
    room.configure(OPEN);
    expect(gus.participant.waiting).toBe(false);
    recorder.read();
    room.configure(OPEN);
    expect(recorder.read()).toEqual([]);
  });

  it('outlives those who were let in, and the room ends when nobody is there at all', () => {
    let emptied = 0;
    room.events.on('emptied', () => (emptied += 1));
    room.configure({ ...OPEN, lobby: true });
    const hal = enter('Hal', host, 'host');
    const gus = enter('Gus', guest);
    room.leave(hal.participant.id, 'left');
    expect([room.closed, room.size, room.waiting, emptied]).toEqual([false, 0, 1, 1]);
    room.leave(gus.participant.id, 'left');
    expect([room.closed, emptied]).toEqual([true, 1]);
  });

  it('room.remove() from it is told to hosts and to the one, and to nobody else', () => {
    room.configure({ ...OPEN, lobby: true });
    enter('Hal', host, 'host');
    const gus = enter('Gus', guest);
    [host, recorder].forEach((diary) => diary.read());
    room.remove(gus.participant.id, 'removed');
    expect(guest.read()).toEqual(['left removed']);
    expect(host.read()).toEqual(['left removed', 'waiting 0']);
    expect(recorder.read()).toEqual(['waiting 0']);
    expect(() => room.remove(gus.participant.id, 'removed')).toThrow(/no such participant/);
  });

  it('whoever a host called comes in, and through a lock, too', () => {
    room.configure({ ...OPEN, lobby: true });
    enter('Hal', host, 'host');
    room.setLocked(true);
    room.setLocked(true);
    expect(host.read()).toEqual(['locked true']);
    expect(() => room.door.check(someone('Gus', guest))).toThrow(/locked/);
    expect(() => room.add(someone('Gus', guest))).toThrow(/locked/);
    expect(room.participants()).toHaveLength(1);
    room.add(someone('Called', guest, { invited: true }));
    room.add(someone('Co-host', guest, { role: 'host' }));
    expect(room.size).toBe(3);
    room.setLocked(false);
    expect(enter('Gus', guest).participant.waiting).toBe(true);
  });
});
