import { describe, expect, it } from 'vitest';
import { AppError, failure, ok, unwrap } from './errors.ts';

describe('Result', () => {
  it('carries a value through ok() and unwrap()', () => {
    expect(unwrap(ok({ id: 'a' }))).toEqual({ id: 'a' });
  });

  it('carries the code and text of an AppError', () => {
    const result = failure(new AppError('pin-wrong', 'That PIN is not right.'));
    expect(result).toEqual({ ok: false, code: 'pin-wrong', message: 'That PIN is not right.' });
    expect(() => unwrap(result)).toThrow(AppError);
  });

  it('carries when to try again, where that is known', () => {
    const error = new AppError('rate-limited', 'Too many.', { retryAfterMs: 1500 });
    expect(failure(error)).toMatchObject({ code: 'rate-limited', retryAfterMs: 1500 });
    expect(() => unwrap(failure(error))).toThrow(expect.objectContaining({ retryAfterMs: 1500 }));
    // Never too early.
    expect([error.retryAfter, new AppError('conflict', 'x').retryAfter]).toEqual(['2', undefined]);
  });

  it('shows nothing of an error that is not an AppError', () => {
    const result = failure(new Error('SELECT secret FROM users'));
    expect(result.code).toBe('internal');
    expect(result.message).not.toContain('secret');
  });
});

it('AppError knows the HTTP status of its code', () => {
  expect(new AppError('not-found', 'x').status).toBe(404);
  expect(new AppError('no-codec', 'x').status).toBe(488);
});
