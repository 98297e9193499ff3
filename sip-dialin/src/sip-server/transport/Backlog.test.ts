import { Duplex } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/FakeClock.ts';
import { Backlog } from './Backlog.ts';

let clock: FakeClock;
let socket: Duplex;
/** Lets the far end read one write. */
let readOne: (() => void) | undefined;
let backlog: Backlog;
let given: number;

beforeEach(() => {
  clock = new FakeClock();
  given = 0;
  socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => (readOne = done),
  });
  socket.resume();
  backlog = new Backlog({ socket, clock, onStuck: () => given++ });
});

function write(kilobytes: number): void {
  socket.write(Buffer.alloc(kilobytes * 1024));
  backlog.weigh();
}

describe('Backlog', () => {
  it('stops reading above 256 kB, and goes on when all is sent', () => {
    write(256);
    expect(socket.isPaused()).toBe(false);
    write(1);
    expect(socket.isPaused()).toBe(true);
    const drained = new Promise((resolve) => socket.once('drain', resolve));
    readOne?.();
    readOne?.();
    return drained.then(() => {
      expect(socket.isPaused()).toBe(false);
      clock.advance(60_000);
      expect([given, clock.pending]).toEqual([0, 0]);
    });
  });

  it('gives up a far end that does not read for 32 s, however much more there is to send', () => {
    write(300);
    clock.advance(20_000);
    write(300);
    clock.advance(11_999);
    expect(given).toBe(0);
    clock.advance(1);
    expect(given).toBe(1);
  });

  it('gives it up at once above 1 MB', () => {
    write(1024);
    expect(given).toBe(0);
    write(1);
    expect(given).toBe(1);
  });

  it('leaves no timer, and reads on to the end', () => {
    write(300);
    backlog.close();
    backlog.close();
    expect(socket.isPaused()).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
