import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { AppError, type Result } from '@switchroom/protocol';
import { handle } from './handle.ts';
import { MessageBudget } from './MessageBudget.ts';

const logger = pino({ level: 'silent' });
const schema = z.object({ pin: z.string().max(6) });

function ask(
  run: (payload: { pin: string }) => unknown,
  payload: unknown,
): Promise<Result<unknown>> {
  return new Promise((resolve) => handle('pin:check', schema, run, logger)(payload, resolve));
}

describe('handle()', () => {
  it('acknowledges with the value', async () => {
    expect(await ask(({ pin }) => ({ pin }), { pin: '1', more: 1 })).toEqual({
      ok: true,
      value: { pin: '1' },
    });
  });

  it('refuses a payload that does not parse, naming the field and not the value', async () => {
    const run = vi.fn();
    const result = await ask(run, { pin: '1234567890' });
    expect(result).toMatchObject({ ok: false, code: 'bad-request' });
    expect(JSON.stringify(result)).toContain('pin: ');
    expect(JSON.stringify(result)).not.toContain('1234567890');
    expect(run).not.toHaveBeenCalled();
  });

  it('maps an AppError to its code, and anything else to internal without detail', async () => {
    const refuse = (): never => {
      throw new AppError('pin-wrong', 'No.');
    };
    const fail = async (): Promise<never> => {
      throw new Error('secret detail');
    };
    expect(await ask(refuse, { pin: '1' })).toEqual({
      ok: false,
      code: 'pin-wrong',
      message: 'No.',
    });
    const result = await ask(fail, { pin: '1' });
    expect(result).toMatchObject({ ok: false, code: 'internal' });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it.each([undefined, null, 'text', {}])('does not run when the ack is %j', (ack) => {
    const run = vi.fn();
    handle('pin:check', schema, run, logger)({ pin: '1' }, ack);
    expect(run).not.toHaveBeenCalled();
  });
});

describe('MessageBudget', () => {
  it('allows a burst, then so many a second, and never saves up more than the burst', () => {
    const budget = new MessageBudget({ burst: 2, perSecond: 1, now: 0 });
    expect([budget.take(0), budget.take(0), budget.take(0)]).toEqual([true, true, false]);
    expect([budget.take(999), budget.take(1000), budget.take(1000)]).toEqual([false, true, false]);
    const late = 3_600_000;
    expect([budget.take(late), budget.take(late), budget.take(late)]).toEqual([true, true, false]);
  });
});
