import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MediaProducer } from '../sfu/Sfu.ts';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import type { Member } from './Member.ts';
import type { Participant } from './Participant.ts';
import { Room } from './Room.ts';
import { SEAT_KEPT_MS } from './Seats.ts';
import { Diary, someone } from './testing/Diary.ts';

const BROWSER = ['the key of a browser'];

let room: Room;
let [browser, gateway, other] = [new Diary(), new Diary('phone'), new Diary()];
let ann: ReturnType<typeof someone>;
let phone: MediaProducer;

/** Ann, whose sound is on the phone, and Bob. */
beforeEach(async () => {
  vi.useFakeTimers();
  const router = new FakeRouter();
  room = new Room({ meetingId: 'm1', router, logger: pino({ level: 'silent' }) });
  [browser, gateway, other] = [new Diary(), new Diary('phone'), new Diary()];
  for (const diary of [browser, gateway, other]) room.listen(diary);
  ann = someone('Ann', browser, { knownBy: BROWSER });
  for (const member of [ann, someone('Bob', other)]) room.add(member);
  phone = await (await router.createPlainTransport()).producePlain(1);
  await room.setSource(ann.participant.id, phone, { origin: gateway });
  for (const diary of [browser, gateway, other]) diary.read();
});
afterEach(() => {
  room.close('left');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** As whoever comes by a new connection; who they are to the room is in `stayed`. */
function back(
  more: { role?: 'host'; knownBy?: string[]; withSeat?: boolean } = {},
): Participant | undefined {
  const { role = 'participant', knownBy = BROWSER, withSeat = false } = more;
  const participant = { role, knownBy } as const;
  const returnsTo = withSeat ? room.door.seatOf(ann.participant.seat) : undefined;
  return room.absences.stayed({ participant, returnsTo });
}

/** Ann by another connection. */
function again(origin = new Diary()): { member: Member; origin: Diary } {
  return { member: { ...someone('', origin), participant: ann.participant }, origin };
}

describe('who has lost the connection while their sound is on the phone', () => {
  it('stays, and nobody sees or hears anything of it; whoever else loses it leaves', () => {
    const { id } = ann.participant;
    room.absences.begin(id);
    expect([room.has(id), room.absences.has(id)]).toEqual([true, true]);
    expect([gateway, other].flatMap((diary) => diary.read())).toEqual([]);
    expect(phone).toMatchObject({ closed: false });
    const [, bob] = room.participants();
    room.absences.begin(bob!.id);
    expect(gateway.read()).toContain('left connection-lost');
    room.absences.begin('nobody');
  });

  it('leaves after the time of a seat', () => {
    room.absences.begin(ann.participant.id);
    vi.advanceTimersByTime(SEAT_KEPT_MS - 1);
    expect(room.has(ann.participant.id)).toBe(true);
    vi.advanceTimersByTime(1);
    expect(room.has(ann.participant.id)).toBe(false);
    expect(gateway.read()).toEqual(['left connection-lost']);
    expect([phone, ann.gone]).toMatchObject([{ closed: true }, ['connection-lost']]);
  });

  it.each([
    ['hangs up', () => room.returnSource(ann.participant.id, gateway)],
    ['loses its gateway', () => room.unlisten(gateway, 'connection-lost')],
  ])('leaves as the phone %s', (_, goes) => {
    room.absences.begin(ann.participant.id);
    goes();
    expect(room.has(ann.participant.id)).toBe(false);
    expect(other.read()).toContain('left connection-lost');
  });

  it('can be put out by a host', () => {
    room.absences.begin(ann.participant.id);
    room.remove(ann.participant.id, 'removed');
    expect([room.absences.has(ann.participant.id), ann.gone]).toEqual([false, ['removed']]);
  });

  it('comes back as the same participant, whose sound is on the phone still', () => {
    const { id } = ann.participant;
    room.absences.begin(id);
    expect([back({ withSeat: true }), back()]).toEqual([ann.participant, ann.participant]);
    const { member, origin } = again();
    room.absences.end(member);
    room.listen(origin);
    vi.advanceTimersByTime(SEAT_KEPT_MS);
    expect(room.participants().map(({ name }) => name)).toEqual(['Ann', 'Bob']);
    expect([gateway, other, browser].flatMap((diary) => diary.read())).toEqual([]);
    room.returnSource(id);
    expect(room.participants()[0]).toMatchObject({ id, audio: 'browser' });
    room.leave(id, 'left');
    expect([other.read().at(-1), origin.read().includes('left left')]).toEqual([
      'left left',
      false,
    ]);
  });

  it('comes back before we know of the loss: the former connection is told, and put out', () => {
    expect(back()).toBeUndefined();
    expect(back({ withSeat: true })).toBe(ann.participant);
    room.absences.end(again().member);
    expect([browser.read(), ann.gone]).toEqual([['left connection-lost'], ['connection-lost']]);
    room.unlisten(browser, 'left');
    expect(room.has(ann.participant.id)).toBe(true);
  });

  it('is no other browser, and nobody becomes a host by it', () => {
    room.absences.begin(ann.participant.id);
    expect(back({ knownBy: ['another'] })).toBeUndefined();
    expect(back({ knownBy: [] })).toBeUndefined();
    expect(back({ role: 'host', withSeat: true })).toBeUndefined();
  });
});
