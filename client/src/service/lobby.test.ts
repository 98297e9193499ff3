import type { RoomState } from '@switchroom/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consumerNews, joinedRoom, participant } from './testing/fakeMedia.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
const waiting = participant('ana', { state: 'lobby' });
const admitted: RoomState = {
  participants: [participant('ana', { state: 'connecting' }), participant('ben')],
  calls: [],
  locked: true,
  recording: true,
  paused: false,
  consent: 'notice',
  resumeToken: 'seat',
};

beforeEach(() => {
  tab = new Tab();
  tab.room = { ...joinedRoom('ana'), participants: [waiting] };
});
afterEach(() => tab.service.leave());

it('one in the lobby waits, sends nothing and receives nothing', async () => {
  const socket = await tab.join();
  expect(tab.stores.meeting.connection.state).toBe('lobby');
  expect(tab.track.readyState).toBe('live');
  const ack = vi.fn();
  socket.tell('consumer:created', consumerNews('ben'), ack);
  await vi.waitFor(() => expect(ack).toHaveBeenCalledOnce());
  expect(ack.mock.calls[0]?.[0]).toMatchObject({ ok: false });
  expect(socket.payloadsOf('producer:create')).toEqual([]);
});

it('goes in by itself when admitted, and speaks from then on', async () => {
  const socket = await tab.join();
  socket.tell('room:admitted', admitted);
  expect(tab.stores.meeting.connection.state).toBe('joined');
  expect(tab.stores.meeting.locked).toBe(true);
  expect(tab.stores.meeting.recording).toBe(true);
  expect(tab.stores.participants.all.map((one) => one.id)).toEqual(['ana', 'ben']);
  await tab.producing(socket);
  const ack = vi.fn();
  socket.tell('consumer:created', consumerNews('ben'), ack);
  await vi.waitFor(() => expect(ack).toHaveBeenCalledWith({ ok: true, value: {} }));
});

it('who muted in the lobby comes in muted, and the server heard of it only then', async () => {
  const socket = await tab.join();
  await tab.service.voice.setMuted(true);
  expect(socket.payloadsOf('participant:setMuted')).toEqual([]);
  socket.tell('room:admitted', admitted);
  await tab.producing(socket);
  expect(socket.payloadsOf('producer:create')).toMatchObject([{ muted: true }]);
  expect(tab.track.enabled).toBe(false);
});

it('one who is turned away was never in the room', async () => {
  const socket = await tab.join();
  socket.tell('room:closed', { reason: 'removed' });
  expect(tab.stores.meeting.connection).toEqual({
    state: 'ended',
    reason: 'removed',
    fromLobby: true,
  });
  expect(tab.track.readyState).toBe('ended');
});

it('whoever comes again is known by the browser, in another tab too, and has no seat after being put out', async () => {
  const first = await tab.join();
  first.tell('room:admitted', admitted);
  const idOf = (socket: typeof first): unknown =>
    (socket.payloadsOf('room:join')[0] as { browserId?: unknown }).browserId;
  expect(idOf(first)).toMatch(/^[0-9a-f]{32}$/);
  first.tell('room:closed', { reason: 'removed' });
  const second = await tab.join();
  expect(idOf(second)).toBe(idOf(first));
  expect(second.payloadsOf('room:join')[0]).not.toHaveProperty('resumeToken');
  tab.service.leave();
  tab = new Tab();
  expect(idOf(await tab.join())).toBe(idOf(first));
  tab.service.leave();
  localStorage.clear();
  tab = new Tab();
  expect(idOf(await tab.join())).not.toBe(idOf(first));
});

it('a connection lost in the lobby leads back into the lobby', async () => {
  const socket = await tab.join();
  socket.lose();
  expect(tab.stores.meeting.connection.state).toBe('connecting');
  socket.open();
  await vi.waitFor(() => expect(tab.stores.meeting.connection.state).toBe('lobby'));
  socket.tell('room:admitted', admitted);
  expect(tab.stores.meeting.connection.state).toBe('joined');
});

it('a host sees who waits, apart from those in the room', async () => {
  tab.room = joinedRoom('ana', 'ben');
  const socket = await tab.join();
  socket.tell('participant:joined', participant('carl', { state: 'lobby' }));
  expect(tab.stores.participants.waiting.map((one) => one.id)).toEqual(['carl']);
  expect(tab.stores.participants.all.map((one) => one.id)).toEqual(['ana', 'ben']);
  socket.tell('participant:updated', participant('carl', { state: 'connecting' }));
  expect(tab.stores.participants.waiting).toEqual([]);
  expect(tab.stores.participants.all.map((one) => one.id)).toEqual(['ana', 'ben', 'carl']);
});
