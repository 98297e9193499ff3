import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import { FakeSfu } from '../sfu/fake/FakeSfu.ts';
import { DoorMemory } from './DoorMemory.ts';
import { Room } from './Room.ts';
import { Rooms } from './Rooms.ts';
import { SEAT_KEPT_MS, Seats } from './Seats.ts';
import { Diary, someone } from './testing/Diary.ts';

const logger = pino({ level: 'silent' });
const LOBBY = {
  lobby: true,
  waitForHost: true,
  entry: 'tones',
  consent: 'notice',
  numberPrivacy: 'last-four',
} as const;

let now: number;
let room: Room;
let host: Diary;
beforeEach(() => {
  now = 1000;
  const memory = new DoorMemory({ now: () => now });
  room = new Room({ meetingId: 'm1', router: new FakeRouter(), logger, memory });
  room.configure(LOBBY);
  host = new Diary();
  host.hosts = true;
  room.add(someone('Hal', host, { role: 'host' }));
  room.listen(host);
});

/** `token`: of the seat that they had. */
function enter(name: string, token?: string, into = room) {
  const returnsTo = into.door.seatOf(token);
  const member = someone(name, new Diary(), returnsTo === undefined ? {} : { returnsTo });
  into.add(member);
  return member;
}

function admitted(name = 'Gus') {
  const member = enter(name);
  room.admit(member.participant.id);
  return member.participant;
}

describe('one who was let in and lost the connection', () => {
  it('comes back past lobby and lock, once, by the token that only they know', () => {
    const { id, seat } = admitted();
    room.leave(id, 'connection-lost');
    room.setLocked(true);
    expect(() => enter('Other', id)).toThrow(/locked/);
    expect(() => enter('Other', 'guess')).toThrow(/locked/);
    const { participant } = enter('Gus', seat);
    expect(participant.waiting).toBe(false);
    expect(participant.seat).not.toBe(seat);
    expect(() => enter('Thief', seat)).toThrow(/locked/);
    room.leave(participant.id, 'connection-lost');
    expect(enter('Gus', participant.seat).participant.waiting).toBe(false);
  });

  it('takes the place of the former connection, of whose loss nobody knows yet', () => {
    const { id, seat } = admitted();
    host.read();
    enter('Gus', seat);
    expect(host.read()).toEqual(['joined Gus', 'left connection-lost']);
    expect(room.has(id)).toBe(false);
    expect(room.size).toBe(2);
  });

  it('finds the seat free for five minutes', () => {
    const [early, late] = [admitted(), admitted()];
    for (const { id } of [early, late]) room.leave(id, 'connection-lost');
    now += SEAT_KEPT_MS;
    expect(enter('Early', early.seat).participant.waiting).toBe(false);
    now += 1;
    expect(enter('Late', late.seat).participant.waiting).toBe(true);
  });

  it.each(['left', 'removed'] as const)(
    'but one who is out as %s has no seat any more',
    (reason) => {
      const { id, seat } = admitted();
      room.remove(id, reason);
      expect(enter('Gus', seat).participant.waiting).toBe(true);
    },
  );

  it('nor has one who only waited', () => {
    const { id, seat } = enter('Gus').participant;
    room.leave(id, 'connection-lost');
    expect(enter('Gus', seat).participant.waiting).toBe(true);
  });
});

describe('seats of a meeting', () => {
  it.each([
    ['media-failed', false],
    ['meeting-ended', true],
  ] as const)('in a room after one that closed for %s: waits %s', async (reason, waits) => {
    const rooms = new Rooms({ sfu: new FakeSfu(), logger });
    const first = await rooms.enter('m1');
    const { seat } = enter('Gus', undefined, first.room).participant;
    first.release();
    first.room.close(reason);
    const second = await rooms.enter('m1');
    second.room.configure(LOBBY);
    expect(enter('Gus', seat, second.room).participant.waiting).toBe(waits);
    // Nor is it good for another meeting.
    const other = await rooms.enter('m2');
    other.room.configure(LOBBY);
    expect(enter('Gus', seat, other.room).participant.waiting).toBe(true);
  });

  it('are forgotten in time', () => {
    const seats = new Seats(() => now);
    const { participant } = someone('Gus', new Diary());
    seats.take(participant);
    seats.leave(participant, 'connection-lost');
    now += SEAT_KEPT_MS;
    expect(seats.size).toBe(1);
    now += 1;
    expect(seats.size).toBe(0);
  });
});

