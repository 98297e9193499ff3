import { Device } from 'mediasoup-client';
import * as fakeParameters from 'mediasoup-client/fakeParameters';
import { FakeHandler } from 'mediasoup-client/handlers/FakeHandler';
import type { JoinedRoom, ParticipantView, WebRtcTransportOptions } from '@switchroom/protocol';

/** A track that is neither sound nor silence. */
export class FakeTrack extends EventTarget {
  readonly kind = 'audio';
  readonly id = crypto.randomUUID();
  enabled = true;
  readyState: 'live' | 'ended' = 'live';
  readonly deviceId: string;

  constructor(deviceId = 'built-in') {
    super();
    this.deviceId = deviceId;
  }

  get track(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }

  stop(): void {
    this.readyState = 'ended';
  }

  unplug(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  getCapabilities(): MediaTrackCapabilities {
    return {};
  }

  getConstraints(): MediaTrackConstraints {
    return {};
  }
}

/** `navigator.mediaDevices` of a machine with the given microphones, the first its default. */
export class FakeMediaDevices extends EventTarget {
  microphones: string[];
  refusal: string | undefined;
  readonly asked: MediaStreamConstraints[] = [];
  readonly opened: FakeTrack[] = [];

  constructor(...microphones: string[]) {
    super();
    this.microphones = microphones;
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(constraints);
    if (this.refusal !== undefined) throw new DOMException('no', this.refusal);
    const { deviceId } = constraints.audio as { deviceId?: { ideal: string } };
    const wanted = this.microphones.find((one) => one === deviceId?.ideal) ?? this.microphones[0];
    if (wanted === undefined) throw new DOMException('no', 'NotFoundError');
    const track = new FakeTrack(wanted);
    this.opened.push(track);
    return { getAudioTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream;
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.microphones.map(
      (deviceId) => ({ deviceId, kind: 'audioinput', label: deviceId }) as MediaDeviceInfo,
    );
  }
}

export const routerRtpCapabilities = fakeParameters.generateRouterRtpCapabilities();

/** mediasoup-client's own Device over its fake of WebRTC. */
export async function createFakeDevice(): Promise<Device> {
  return new Device({ handlerFactory: FakeHandler.createFactory(fakeParameters) });
}

function transport(): WebRtcTransportOptions {
  return fakeParameters.generateTransportRemoteParameters();
}

export function participant(id: string, other: Partial<ParticipantView> = {}): ParticipantView {
  return {
    id,
    name: id,
    kind: 'browser',
    role: 'participant',
    state: 'joined',
    muted: false,
    handRaised: false,
    held: false,
    audio: 'browser',
    quality: null,
    consent: 'none',
    ...other,
  };
}

/** What the server answers to `room:join`. */
export function joinedRoom(self: string, ...others: string[]): JoinedRoom {
  return {
    participantId: self,
    meeting: {
      id: 'meeting',
      title: 'Planning',
      pin: '123456',
      dialIn: [{ number: '+15550100', sipUri: 'sip:+15550100@127.0.0.1:5060' }],
      joinUrl: 'http://127.0.0.1:3000/m/abcdefghij',
      mayCallMe: true,
    },
    participants: [self, ...others].map((id) => participant(id)),
    sendTransport: transport(),
    recvTransport: transport(),
    calls: [],
    locked: false,
    recording: false,
    paused: false,
    consent: 'notice',
    resumeToken: `seat of ${self}`,
  };
}

/** News of a stream, as `consumer:created` brings it. */
export function consumerNews(participantId: string) {
  const { id, producerId, rtpParameters } = fakeParameters.generateConsumerRemoteParameters({
    codecMimeType: 'audio/opus',
  });
  return {
    consumerId: id,
    producerId,
    participantId,
    kind: 'audio' as const,
    rtpParameters: JSON.parse(JSON.stringify(rtpParameters)) as never,
  };
}
