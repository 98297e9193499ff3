import type { User } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stores } from '../stores/stores.ts';
import type { MeetingService } from './MeetingService.ts';
import {
  consumerNews,
  joinedRoom,
  participant,
  type FakeMediaDevices,
} from './testing/fakeMedia.ts';
import type { FakeSocket } from './testing/FakeSocket.ts';
import { Tab } from './testing/Tab.ts';

let tab: Tab;
let stores: Stores;
let devices: FakeMediaDevices;
let sockets: FakeSocket[];
let service: MeetingService;

beforeEach(() => {
  tab = new Tab();
  ({ stores, devices, sockets, service } = tab);
});

afterEach(() => {
  service.leave();
  vi.useRealTimers();
});

const join = (withMicrophone = true) => tab.join(withMicrophone);
const producing = (socket: FakeSocket) => tab.producing(socket);
const track = () => tab.track;

describe('join()', () => {
  it('fills the stores and sends the microphone', async () => {
    const socket = await join();
    await producing(socket);
    expect(stores.meeting.details?.title).toBe('Planning');
    expect(stores.participants.all.map((one) => one.id)).toEqual(['ana', 'ben']);
    expect(stores.participants.self?.id).toBe('ana');
    expect(socket.payloadsOf('producer:create')[0]).toMatchObject({ kind: 'audio', muted: false });
    expect(socket.payloadsOf('room:join')[0]).toMatchObject({
      joinToken: 'abcdefghij',
      name: 'Ana',
    });
  });

  it('asks the server for mono Opus with DTX and FEC', async () => {
    const socket = await join();
    await producing(socket);
    const { rtpParameters } = socket.payloadsOf('producer:create')[0] as {
      rtpParameters: { codecs: { mimeType: string }[] };
    };
    expect(rtpParameters.codecs[0]?.mimeType).toBe('audio/opus');
  });

  it('tells who is signed in, so that the owner becomes the host', async () => {
    const user: User = { id: 'u', email: 'a@b.c', role: 'host', roles: ['host'] };
    stores.session.signedIn({ token: 'secret', user });
    const socket = await join();
    expect(socket.payloadsOf('room:join')[0]).toMatchObject({ sessionToken: 'secret' });
  });

  it('stays outside when the microphone is refused', async () => {
    devices.refusal = 'NotAllowedError';
    const joining = service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone: true });
    await expect(joining).rejects.toMatchObject({ problem: 'refused' });
    expect(stores.meeting.connection.state).toBe('idle');
    expect(stores.microphone.problem).toBe('refused');
    expect(sockets[0]?.listeners.size).toBe(0);
  });

  it('listens only without asking for the microphone', async () => {
    const socket = await join(false);
    expect(devices.asked).toHaveLength(0);
    expect(socket.payloadsOf('participant:setMuted')).toEqual([{ muted: true }]);
    expect(socket.payloadsOf('producer:create')).toHaveLength(0);
  });

  it.each(['not-found', 'forbidden', 'media-unavailable'] as const)(
    'says %s and lets go of the microphone when it is refused',
    async (code) => {
      await service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone: true });
      const socket = sockets[0]!;
      socket.answers.set('room:join', () => ({ ok: false, code, message: '' }));
      socket.open();
      await vi.waitFor(() => expect(stores.meeting.connection).toEqual({ state: 'refused', code }));
      expect(track().readyState).toBe('ended');
    },
  );

  it('says that the meeting has ended when the server does', async () => {
    await service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone: false });
    sockets[0]!.answers.set('room:join', () => ({ ok: false, code: 'meeting-ended', message: '' }));
    sockets[0]!.open();
    await vi.waitFor(() =>
      expect(stores.meeting.connection).toMatchObject({ state: 'ended', reason: 'meeting-ended' }),
    );
  });

  it('says that the page is out of date when the handshake is refused', async () => {
    await service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone: false });
    sockets[0]!.active = false;
    sockets[0]!.tell(
      'connect_error',
      Object.assign(new Error(), { data: { code: 'protocol-version' } }),
    );
    expect(stores.meeting.connection).toEqual({ state: 'refused', code: 'protocol-version' });
  });
});

