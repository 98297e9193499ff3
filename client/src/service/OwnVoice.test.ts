import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { participant } from './testing/fakeMedia.ts';
import type { FakeSocket } from './testing/FakeSocket.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
let socket: FakeSocket;
/** A new one each time: the store takes it as its own. */
const onPhone = (muted = false) => participant('ana', { audio: 'phone', muted });

beforeEach(async () => {
  tab = new Tab();
  socket = await tab.join();
  await tab.producing(socket);
});
afterEach(() => tab.service.leave());

it('lets go of the microphone when our sound goes to a phone', () => {
  socket.tell('participant:updated', onPhone());
  expect(tab.stores.participants.onPhone).toBe(true);
  expect(tab.track.readyState).toBe('ended');
  expect(tab.stores.meeting.connection.state).toBe('joined');
});

it('mutes the phone by the same verb, and not the microphone', async () => {
  socket.tell('participant:updated', onPhone());
  await tab.service.voice.setMuted(true);
  expect(socket.payloadsOf('participant:setMuted')).toEqual([{ muted: true }]);
  expect(tab.stores.participants.self?.muted).toBe(true);
  expect(tab.stores.microphone.muted).toBe(false);
});

it('shows the phone muted, by whomever, and leaves the telling to the phone', () => {
  socket.tell('participant:updated', onPhone());
  socket.tell('participant:updated', onPhone(true));
  expect(tab.stores.participants.self?.muted).toBe(true);
  expect(tab.stores.notices.notice).toBeUndefined();
});

it.each([true, false])('speaks here again, muted as the phone was: %s', async (muted) => {
  socket.tell('participant:updated', onPhone());
  socket.tell('participant:updated', onPhone(muted));
  socket.tell('participant:updated', participant('ana', { muted }));
  await tab.producing(socket, 2);
  expect(socket.payloadsOf('producer:create')[1]).toMatchObject({ muted });
  expect(tab.stores.microphone.muted).toBe(muted);
  expect(tab.track.enabled).toBe(!muted);
});

it('who only listened comes back to listening', async () => {
  tab.service.leave();
  tab = new Tab();
  socket = await tab.join(false);
  socket.tell('participant:updated', onPhone());
  socket.tell('participant:updated', participant('ana'));
  await vi.waitFor(() =>
    expect(socket.payloadsOf('participant:setMuted')).toEqual([{ muted: true }, { muted: true }]),
  );
  expect(tab.devices.asked).toEqual([]);
});

it('says so, and mutes, when the microphone is gone by then', async () => {
  socket.tell('participant:updated', onPhone());
  tab.devices.microphones = [];
  socket.tell('participant:updated', participant('ana'));
  await vi.waitFor(() => expect(tab.stores.microphone.problem).toBe('absent'));
  await vi.waitFor(() => expect(tab.stores.microphone.muted).toBe(true));
});

it('speaks here again after the page was loaded anew on the phone, and does not listen before', async () => {
  tab.service.leave();
  tab = new Tab();
  tab.room = { ...tab.room, participants: [onPhone(), participant('ben')] };
  socket = await tab.join();
  expect(tab.track.readyState).toBe('ended');
  expect(socket.payloadsOf('producer:create')).toEqual([]);
  socket.tell('participant:updated', participant('ana'));
  await tab.producing(socket);
  expect(tab.track.readyState).toBe('live');
  expect(tab.stores.microphone.muted).toBe(false);
});

it('speaks again after a connection that was lost on the phone', async () => {
  socket.tell('participant:updated', onPhone());
  socket.lose();
  socket.open();
  await tab.producing(socket, 2);
  expect(tab.track.readyState).toBe('live');
});
