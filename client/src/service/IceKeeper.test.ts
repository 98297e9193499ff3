import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GRACE_MS, IceKeeper, MAX_RESTARTS, RESTART_MS } from './IceKeeper.ts';

describe('IceKeeper', () => {
  const restart = vi.fn(() => Promise.resolve());
  const giveUp = vi.fn();
  let keeper: IceKeeper;

  beforeEach(() => {
    vi.useFakeTimers();
    restart.mockReset().mockResolvedValue();
    giveUp.mockReset();
    keeper = new IceKeeper({ restart, giveUp });
  });

  afterEach(() => {
    keeper.close();
    vi.useRealTimers();
  });

  it('restarts at once when the path failed', () => {
    keeper.stateChanged('failed');
    vi.advanceTimersByTime(0);
    expect(restart).toHaveBeenCalledOnce();
  });

  it('gives a disconnected path time to come back by itself', () => {
    keeper.stateChanged('disconnected');
    vi.advanceTimersByTime(GRACE_MS - 1);
    keeper.stateChanged('connected');
    vi.runAllTimers();
    expect(restart).not.toHaveBeenCalled();
  });

  it('gives up once, after its restarts came to nothing', () => {
    restart.mockRejectedValue(new Error('no answer'));
    keeper.stateChanged('failed');
    vi.advanceTimersByTime(RESTART_MS * (MAX_RESTARTS + 5));
    expect(restart).toHaveBeenCalledTimes(MAX_RESTARTS);
    expect(giveUp).toHaveBeenCalledOnce();
  });

  it('counts anew after a restart that helped', () => {
    for (let i = 0; i < MAX_RESTARTS + 2; i += 1) {
      keeper.stateChanged('failed');
      vi.advanceTimersByTime(0);
      keeper.stateChanged('connected');
    }
    expect(restart).toHaveBeenCalledTimes(MAX_RESTARTS + 2);
    expect(giveUp).not.toHaveBeenCalled();
  });

  it('close() leaves no timer, and twice is silent', () => {
    keeper.stateChanged('disconnected');
    keeper.close();
    keeper.close();
    keeper.stateChanged('failed');
    expect(vi.getTimerCount()).toBe(0);
  });
});
