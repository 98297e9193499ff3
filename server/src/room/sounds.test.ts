import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import type { FakeProducer } from '../sfu/fake/FakeStreams.ts';
import { mosOfScore, steppedQuality } from './quality.ts';
import { Room } from './Room.ts';
import { Diary, someone } from './testing/Diary.ts';

describe('the sound of a participant', () => {
  let router: FakeRouter;
  let room: Room;
  let [browser, gateway, other] = [new Diary(), new Diary('phone'), new Diary()];
  let ann = someone('Ann', browser);

  beforeEach(async () => {
    router = new FakeRouter();
    room = new Room({ meetingId: 'm1', router, logger: pino({ level: 'silent' }) });
    [browser, gateway, other] = [new Diary(), new Diary('phone'), new Diary()];
    ann = someone('Ann', browser);
    const bob = someone('Bob', other);
    Object.defineProperty(browser, 'hears', { get: () => ann.participant.audio === 'browser' });
    for (const diary of [browser, gateway, other]) room.listen(diary);
    room.add(ann);
    room.add(bob);
    await room.setSource(ann.participant.id, await produce(1));
    await room.setSource(bob.participant.id, await produce(2));
    [browser, gateway, other].forEach((diary) => diary.read());
  });

  async function produce(ssrc: number): Promise<FakeProducer> {
    await (await router.createPlainTransport()).producePlain(ssrc);
    return router.producers.at(-1)!;
  }

  const ears = (diary: Diary): string[] => diary.read().filter((line) => line.startsWith('hears'));

  it('is wanted while anybody else listens, which is told before the next one hears', async () => {
    const cyd = someone('Cyd', gateway);
    room.add(cyd);
    await room.setSource(cyd.participant.id, await produce(3));
    expect([browser, gateway, other].map(({ others }) => others)).toEqual([true, true, true]);
    room.unlisten(browser, 'left');
    expect(gateway.others).toBe(true);
    room.unlisten(other, 'left');
    expect(gateway.others).toBe(false);
    const late = new Diary();
    const known: boolean[] = [];
    late.sourceAdded = () => known.push(gateway.others);
    room.listen(late);
    expect(known).toEqual([true]);
  });

  it('moves to a phone: the browser neither speaks nor hears, the others hear the phone', async () => {
    const { id } = ann.participant;
    await room.setMuted(id, true);
    const phone = await produce(3);
    await room.setSource(id, phone, { origin: gateway });
    expect(phone.paused).toBe(true);
    expect(router.producers[0]!.closed).toBe(true);
    expect(room.participants()[0]).toMatchObject({ audio: 'phone', kind: 'browser' });
    expect(ears(browser)).toEqual(['hears one less']);
    expect(ears(other)).toEqual(['hears one less', 'hears Ann']);
    // What comes in by it does not go out by it.
    expect(ears(gateway)).toEqual(['hears one less']);
  });

  it('is neither taken over nor muted by the browser while the phone is there', async () => {
    const { id } = ann.participant;
    const phone = await produce(3);
    await room.setSource(id, phone, { origin: gateway });
    const late = await produce(4);
    await expect(room.setSource(id, late, { muted: true })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect([late.closed, phone.closed, phone.paused]).toEqual([true, false, false]);
    expect(room.participants()[0]).toMatchObject({ muted: false });
  });

  it('that came by a phone on hold is on hold no more when it comes by the browser again', async () => {
    const { id } = ann.participant;
    await room.setSource(id, await produce(3), { origin: gateway });
    room.setHeld(id, true, gateway);
    expect(room.participants()[0]).toMatchObject({ audio: 'phone', held: true });
    room.returnSource(id, gateway);
    expect(room.participants()[0]).toMatchObject({ audio: 'browser', held: false });
  });

  it.each([
    ['the phone hangs up', (id: string) => room.returnSource(id, gateway), []],
    ['it is taken back', (id: string) => room.returnSource(id), ['source returned']],
    ['the gateway goes', () => room.unlisten(gateway, 'connection-lost'), []],
  ])('comes back to the browser when %s', async (_why, back, told) => {
    const { id } = ann.participant;
    const phone = await produce(3);
    await room.setSource(id, phone, { origin: gateway });
    [browser, gateway, other].forEach((diary) => diary.read());
    back(id);
    expect(phone.closed).toBe(true);
    expect(room.participants()[0]).toMatchObject({ id, audio: 'browser' });
    expect(browser.read()).toEqual([expect.stringMatching(/^updated/), 'hears Bob']);
    expect(gateway.read().filter((line) => line === 'source returned')).toEqual(told);
    room.returnSource(id);
    await room.setSource(id, await produce(4));
    expect(ears(other)).toEqual(['hears one less', 'hears Ann']);
  });

  it('a participant that is removed takes its phone with it', async () => {
    const phone = await produce(3);
    await room.setSource(ann.participant.id, phone, { origin: gateway });
    gateway.read();
    room.leave(ann.participant.id, 'left');
    expect(gateway.read()).toEqual(['left left']);
    expect(phone.closed).toBe(true);
  });

  it('room.askUnmute() is told where one came in and where one speaks, when one is muted', async () => {
    const { id } = ann.participant;
    room.askUnmute(id, 'Hal');
    await room.setSource(id, await produce(3), { origin: gateway });
    await room.setMuted(id, true);
    [browser, gateway, other].forEach((diary) => diary.read());
    room.askUnmute(id, 'Hal');
    expect([browser, gateway, other].map((diary) => diary.read())).toEqual([
      ['unmute asked by Hal'],
      ['unmute asked by Hal'],
      [],
    ]);
  });

  it('room.muteAll() mutes all but hosts, who may unmute themselves', async () => {
    room.add(someone('Hal', other, { role: 'host' }));
    await room.muteAll();
    expect(room.participants().map(({ muted }) => muted)).toEqual([true, true, false]);
    expect(router.producers.map(({ paused }) => paused)).toEqual([true, true]);
    await room.setMuted(ann.participant.id, false);
    expect(router.producers[0]!.paused).toBe(false);
  });

  it('room.rename() and room.setQuality() tell everybody, once', () => {
    const { id } = ann.participant;
    room.rename(id, 'Anna');
    room.rename(id, 'Anna');
    room.setQuality(id, 4.1);
    room.setQuality(id, 3.9);
    room.setQuality('nobody', 1);
    expect(other.read()).toHaveLength(2);
    expect(browser.read()).toHaveLength(2);
    expect(room.participants()[0]).toMatchObject({ name: 'Anna', quality: 4 });
  });
});

it.each([
  [null, null],
  [5, 4.5],
  [4.3, 4.5],
  [3.2, 3],
  [1, 1],
])('a mean opinion score of %s is shown as %s', (mos, shown) => {
  expect(steppedQuality(mos)).toBe(shown);
});

it('the best score of a stream is the best quality, the worst the worst, and none is none', () => {
  expect([10, 1, 0].map(mosOfScore)).toEqual([4.5, 1, null]);
});