describe('one who was put out', () => {
  const OPEN = { ...LOBBY, lobby: false, waitForHost: false };

  /** A phone by its number, or a browser by what it keeps. */
  function known(...knownBy: string[]) {
    return someone('Pat', new Diary(), { knownBy });
  }
  function enterAs(...knownBy: string[]) {
    const member = known(...knownBy);
    room.add(member);
    return member.participant;
  }

  it('waits until a host lets them in, also where there is no lobby: by seat, number, browser or user', () => {
    room.configure(OPEN);
    const { id, seat } = enter('Gus').participant;
    room.remove(id, 'removed');
    const again = enter('Gus', seat).participant;
    expect(again.waiting).toBe(true);
    expect(enter('Other').participant.waiting).toBe(false);
    room.configure({ ...OPEN, entry: 'none' });
    expect(again.waiting).toBe(true);
    room.remove(enterAs('browser', 'user').id, 'removed');
    const all = [['browser'], ['user'], ['another'], []].map((keys) => enterAs(...keys));
    expect(all.map(({ waiting }) => waiting)).toEqual([true, true, false, false]);
    // So hosts are told, of nobody else, and only until they are in.
    const told = (): unknown[] => all.map((one) => one.view().wasRemoved);
    expect(told()).toEqual([true, true, undefined, undefined]);
    room.admitAll();
    expect(told()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('puts nobody else out who comes by the same browser, nor is let in by their coming back', () => {
    room.configure(OPEN);
    const [mal, ann] = [enterAs('browser'), enterAs('browser')];
    room.remove(mal.id, 'removed');
    expect(room.has(ann.id)).toBe(true);
    room.leave(ann.id, 'connection-lost');
    const returnsTo = room.door.seatOf(ann.seat);
    const back = someone('Ann', new Diary(), { knownBy: ['browser'], returnsTo });
    room.add(back);
    expect([back.participant.waiting, back.participant.view().wasRemoved]).toEqual([
      false,
      undefined,
    ]);
    expect(enterAs('browser').waiting).toBe(true);
  });

  it('waits also after everybody was gone meanwhile, which unlocks the meeting', async () => {
    const rooms = new Rooms({ sfu: new FakeSfu(), logger });
    const meet = async (): Promise<string> => {
      const entered = await rooms.enter('m1');
      room = entered.room;
      room.configure(OPEN);
      const { participant } = someone('Hal', host, { role: 'host' });
      room.add({ ...known(), participant });
      entered.release();
      return participant.id;
    };
    const hostId = await meet();
    room.remove(enterAs('browser').id, 'removed');
    room.setLocked(true);
    room.leave(hostId, 'left');
    expect(room.closed).toBe(true);
    await meet();
    expect([room.locked, enterAs('browser').waiting, enterAs('other').waiting]).toEqual([
      false,
      true,
      false,
    ]);
    rooms.meetingEnded('m1');
    await meet();
    expect(enterAs('browser').waiting).toBe(false);
  });

  it('is let in by a host, and then comes and goes as all others', () => {
    room.configure(OPEN);
    const { id, seat } = enter('Gus').participant;
    room.remove(id, 'removed');
    const again = enter('Gus', seat).participant;
    room.admit(again.id);
    room.leave(again.id, 'left');
    expect(enter('Gus', seat).participant.waiting).toBe(false);
  });
});
