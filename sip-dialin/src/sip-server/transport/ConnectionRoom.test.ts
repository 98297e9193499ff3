import { describe, expect, it } from 'vitest';
import { ConnectionRoom } from './ConnectionRoom.ts';

/** How many of so many come in. */
function crowd(
  room: ConnectionRoom,
  count: number,
  isKnown: boolean,
  addressOf: (at: number) => string,
): number {
  const entered = Array.from({ length: count }, (_, at) => room.enter(addressOf(at), isKnown));
  return entered.filter((leave) => leave !== undefined).length;
}

describe('ConnectionRoom', () => {
  it('keeps half of it from strangers, however many they are', () => {
    const room = new ConnectionRoom(1000);
    expect(crowd(room, 2000, false, (at) => `stranger ${at}`)).toBe(500);
    expect(crowd(room, 2000, true, (at) => `trunk ${at}`)).toBe(500);
    expect(room.taken).toBe(1000);
  });

  it('gives one stranger ten, and one known address 250', () => {
    const room = new ConnectionRoom(1000);
    expect(crowd(room, 1000, false, () => '192.0.2.1')).toBe(10);
    expect(crowd(room, 1000, true, () => '192.0.2.2')).toBe(250);
  });

  it('has room again for who has left', () => {
    const room = new ConnectionRoom(2);
    const leave = room.enter('192.0.2.1', false);
    expect(room.enter('192.0.2.3', false)).toBeUndefined();
    leave?.();
    expect(room.taken).toBe(0);
    expect(room.enter('192.0.2.3', false)).toBeDefined();
  });
});
