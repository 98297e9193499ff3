import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import type { MediaProducer } from '../sfu/Sfu.ts';
import { Room } from './Room.ts';
import { Diary, someone as member } from './testing/Diary.ts';

describe('Room', () => {
  let router: FakeRouter;
  let room: Room;
  let [a, b] = [new Diary(), new Diary()];

  beforeEach(() => {
    router = new FakeRouter();
    room = new Room({ meetingId: 'm1', router, logger: pino({ level: 'silent' }) });
    [a, b] = [new Diary(), new Diary()];
  });

  async function produce(ssrc: number): Promise<MediaProducer> {
    return (await router.createPlainTransport()).producePlain(ssrc);
  }

  it('room.add() tells everybody but the connection that the member came through', () => {
    room.listen(a);
    room.listen(b);
    room.add(member('Ann', a));
    expect(a.lines).toEqual([]);
    expect(b.lines).toEqual(['joined Ann']);
    expect(room.participants()).toMatchObject([{ name: 'Ann', state: 'connecting' }]);
  });

  it('room.setSource() is heard by all but its own connection, also by those who listen later', async () => {
    const ann = member('Ann', a);
    room.listen(a);
    room.add(ann);
    await room.setSource(ann.participant.id, await produce(1));
    room.listen(b);
    expect(a.lines).toEqual([]);
    expect(b.lines).toEqual(['hears Ann']);
  });

  it('phones of one connection do not hear each other through the SFU', async () => {
    room.listen(a);
    const phones = [member('Phone 1', a), member('Phone 2', a)];
    for (const phone of phones) {
      room.add(phone);
      await room.setSource(phone.participant.id, await produce(1));
    }
    expect(a.lines).toEqual([]);
  });

  it('room.setMuted() pauses the sound and tells everybody once', async () => {
    const ann = member('Ann', a);
    room.listen(a);
    room.add(ann);
    await room.setMuted(ann.participant.id, true);
    await room.setSource(ann.participant.id, await produce(1));
    expect(router.producers[0]!.paused).toBe(true);
    await room.setMuted(ann.participant.id, false);
    await room.setMuted(ann.participant.id, false);
    expect(router.producers[0]!.paused).toBe(false);
    expect(a.lines).toEqual([
      'updated {"name":"Ann","muted":true,"handRaised":false,"state":"connecting"}',
      'updated {"name":"Ann","muted":false,"handRaised":false,"state":"connecting"}',
    ]);
    await expect(room.setMuted('nobody', true)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('room.setHandRaised() and room.setJoined() are told', () => {
    const ann = member('Ann', a);
    room.listen(b);
    room.add(ann);
    room.setHandRaised(ann.participant.id, true);
    room.setJoined(ann.participant.id);
    room.setJoined('nobody');
    expect(room.participants()).toMatchObject([{ handRaised: true, state: 'joined' }]);
    expect(b.lines).toHaveLength(3);
  });

  it('levels become speakers; those of unknown producers are left out', async () => {
    const ann = member('Ann', a);
    room.listen(b);
    room.add(ann);
    const source = await produce(1);
    await room.setSource(ann.participant.id, source);
    b.lines.length = 0;
    router.events.emit('levels', [
      { producerId: source.id, level: -20 },
      { producerId: 'other', level: -30 },
    ]);
    router.events.emit('levels', []);
    expect(b.lines).toEqual(['speakers -20', 'speakers ']);
  });

  it('room.leave() is not echoed to the own connection, room.remove() is', () => {
    const [ann, bob, cid] = [member('Ann', a), member('Bob', a), member('Cid', b)];
    room.listen(a);
    room.listen(b);
    for (const one of [ann, bob, cid]) room.add(one);
    a.lines.length = b.lines.length = 0;
    room.leave(ann.participant.id, 'left');
    expect(a.lines).toEqual([]);
    room.remove(bob.participant.id, 'removed');
    expect(a.lines).toEqual(['left removed']);
    expect(b.lines).toEqual(['left left', 'left removed']);
    expect([ann.gone, bob.gone]).toEqual([['left'], ['removed']]);
  });

  it('room.leave() by the last participant closes the room, with a sound that is let go', async () => {
    const ann = member('Ann', a);
    room.listen(a);
    room.listen(b);
    room.add(ann);
    await room.setSource(ann.participant.id, await produce(1));
    room.leave(ann.participant.id, 'connection-lost');
    room.leave(ann.participant.id, 'connection-lost');
    expect(b.lines).toEqual([
      'joined Ann',
      'hears Ann',
      'hears one less',
      'left connection-lost',
      'closed left',
    ]);
    expect(router.closed).toBe(true);
    expect(router.producers[0]!.closed).toBe(true);
  });

  it('a hold keeps an empty room open until it is let go', () => {
    const release = room.hold();
    const ann = member('Ann', a);
    room.listen(a);
    room.add(ann);
    room.leave(ann.participant.id, 'left');
    expect(room.closed).toBe(false);
    room.unlisten(a, 'left');
    expect(room.closed).toBe(false);
    release();
    release();
    expect(room.closed).toBe(true);
  });

  it('a hold that is let go closes a room that only a gateway still listens to', () => {
    const ann = member('Ann', a);
    room.listen(b);
    room.add(ann);
    const release = room.hold();
    room.leave(ann.participant.id, 'left');
    release();
    expect(room.closed).toBe(true);
  });

  it('room.unlisten() takes those out who came that way, and closes a room without any', () => {
    const [ann, bob] = [member('Ann', a), member('Bob', b)];
    room.listen(a);
    room.listen(b);
    room.add(ann);
    room.add(bob);
    room.unlisten(a, 'connection-lost');
    room.unlisten(a, 'connection-lost');
    expect(b.lines).toEqual(['joined Ann', 'left connection-lost']);
    expect(ann.gone).toEqual(['connection-lost']);
    room.unlisten(b, 'left');
    expect(room.closed).toBe(true);
  });

  it('room.setRecording() tells on a change only', () => {
    room.listen(a);
    room.setRecording(true);
    room.setRecording(true);
    expect(room.recording).toBe(true);
    expect(a.lines).toEqual(['recording true']);
  });

  it('a listener that throws does not keep the others from hearing', () => {
    a.participantJoined = () => {
      throw new Error('broken');
    };
    room.listen(a);
    room.listen(b);
    room.add(member('Cid', new Diary()));
    expect(b.lines).toEqual(['joined Cid']);
  });

  it('room.close() tells everybody and lets go of everything; twice is silent', () => {
    const ann = member('Ann', a);
    const closed: string[] = [];
    room.events.on('closed', (reason) => closed.push(reason));
    room.listen(a);
    room.add(ann);
    room.close('meeting-ended');
    room.close('left');
    expect(a.lines).toEqual(['closed meeting-ended']);
    expect(ann.gone).toEqual(['meeting-ended']);
    expect(closed).toEqual(['meeting-ended']);
    expect(room.size).toBe(0);
    expect(router.events.eventNames()).toEqual([]);
    expect(room.events.eventNames()).toEqual([]);
    expect(() => room.add(member('Bob', b))).toThrow(/just closed/);
  });

  it('is closed by its router when the worker dies', () => {
    room.listen(a);
    router.fail();
    expect(a.lines).toEqual(['closed media-failed']);
  });
});
