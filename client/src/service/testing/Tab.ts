import { createPinia } from 'pinia';
import { expect, vi } from 'vitest';
import type { JoinedRoom } from '@switchroom/protocol';
import { createStores, type Stores } from '../../stores/stores.ts';
import { MeetingService } from '../MeetingService.ts';
import { Microphone } from '../Microphone.ts';
import {
  createFakeDevice,
  FakeMediaDevices,
  joinedRoom,
  routerRtpCapabilities,
  type FakeTrack,
} from './fakeMedia.ts';
import { FakeSocket } from './FakeSocket.ts';

/** A browser tab on the way into a meeting: the service with stores of its own, a fake socket and fake devices. */
export class Tab {
  readonly stores: Stores = createStores(createPinia());
  readonly devices = new FakeMediaDevices('built-in', 'headset');
  readonly sockets: FakeSocket[] = [];
  readonly service: MeetingService;
  /** What the server answers to `room:join`. */
  room: JoinedRoom = joinedRoom('ana', 'ben');

  constructor() {
    sessionStorage.clear();
    const microphone = new Microphone({
      devices: this.devices,
      store: this.stores.microphone,
      preferredId: () => '',
      processing: true,
    });
    this.service = new MeetingService({
      connect: () => {
        const socket = new FakeSocket();
        socket.answers.set('room:join', () => ({ ok: true, value: this.room }));
        socket.answers.set('producer:create', () => ({ ok: true, value: { producerId: 'p1' } }));
        this.sockets.push(socket);
        return socket.socket;
      },
      createDevice: createFakeDevice,
      microphone,
      stores: this.stores,
    });
    this.service.prepare({ rtpCapabilities: routerRtpCapabilities });
  }

  /** The microphone that was opened last. */
  get track(): FakeTrack {
    const track = this.devices.opened.at(-1);
    if (track === undefined) throw new Error('no microphone was opened');
    return track;
  }

  /** Joins and resolves when the server has answered. */
  async join(withMicrophone = true): Promise<FakeSocket> {
    await this.service.join({ joinToken: 'abcdefghij', name: 'Ana', withMicrophone });
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was made');
    socket.open();
    await vi.waitFor(() =>
      expect(['joined', 'lobby']).toContain(this.stores.meeting.connection.state),
    );
    return socket;
  }

  /** Resolves when so many producers have been made. */
  async producing(socket: FakeSocket, count = 1): Promise<void> {
    await vi.waitFor(() => expect(socket.payloadsOf('producer:create')).toHaveLength(count));
  }
}
