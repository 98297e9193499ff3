import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Participant } from '../../room/Participant.ts';
import { Room } from '../../room/Room.ts';
import { Diary } from '../../room/testing/Diary.ts';
import { FakeRouter } from '../../sfu/fake/FakeRouter.ts';
import { BrowserMember } from './BrowserMember.ts';
import { mediaHandlers } from './mediaHandlers.ts';
import type { MeetOutbox } from './MeetOutbox.ts';
import { MeetSession } from './MeetSession.ts';

const logger = pino({ level: 'silent' });

class FakeOutbox implements MeetOutbox {
  readonly told: string[] = [];
  tell = (event: string): void => void this.told.push(event);
  offerConsumer = async (): Promise<void> => undefined;
}

describe('MeetSession', () => {
  let router: FakeRouter;
  let room: Room;
  let outbox: FakeOutbox;
  let session: MeetSession;

  beforeEach(() => {
    router = new FakeRouter();
    room = new Room({ meetingId: 'm1', router, logger });
    outbox = new FakeOutbox();
    session = new MeetSession(outbox);
  });

  async function makeMember(of = session): Promise<BrowserMember> {
    return new BrowserMember({
      participant: new Participant({ name: 'Ann', kind: 'browser', role: 'host' }),
      room,
      outbox: of.outbox,
      send: await router.createWebRtcTransport(),
      recv: await router.createWebRtcTransport(),
      rtpCapabilities: {},
      signedInBy: 'a session',
      stateOf: () => ({
        participants: room.participants(),
        calls: [],
        locked: false,
        ...room.recorded.news,
        resumeToken: null,
      }),
      onRemoved: () => of.removed(),
      logger,
    });
  }

  it('join() enters once, and again after leave()', async () => {
    const release = room.hold();
    await session.join(makeMember);
    await expect(session.join(makeMember)).rejects.toMatchObject({ code: 'conflict' });
    session.leave('left');
    session.leave('left');
    expect(() => session.member).toThrow(/Join a room first/);
    expect(router.transports.every((transport) => transport.closed)).toBe(true);
    await session.join(makeMember);
    expect(room.size).toBe(1);
    release();
  });

  it('a join that fails leaves it outside', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('no');
    };
    await expect(session.join(fail)).rejects.toThrow('no');
    await session.join(makeMember);
  });

  it('a connection lost while joining lets go of everything', async () => {
    const release = room.hold();
    const joining = session.join(makeMember);
    session.disconnected();
    session.disconnected();
    await expect(joining).rejects.toMatchObject({ code: 'unavailable' });
    expect(router.transports.every((transport) => transport.closed)).toBe(true);
    expect(room.size).toBe(0);
    release();
    expect(room.closed).toBe(true);
  });

  it('is outside again when the room closes, with nothing left', async () => {
    const { send, recv } = await session.join(makeMember);
    room.close('media-failed');
    expect(outbox.told).toEqual(['room:closed']);
    expect(() => session.member).toThrow(/Join a room first/);
    expect([send.events.eventNames(), recv.events.eventNames()]).toEqual([[], []]);
  });

  it('is joined once either transport is connected, and hears so', async () => {
    const { recv, participant } = await session.join(makeMember);
    expect(participant.state).toBe('connecting');
    await recv.connect({ fingerprints: [{ algorithm: 'sha-256', value: '00' }] });
    expect(participant.state).toBe('joined');
    expect(outbox.told).toEqual(['participant:updated']);
  });

  it('a microphone that is refused, since the sound is on the phone, leaves the mute as it is', async () => {
    const { participant, send } = await session.join(makeMember);
    const create = mediaHandlers(session)['producer:create'];
    let ssrc = 0;
    const microphone = (muted: boolean) => {
      const codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
      const rtpParameters = { codecs: [codec], encodings: [{ ssrc: (ssrc += 1) }] };
      return create({ transportId: send.id, kind: 'audio', rtpParameters, muted });
    };
    await microphone(true);
    expect(participant.muted).toBe(true);
    const phone = await (await router.createPlainTransport()).producePlain(2);
    await room.setSource(participant.id, phone, { origin: new Diary('phone') });
    await expect(microphone(false)).rejects.toMatchObject({ code: 'conflict' });
    expect(participant.muted).toBe(true);
    room.returnSource(participant.id);
    await microphone(false);
    expect(participant.muted).toBe(false);
  });
});
