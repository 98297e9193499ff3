import type { CallView } from '@switchroom/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FakeSocket } from './testing/FakeSocket.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
let socket: FakeSocket;
const call = (other: Partial<CallView> = {}): CallView => ({
  id: 'c1',
  name: 'Dora',
  state: 'calling',
  reason: null,
  participantId: null,
  ...other,
});

beforeEach(async () => {
  tab = new Tab();
  socket = await tab.join(false);
  socket.answers.set('call:create', () => ({ ok: true, value: call() }));
});
afterEach(() => tab.service.leave());

const states = () => tab.stores.calls.all.map(({ id, state }) => `${id} ${state}`);

it('create() shows the call, its progress, and no more once it has joined', async () => {
  await tab.service.calls.create({ number: '+15550100', name: 'Dora' });
  expect(socket.payloadsOf('call:create')).toEqual([{ number: '+15550100', name: 'Dora' }]);
  expect(states()).toEqual(['c1 calling']);
  socket.tell('call:changed', call({ state: 'ringing' }));
  expect(states()).toEqual(['c1 ringing']);
  socket.tell('call:changed', call({ state: 'joined', participantId: 'dora' }));
  expect(states()).toEqual([]);
});

it('news that is faster than the answer counts', async () => {
  socket.answers.set('call:create', () => {
    socket.tell('call:changed', call({ state: 'ringing' }));
    return { ok: true, value: call() };
  });
  await tab.service.calls.create({ number: '+15550100' });
  expect(states()).toEqual(['c1 ringing']);
});

it('create() throws what the server refuses, for the dialog to say', async () => {
  socket.answers.set('call:create', () => ({
    ok: false,
    code: 'number-not-allowed',
    message: '',
  }));
  const calling = tab.service.calls.create({ number: '+15550100' });
  await expect(calling).rejects.toMatchObject({ code: 'number-not-allowed' });
  expect(tab.stores.notices.notice).toBeUndefined();
});

it('again() calls the same number in place of the call that failed', async () => {
  await tab.service.calls.create({ number: '+15550100', language: 'fr' });
  socket.tell('call:changed', call({ state: 'failed', reason: 'busy' }));
  socket.answers.set('call:create', () => ({ ok: true, value: call({ id: 'c2' }) }));
  await tab.service.calls.again('c1');
  expect(socket.payloadsOf('call:cancel')).toEqual([{ callId: 'c1' }]);
  expect(socket.payloadsOf('call:create')[1]).toEqual({ number: '+15550100', language: 'fr' });
  expect(states()).toEqual(['c2 calling']);
});

it('a call to our own phone has no tile, and is ours until it has joined', async () => {
  const mine = call({ participantId: 'ana' });
  socket.answers.set('call:me', () => ({ ok: true, value: mine }));
  await tab.service.calls.callMe('+15550100');
  expect(states()).toEqual([]);
  expect(tab.stores.calls.mine).toEqual(mine);
  socket.tell('call:changed', { ...mine, state: 'joined' });
  expect(tab.stores.calls.mine).toBeUndefined();
});

it('a call that is gone is shown no more, and none after leaving', async () => {
  socket.tell('call:changed', call({ state: 'failed', reason: 'busy' }));
  socket.tell('call:gone', { callId: 'c1' });
  expect(states()).toEqual([]);
  socket.tell('call:changed', call());
  tab.service.leave();
  expect(states()).toEqual([]);
});
