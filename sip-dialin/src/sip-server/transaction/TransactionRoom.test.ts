import { describe, expect, it } from 'vitest';
import { TransactionRoom } from './TransactionRoom.ts';

/** How many of so many from one address come in. */
function crowd(room: TransactionRoom, host: string, count: number, isWithinDialog = false): number {
  let entered = 0;
  for (let i = 0; i < count; i++) if (room.enter(host, isWithinDialog)) entered++;
  return entered;
}

describe('TransactionRoom', () => {
  it('gives one address half of it, and the others what is left', () => {
    const room = new TransactionRoom(20);
    expect(crowd(room, '192.0.2.1', 100)).toBe(10);
    expect(crowd(room, '192.0.2.2', 100)).toBe(8);
    room.leave('192.0.2.1');
    expect(crowd(room, '192.0.2.1', 100)).toBe(1);
  });

  it('keeps a tenth for requests within dialogs, whoever has taken the rest', () => {
    const room = new TransactionRoom(20);
    for (const host of ['a', 'b', 'c']) crowd(room, host, 100);
    expect(room.enter('d', false)).toBe(false);
    expect(crowd(room, 'a', 100, true)).toBe(2);
  });

  it('forgets an address of which nothing is left', () => {
    const room = new TransactionRoom(20);
    crowd(room, 'a', 2);
    room.leave('a');
    expect(room.hosts).toBe(1);
    room.leave('a');
    expect(room.hosts).toBe(0);
  });
});
