import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FakeSfu } from '../sfu/fake/FakeSfu.ts';
import { Rooms } from './Rooms.ts';

const logger = pino({ level: 'silent' });

describe('Rooms', () => {
  it('two who enter at once get the same room, which is forgotten once both have gone', async () => {
    const rooms = new Rooms({ sfu: new FakeSfu(), logger });
    const opened: string[] = [];
    rooms.events.on('opened', (room) => opened.push(room.meetingId));
    const [one, two] = await Promise.all([rooms.enter('m1'), rooms.enter('m1')]);
    expect(one.room).toBe(two.room);
    expect(opened).toEqual(['m1']);
    one.release();
    expect(rooms.get('m1')).toBe(one.room);
    two.release();
    expect(rooms.all()).toEqual([]);
  });

  it('a room that has closed is made anew', async () => {
    const rooms = new Rooms({ sfu: new FakeSfu(), logger });
    const first = await rooms.enter('m1');
    first.room.close('media-failed');
    const second = await rooms.enter('m1');
    expect(second.room).not.toBe(first.room);
  });

  it('an SFU that cannot open a room is told, and tried again the next time', async () => {
    const sfu = new FakeSfu();
    const rooms = new Rooms({ sfu, logger });
    await sfu.close();
    await expect(rooms.enter('m1')).rejects.toMatchObject({ code: 'media-unavailable' });
    await expect(rooms.enter('m1')).rejects.toMatchObject({ code: 'media-unavailable' });
  });

  it('rooms.close() closes all, and a room that is being made; twice is silent', async () => {
    const sfu = new FakeSfu();
    const rooms = new Rooms({ sfu, logger });
    const { room } = await rooms.enter('m1');
    const late = rooms.enter('m2');
    rooms.close('connection-lost');
    rooms.close('connection-lost');
    expect(room.closed).toBe(true);
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    expect(sfu.routers.every((router) => router.closed)).toBe(true);
  });
});
