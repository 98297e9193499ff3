import { afterEach, beforeEach, expect, it } from 'vitest';
import { participant } from './testing/fakeMedia.ts';
import type { FakeSocket } from './testing/FakeSocket.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
let socket: FakeSocket;

beforeEach(async () => {
  tab = new Tab();
  socket = await tab.join(false);
  socket.sent.length = 0;
});
afterEach(() => tab.service.leave());

it('asks the server, each by its own request', async () => {
  const { host } = tab.service;
  await host.admit('ben');
  await host.admitAll();
  await host.remove('ben');
  await host.mute('ben');
  await host.muteAll();
  await host.askUnmute('ben');
  await host.lowerHand('ben');
  await host.setLocked(true);
  expect(await host.rename('ben', 'Benedict')).toBe(true);
  expect(socket.sent).toEqual([
    { event: 'participant:admit', payload: { participantId: 'ben' } },
    { event: 'room:admitAll', payload: {} },
    { event: 'participant:remove', payload: { participantId: 'ben' } },
    { event: 'participant:mute', payload: { participantId: 'ben' } },
    { event: 'room:muteAll', payload: {} },
    { event: 'participant:askUnmute', payload: { participantId: 'ben' } },
    { event: 'participant:lowerHand', payload: { participantId: 'ben' } },
    { event: 'room:setLocked', payload: { locked: true } },
    { event: 'participant:rename', payload: { participantId: 'ben', name: 'Benedict' } },
  ]);
});

it('tells as a notice what the server refuses', async () => {
  socket.answers.set('participant:rename', () => ({ ok: false, code: 'forbidden', message: '' }));
  expect(await tab.service.host.rename('ben', 'Benedict')).toBe(false);
  expect(tab.stores.notices.notice).toEqual({ about: 'error', code: 'forbidden' });
});

it('brings lock and requests to unmute to the store', () => {
  socket.tell('room:changed', { locked: true });
  expect(tab.stores.meeting.locked).toBe(true);
  socket.tell('participant:unmuteAsked', { by: 'Ben' });
  expect(tab.stores.meeting.unmuteAskedBy).toBe('Ben');
});

it('who was renamed comes back by the new name after a lost connection', async () => {
  socket.tell('participant:updated', participant('ana', { name: 'Anna Maria' }));
  socket.lose();
  socket.open();
  await expect.poll(() => socket.payloadsOf('room:join')).toMatchObject([{ name: 'Anna Maria' }]);
});