describe('in the room', () => {
  it('brings the news of the room to the stores', async () => {
    const socket = await join();
    socket.tell('participant:joined', participant('carl', { kind: 'phone' }));
    socket.tell('participant:updated', participant('ben', { muted: true }));
    socket.tell('room:speakers', { speakers: [{ participantId: 'carl', level: -20 }] });
    socket.tell('recording:changed', { recording: true });
    expect(stores.participants.all.map((one) => one.id)).toEqual(['ana', 'ben', 'carl']);
    expect(stores.participants.all[1]?.muted).toBe(true);
    expect(stores.participants.levels.get('carl')).toBe(-20);
    expect(stores.meeting.recording).toBe(true);
    socket.tell('participant:left', { participantId: 'carl', reason: 'left' });
    expect(stores.participants.all).toHaveLength(2);
    expect(stores.participants.levels.size).toBe(0);
  });

  it('plays a stream from its creation, which it acknowledges, to its end', async () => {
    const socket = await join();
    const news = consumerNews('ben');
    const ack = vi.fn();
    socket.tell('consumer:created', news, ack);
    await vi.waitFor(() => expect(ack).toHaveBeenCalledWith({ ok: true, value: {} }));
    expect(service.remoteTracks.value).toMatchObject([{ participantId: 'ben' }]);
    socket.tell('consumer:closed', { consumerId: news.consumerId });
    expect(service.remoteTracks.value).toEqual([]);
  });

  it('drops a stream that was closed while it was being set up', async () => {
    const socket = await join();
    const news = consumerNews('ben');
    const ack = vi.fn();
    socket.tell('consumer:created', news, ack);
    socket.tell('consumer:closed', { consumerId: news.consumerId });
    await vi.waitFor(() => expect(ack).toHaveBeenCalledOnce());
    expect(ack.mock.calls[0]?.[0]).toMatchObject({ ok: false });
    expect(service.remoteTracks.value).toEqual([]);
  });

  it('voice.setMuted() silences the track at once and tells the server', async () => {
    const socket = await join();
    await producing(socket);
    const muting = service.voice.setMuted(true);
    expect(track().enabled).toBe(false);
    await muting;
    expect(socket.payloadsOf('participant:setMuted')).toEqual([{ muted: true }]);
    await service.voice.setMuted(false);
    expect(track().enabled).toBe(true);
  });

  it('takes an unmute back that the server refuses', async () => {
    const socket = await join();
    await producing(socket);
    await service.voice.setMuted(true);
    socket.answers.set('participant:setMuted', () => ({
      ok: false,
      code: 'forbidden',
      message: '',
    }));
    await service.voice.setMuted(false);
    expect(stores.microphone.muted).toBe(true);
    expect(track().enabled).toBe(false);
    expect(stores.notices.notice).toEqual({ about: 'error', code: 'forbidden' });
  });

  it('is muted by the server, but never unmuted by it', async () => {
    const socket = await join();
    await producing(socket);
    socket.tell('participant:updated', participant('ana', { muted: true }));
    expect(stores.microphone.muted).toBe(true);
    expect(track().enabled).toBe(false);
    expect(stores.notices.notice).toEqual({ about: 'muted-by-host' });
    socket.tell('participant:updated', participant('ana', { muted: false }));
    expect(stores.microphone.muted).toBe(true);
  });

  it('does not take older news of itself for a mute', async () => {
    const room = joinedRoom('ana');
    room.participants[0]!.muted = true;
    await service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone: true });
    const socket = sockets[0]!;
    socket.answers.set('room:join', () => ({ ok: true, value: room }));
    socket.answers.set('transport:connect', () => {
      socket.tell('participant:updated', participant('ana', { muted: true }));
      return { ok: true, value: {} };
    });
    socket.open();
    await producing(socket);
    await vi.waitFor(() => expect(stores.participants.self?.muted).toBe(false));
    expect(socket.payloadsOf('transport:connect')).toHaveLength(1);
    expect(stores.microphone.muted).toBe(false);
    expect(stores.notices.notice).toBeUndefined();
  });

  it('voice.setHandRaised() shows our own hand, of which the server tells the others only', async () => {
    const socket = await join(false);
    await service.voice.setHandRaised(true);
    expect(stores.participants.self?.handRaised).toBe(true);
    socket.answers.set('participant:setHandRaised', () => ({ ok: false, code: 'internal' }));
    await service.voice.setHandRaised(false);
    expect(stores.participants.self?.handRaised).toBe(true);
    expect(stores.notices.notice).toEqual({ about: 'error', code: 'internal' });
  });

  it('voice.turnOn() lets a listener speak', async () => {
    const socket = await join(false);
    await service.voice.turnOn();
    expect(socket.payloadsOf('producer:create')).toMatchObject([{ muted: false }]);
    expect(socket.payloadsOf('participant:setMuted')).toEqual([{ muted: true }, { muted: false }]);
    expect(stores.microphone.isOn).toBe(true);
  });

  it('goes on with the default microphone when the one in use is unplugged', async () => {
    const socket = await join();
    await producing(socket);
    const before = track();
    devices.microphones = ['headset'];
    before.unplug();
    await vi.waitFor(() => expect(stores.notices.notice).toEqual({ about: 'microphone-changed' }));
    expect(track()).not.toBe(before);
    expect(socket.payloadsOf('producer:create')).toHaveLength(1);
  });

  it('says nothing of a microphone that the user chose', async () => {
    await service.microphone.open();
    await service.microphone.switchTo('headset');
    const socket = await join();
    await producing(socket);
    await service.microphone.switchTo('built-in');
    expect(stores.microphone.deviceId).toBe('built-in');
    expect(stores.notices.notice).toBeUndefined();
  });

  it('says so and mutes when the last microphone is unplugged', async () => {
    const socket = await join();
    await producing(socket);
    devices.microphones = [];
    track().unplug();
    await vi.waitFor(() => expect(stores.microphone.problem).toBe('absent'));
    await vi.waitFor(() => expect(stores.microphone.muted).toBe(true));
    expect(stores.meeting.connection.state).toBe('joined');
  });
});

describe('the end', () => {
  it.each(['removed', 'meeting-ended'] as const)(
    'says %s when the room is closed for that',
    async (reason) => {
      const socket = await join();
      socket.tell('room:closed', { reason });
      expect(stores.meeting.connection).toMatchObject({ state: 'ended', reason });
    },
  );

  it('leave() tells the server and lets go of everything', async () => {
    const socket = await join();
    await producing(socket);
    service.leave();
    expect(socket.payloadsOf('room:leave')).toHaveLength(1);
    expect(stores.meeting.connection).toMatchObject({ state: 'ended', reason: 'left' });
    expect(socket.connected).toBe(false);
    expect(socket.listeners.size).toBe(0);
    expect(track().readyState).toBe('ended');
    expect(service.remoteTracks.value).toEqual([]);
    expect(stores.participants.all).toEqual([]);
  });

  it('leave() twice is silent', async () => {
    const socket = await join();
    service.leave();
    service.leave();
    expect(socket.payloadsOf('room:leave')).toHaveLength(1);
  });
});
