import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Told } from '@switchroom/protocol';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import { FakeProducer } from '../sfu/fake/FakeStreams.ts';
import type { RoomSettings } from './Door.ts';
import { Room } from './Room.ts';
import { Diary, someone } from './testing/Diary.ts';

/** A recorder, as the room sees it. */
class RecorderDiary extends Diary {
  readonly records = true;
}

const settings: RoomSettings = {
  ...{ lobby: false, waitForHost: false, entry: 'tones', numberPrivacy: 'last-four' },
  consent: 'required',
};
const AGREED: Told = {
  ...{ how: 'button', policy: 'required', language: 'en', words: 'Yes?' },
  at: '2026-01-02T03:04:05.000Z',
};

describe('the recording of a Room where consent is required', () => {
  let room: Room;
  let [ann, bea, recorder] = [new Diary(), new Diary(), new RecorderDiary()];
  const producer = () => new FakeProducer(false, () => undefined);

  beforeEach(() => {
    room = new Room({
      meetingId: 'm1',
      router: new FakeRouter(),
      logger: pino({ level: 'silent' }),
    });
    room.configure(settings);
    [ann, bea, recorder] = [new Diary(), new Diary(), new RecorderDiary()];
    for (const diary of [ann, bea, recorder]) room.listen(diary);
  });

  /** Somebody in the room with a sound. */
  async function enter(name: string, origin: Diary, returnsTo?: string) {
    const member = someone(name, origin, returnsTo === undefined ? {} : { returnsTo });
    room.add(member);
    const source = producer();
    await room.setSource(member.participant.id, source);
    return { source, ...member };
  }

  it('holds them back from the moment that a recorder is asked, and lets go if it does not begin', async () => {
    const { source, participant } = await enter('Ann', ann);
    await room.recorded.expect();
    expect([source.paused, participant.consent]).toEqual([true, 'awaited']);
    expect(room.recording).toBe(false);
    room.setRecording(false);
    expect([source.paused, participant.consent]).toEqual([false, 'none']);
  });

  it('gives a recorder nobody who has not agreed, whether it knows of a recording or not', async () => {
    const { participant } = await enter('Ann', ann);
    expect(bea.read()).toContain('hears Ann');
    expect(recorder.read()).not.toContain('hears Ann');
    await room.recorded.told(participant.id, AGREED);
    expect(recorder.read()).toContain('hears Ann');
  });

  it('a mute is kept beneath: who agrees muted stays so', async () => {
    const { source, participant } = await enter('Ann', ann);
    await room.recorded.expect();
    await room.setMuted(participant.id, true);
    await room.setMuted(participant.id, false);
    expect(source.paused).toBe(true);
    await room.setMuted(participant.id, true);
    await room.recorded.told(participant.id, AGREED);
    expect([source.paused, participant.consent]).toEqual([true, 'given']);
    await room.setMuted(participant.id, false);
    expect(source.paused).toBe(false);
  });

  it('knows who comes back by the seat, and the rest from nothing', async () => {
    await enter('Cec', bea);
    const { participant } = await enter('Ann', ann);
    await room.recorded.expect();
    await room.recorded.told(participant.id, AGREED);
    room.leave(participant.id, 'connection-lost');
    const back = await enter('Ann', ann, room.door.seatOf(participant.seat));
    expect([back.participant.consent, back.source.paused]).toEqual(['given', false]);
    const stranger = await enter('Ann', ann, 'no-such-seat');
    expect(stranger.participant.consent).toBe('awaited');
    expect(room.recorded.consents).toEqual([
      { ...AGREED, participantId: back.participant.id, name: 'Ann' },
    ]);
  });

  it('whoever is let in from the lobby is asked from then on', async () => {
    const host = someone('Host', bea, { role: 'host' });
    room.add(host);
    room.configure({ ...settings, lobby: true });
    await room.recorded.expect();
    const guest = someone('Ann', ann);
    room.add(guest);
    expect(guest.participant.view()).toMatchObject({ state: 'lobby', consent: 'none' });
    room.admit(guest.participant.id);
    expect(guest.participant.view()).toMatchObject({ consent: 'awaited' });
  });

  it('tells each news of a member once, and a pause', async () => {
    const news: string[] = [];
    room.events.on('told', ({ name }, { how }) => news.push(`${name} ${how}`));
    const { participant } = await enter('Ann', ann);
    await room.recorded.expect();
    room.setRecording(true);
    bea.read();
    await room.recorded.told(participant.id, AGREED);
    await room.recorded.told(participant.id, AGREED);
    expect(news).toEqual(['Ann button']);
    room.recorded.setPaused(true);
    room.recorded.setPaused(true);
    room.setRecording(false);
    expect(bea.read().filter((line) => line.startsWith('recording'))).toEqual([
      'recording true (paused)',
      'recording false',
    ]);
    await expect(room.recorded.told('nobody', AGREED)).rejects.toMatchObject({ code: 'not-found' });
  });
});
