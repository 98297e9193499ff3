import { describe, expect, it } from 'vitest';
import { requester } from './MeetSocket.ts';
import { FakeSocket } from './testing/FakeSocket.ts';

describe('requester()', () => {
  it('resolves with the value of the acknowledgement', async () => {
    const fake = new FakeSocket();
    fake.connected = true;
    fake.answers.set('producer:create', () => ({ ok: true, value: { producerId: 'p' } }));
    const answer = requester(fake.socket)('producer:create', {} as never);
    await expect(answer).resolves.toEqual({ producerId: 'p' });
  });

  it('rejects with the code of a refusal', async () => {
    const fake = new FakeSocket();
    fake.connected = true;
    fake.answers.set('room:leave', () => ({ ok: false, code: 'forbidden', message: 'no' }));
    await expect(requester(fake.socket)('room:leave', {})).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('rejects at once, and sends nothing later, while there is no connection', async () => {
    const fake = new FakeSocket();
    const answer = requester(fake.socket)('room:leave', {});
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    expect(fake.sent).toEqual([]);
  });

  it('rejects when no acknowledgement comes in time', async () => {
    const silent = {
      connected: true,
      timeout: () => ({
        emit: (_event: string, _payload: unknown, ack: (error: Error) => void) =>
          ack(new Error('operation has timed out')),
      }),
    };
    const answer = requester(silent as never)('room:leave', {});
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  });
});
