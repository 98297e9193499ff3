import { AppError } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { REOPEN_EVERY_MS, RoomOpening, SERVER_AWAY_LIMIT_MS } from './RoomOpening.ts';

const away = new AppError('media-unavailable', 'The SFU is away.');
const gone = new AppError('not-found', 'There is no such meeting.');

let open: ReturnType<typeof vi.fn<() => Promise<void>>>;
let failures: unknown[];
let givenUp: number;
const socket = { connected: true };

function opening(after: Promise<void> = Promise.resolve()): RoomOpening {
  return new RoomOpening({
    ...{ connection: { open }, socket, after },
    onFailed: (error) => failures.push(error),
    onGivenUp: () => (givenUp += 1),
  });
}

/** Lets every promise that can go on do so, and time pass. */
const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  open = vi.fn(async () => {});
  [failures, givenUp, socket.connected] = [[], 0, true];
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('RoomOpening', () => {
  it('opens when an earlier link has gone', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { latest } = opening(promise);
    await pass();
    expect(open).not.toHaveBeenCalled();
    resolve(undefined);
    await latest;
    expect(open).toHaveBeenCalledOnce();
  });

  it('fails at once when the server is not away', async () => {
    open.mockRejectedValue(away);
    await expect(opening().latest).rejects.toBe(away);
    await pass();
    expect([open.mock.calls.length, failures]).toEqual([1, [away]]);
  });

  it('anew is tried again while the server is away, and until its phones are back', async () => {
    const room = opening();
    open.mockRejectedValue(away);
    room.serverLost();
    room.anew();
    await pass(3 * REOPEN_EVERY_MS);
    expect(open).toHaveBeenCalledTimes(5);
    open.mockResolvedValue();
    await pass(REOPEN_EVERY_MS);
    await room.latest;
    expect(room.isAway(away)).toBe(true);
    room.phonesAreBack();
    expect(room.isAway(away)).toBe(false);
    expect([failures, givenUp]).toEqual([[], 0]);
  });

  it('anew is not tried again when that would not help', async () => {
    const room = opening();
    await room.latest;
    open.mockRejectedValue(gone);
    room.serverLost();
    room.anew();
    await expect(room.latest).rejects.toBe(gone);
    room.close();
    expect(failures).toEqual([gone]);
  });

  it('anew waits for the connection when there is none', async () => {
    const room = opening();
    await room.latest;
    open.mockRejectedValue(away);
    socket.connected = false;
    room.serverLost();
    room.anew();
    await expect(room.latest).rejects.toBe(away);
    expect(open).toHaveBeenCalledTimes(2);
    room.close();
    expect(failures).toEqual([]);
  });

  it('a new attempt takes the place of one that pauses', async () => {
    const room = opening();
    open.mockRejectedValue(away);
    room.serverLost();
    room.anew();
    await pass();
    const former = room.latest;
    open.mockResolvedValue();
    room.anew();
    await expect(former).rejects.toBe(away);
    await room.latest;
    expect(vi.getTimerCount()).toBe(1);
    room.phonesAreBack();
    expect(failures).toEqual([]);
  });

  it('gives up once, counted from when the server was lost first', async () => {
    const room = opening();
    room.serverLost();
    await pass(SERVER_AWAY_LIMIT_MS - 1);
    room.serverLost();
    expect(givenUp).toBe(0);
    await pass(1);
    expect(givenUp).toBe(1);
  });

  it('close() ends all waiting, tells nothing any more, and twice is silent', async () => {
    open.mockRejectedValue(away);
    const room = opening();
    room.serverLost();
    room.anew();
    await pass();
    room.close();
    room.close();
    await expect(room.latest).rejects.toBe(away);
    await pass(SERVER_AWAY_LIMIT_MS);
    expect([failures, givenUp]).toEqual([[], 0]);
  });
});
