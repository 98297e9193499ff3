import type { User } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stores } from '../stores/stores.ts';
import { RECONNECT_FOR_MS, RETRY_MS } from './Attempt.ts';
import type { MeetingService } from './MeetingService.ts';
import { joinedRoom } from './testing/fakeMedia.ts';
import type { FakeSocket } from './testing/FakeSocket.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
let stores: Stores;
let service: MeetingService;

beforeEach(() => {
  tab = new Tab();
  ({ stores, service } = tab);
});

afterEach(() => {
  service.leave();
  vi.useRealTimers();
});

const join = (withMicrophone = true) => tab.join(withMicrophone);
const producing = (socket: FakeSocket) => tab.producing(socket);
const track = () => tab.track;

describe('a lost connection', () => {
  it('joins again by itself and keeps name and mute', async () => {
    const socket = await join();
    await producing(socket);
    await service.voice.setMuted(true);
    socket.lose();
    expect(stores.meeting.connection.state).toBe('reconnecting');
    expect(track().readyState).toBe('live');
    socket.answers.set('room:join', () => ({ ok: true, value: joinedRoom('ana-again', 'ben') }));
    socket.open();
    await vi.waitFor(() => expect(stores.meeting.connection.state).toBe('joined'));
    await vi.waitFor(() => expect(socket.payloadsOf('producer:create')).toHaveLength(2));
    expect(socket.payloadsOf('producer:create')[1]).toMatchObject({ muted: true });
    expect(socket.payloadsOf('room:join')[1]).toMatchObject({
      name: 'ana',
      resumeToken: 'seat of ana',
    });
    expect(stores.participants.selfId).toBe('ana-again');
    expect(stores.microphone.muted).toBe(true);
  });

  it('is what the page leaves behind that is loaded anew, and comes back to its seat', async () => {
    const socket = await join();
    service.pageHides();
    expect(socket.payloadsOf('room:leave')).toEqual([]);
    expect(track().readyState).toBe('ended');
    const again = await join();
    expect(again.payloadsOf('room:join')[0]).toMatchObject({ resumeToken: 'seat of ana' });
    service.leave();
    const later = await join();
    expect(later.payloadsOf('room:join')[0]).not.toHaveProperty('resumeToken');
  });

  it('is made by who comes back as somebody else, by the session that there is then', async () => {
    const socket = await join(false);
    const user: User = { id: 'u', email: 'a@b.c', role: 'host', roles: ['host'] };
    stores.session.signedIn({ token: 'a new one', user });
    service.comeBack();
    expect([socket.connected, socket.connects]).toEqual([false, 1]);
    socket.lose('io client disconnect');
    socket.open();
    await vi.waitFor(() => expect(stores.meeting.connection.state).toBe('joined'));
    expect(socket.payloadsOf('room:join')[1]).toMatchObject({
      sessionToken: 'a new one',
      resumeToken: 'seat of ana',
    });
  });

  it.each(['before', 'during'] as const)('keeps a hand that was raised %s it', async (when) => {
    const socket = await join(false);
    if (when === 'before') await service.voice.setHandRaised(true);
    socket.lose();
    if (when === 'during') await service.voice.setHandRaised(true);
    expect(stores.notices.notice).toBeUndefined();
    socket.open();
    await vi.waitFor(() => expect(stores.meeting.connection.state).toBe('joined'));
    const raised = when === 'before' ? [true, true] : [true];
    expect(socket.payloadsOf('participant:setHandRaised')).toEqual(
      raised.map((handRaised) => ({ handRaised })),
    );
    await vi.waitFor(() => expect(stores.participants.self?.handRaised).toBe(true));
  });

  it('tries again while the server cannot serve it yet', async () => {
    const socket = await join(false);
    socket.lose();
    socket.answers.set('room:join', () => ({ ok: false, code: 'unavailable', message: '' }));
    vi.useFakeTimers();
    socket.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(stores.meeting.connection.state).toBe('reconnecting');
    socket.answers.set('room:join', () => ({ ok: true, value: joinedRoom('ana') }));
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(stores.meeting.connection.state).toBe('joined');
  });

  it('ends when the server does not come back', async () => {
    const socket = await join();
    vi.useFakeTimers();
    socket.lose();
    await vi.advanceTimersByTimeAsync(RECONNECT_FOR_MS);
    expect(stores.meeting.connection).toMatchObject({ state: 'ended', reason: 'connection-lost' });
    expect(track().readyState).toBe('ended');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['media-failed', 'connection-lost'] as const)(
    'joins again by itself when the room is closed for %s',
    async (reason) => {
      const socket = await join(false);
      vi.useFakeTimers();
      socket.tell('room:closed', { reason });
      expect(stores.meeting.connection.state).toBe('reconnecting');
      await vi.advanceTimersByTimeAsync(RETRY_MS);
      expect(stores.meeting.connection.state).toBe('joined');
      expect(socket.payloadsOf('room:join')).toHaveLength(2);
    },
  );

  it('joins once when the connection is back before the retry', async () => {
    const socket = await join(false);
    vi.useFakeTimers();
    socket.tell('room:closed', { reason: 'media-failed' });
    socket.lose();
    socket.open();
    await vi.advanceTimersByTimeAsync(2 * RETRY_MS);
    expect(stores.meeting.connection.state).toBe('joined');
    expect(socket.payloadsOf('room:join')).toHaveLength(2);
  });

  it('connects anew when the server hung up, which socket.io leaves to us', async () => {
    const socket = await join(false);
    vi.useFakeTimers();
    socket.lose('io server disconnect');
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(socket.connects).toBe(1);
  });
});
