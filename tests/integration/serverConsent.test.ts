import { once } from 'node:events';
import {
  ok,
  RECORDING_WORDS,
  type Consent,
  type GatewayConsumerCreated,
  type MeetingView,
  type ParticipantView,
  type PausedBy,
  type RecordingNews,
  type RecordingStart,
  type Told,
} from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, enterListening, OPUS, speak } from './gatewayHarness.ts';
import { joinMeeting } from './meetHarness.ts';
import {
  ADMIN,
  askGateway,
  askMeet,
  next,
  startServer,
  type GatewaySocket,
  type Harness,
} from './serverHarness.ts';

/* Who is told of a recording, who agrees, and what comes to the recorder: by the packets. */

const REQUIRED = { recording: 'always', consent: 'required' } as const;
const pressed: Told = {
  ...{ how: 'key', policy: 'required', language: 'de', words: 'Drücken Sie eins.' },
  at: '2026-03-01T10:00:00.000Z',
};

/** Waits for what is expected: a machine with other work takes its time. */
const soon = <T>(what: () => T | Promise<T>) => expect.poll(what, { timeout: 10_000 });

let server: Harness;
let phones = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A recorder that counts what comes to it, and keeps what it is told. */
class Recorder {
  readonly starts: RecordingStart[] = [];
  readonly told: Consent[] = [];
  readonly pauses: (PausedBy | null)[] = [];
  readonly consumers: GatewayConsumerCreated[] = [];
  /** Of whom it had sound as each of its recordings was at its end. */
  readonly ends: string[][] = [];
  readonly #rooms = new Set<string>();
  /** Payloads of all RTP. */
  #packets: string[] = [];
  socket!: GatewaySocket;

  static async in(meeting: MeetingView): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.socket = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', (request, ack) => {
        // Meetings of the tests before this one are live for a moment still.
        if (request.meetingId === meeting.id) recorder.starts.push(request);
        void recorder.#enter(socket, request).then(() => ack(ok({})));
      });
      socket.on('recording:stop', (_request, ack) => {
        // It takes its time to seal.
        setTimeout(() => {
          recorder.ends.push(recorder.consumers.map(({ participant }) => participant.name));
          ack(ok({}));
        }, 50);
      });
      socket.on('recording:pause', ({ by }, ack) => {
        recorder.pauses.push(by);
        ack(ok({}));
      });
      socket.on('recording:told', ({ consents }) => recorder.told.push(...consents));
      socket.on('consumer:created', (news, ack) => {
        recorder.consumers.push(news);
        ack(ok({}));
      });
    });
    return recorder;
  }

  /** How many packets came that say this. */
  heard(name: string): number {
    return this.#packets.filter((payload) => payload.endsWith(name)).length;
  }

  /** One that begins again is in the room still. */
  async #enter(gateway: GatewaySocket, { meetingId: id }: RecordingStart): Promise<void> {
    if (this.#rooms.has(id)) return;
    this.#rooms.add(id);
    ({ heard: this.#packets } = await enter(gateway, { id }));
  }
}

/** A phone of a gateway of its own, that talks all the time. */
async function phone(meeting: MeetingView, name: string, more: { told?: Told[] } = {}) {
  const gateway = await server.gateway('sip-dialin');
  const { socket, opened, heard } = await enterListening(gateway, meeting);
  const ssrc = 0xbeef_0000 + (phones += 1);
  const caller = { name, number: '+15550001234', ssrc, ...more };
  const joined = await askGateway(gateway, 'phone:join', { meetingId: meeting.id, ...caller });
  const payload = Buffer.concat([OPUS, Buffer.from(name)]);
  const stop = speak(socket, opened, { ssrc, payload });
  const whose = { meetingId: meeting.id, participantId: joined.participantId };
  return {
    ...{ gateway, joined, whose },
    hears: (other: string) => heard.filter((one) => one.endsWith(other)).length,
    tell: (told: Told) => askGateway(gateway, 'phone:told', { ...whose, told }),
    close: () => {
      stop();
      socket.close();
      gateway.disconnect();
    },
  };
}

async function consentOf(meeting: MeetingView, name: string): Promise<string | undefined> {
  const answer = await server.rest('GET', `/meetings/${meeting.id}/participants`);
  const all = (await answer.json()) as ParticipantView[];
  return all.find((one) => one.name === name)?.consent;
}

const pause = async (meeting: MeetingView, action: string): Promise<number> =>
  (await server.rest('POST', `/meetings/${meeting.id}/recording`, { action })).status;

describe('consent that is required', () => {
  it('who has not agreed is heard by nobody and comes to no recorder, whatever they unmute', async () => {
    const meeting = await server.createMeeting(REQUIRED);
    const recorder = await Recorder.in(meeting);
    const anna = await phone(meeting, 'anna');
    const bert = await phone(meeting, 'bert');
    await soon(() => consentOf(meeting, 'anna')).toBe('awaited');
    await soon(() => consentOf(meeting, 'bert')).toBe('awaited');
    await bert.tell(pressed);
    await soon(() => recorder.heard('bert')).toBeGreaterThan(20);
    expect(await consentOf(meeting, 'bert')).toBe('given');
    // The key *6, and again.
    for (const muted of [true, false]) {
      await askGateway(anna.gateway, 'participant:setMuted', { ...anna.whose, muted });
    }
    const [kept, there] = [recorder.heard('bert'), anna.hears('bert')];
    await soon(() => recorder.heard('bert')).toBeGreaterThan(kept + 30);
    await soon(() => anna.hears('bert')).toBeGreaterThan(there);
    expect(recorder.consumers.map(({ participant }) => participant.name)).toEqual(['bert']);
    expect([recorder.heard('anna'), bert.hears('anna')]).toEqual([0, 0]);

    await anna.tell({ ...pressed, how: 'heard' });
    expect(await consentOf(meeting, 'anna')).toBe('awaited');
    await anna.tell(pressed);
    await soon(() => recorder.heard('anna')).toBeGreaterThan(20);
    await soon(() => bert.hears('anna')).toBeGreaterThan(20);
    expect(recorder.starts[0]).toMatchObject({ consent: 'required', pausedBy: null });
    expect(recorder.told).toEqual([
      { ...pressed, participantId: bert.whose.participantId, name: 'bert' },
      { ...pressed, how: 'heard', participantId: anna.whose.participantId, name: 'anna' },
      { ...pressed, participantId: anna.whose.participantId, name: 'anna' },
    ]);
    const id = recorder.starts[0]!.recordingId;
    const answer = await server.rest('GET', `/audit?action=recording.consented&subject=${id}`);
    const { items } = (await answer.json()) as { items: { actor: { name: string } }[] };
    expect(items.map(({ actor }) => actor.name).toSorted()).toEqual(['anna', 'bert']);

    // Another recorder gets them at once, with what they agreed to.
    recorder.socket.disconnect();
    const other = await Recorder.in(meeting);
    await soon(() => other.heard('anna')).toBeGreaterThan(5);
    expect(other.starts[0]!.consents).toHaveLength(3);
    for (const one of [anna, bert]) one.close();
    other.socket.disconnect();
  });

  it('a browser agrees by the words that are on its screen, and has agreed when it comes back', async () => {
    const meeting = await server.createMeeting(REQUIRED);
    const recorder = await Recorder.in(meeting);
    const { socket, room } = await joinMeeting(server, meeting, 'Ann');
    await soon(() => consentOf(meeting, 'Ann')).toBe('awaited');
    const words = RECORDING_WORDS.en.required;
    const other = { how: 'button', language: 'en', words: 'Whatever.' } as const;
    await expect(askMeet(socket, 'recording:told', other)).rejects.toMatchObject({
      code: 'bad-request',
    });
    await askMeet(socket, 'recording:told', { how: 'shown', language: 'en', words });
    // Agreeing to being told is no consent.
    const { notice } = RECORDING_WORDS.en;
    await askMeet(socket, 'recording:told', { how: 'button', language: 'en', words: notice });
    expect(await consentOf(meeting, 'Ann')).toBe('awaited');
    await askMeet(socket, 'recording:told', { how: 'button', language: 'en', words });
    expect(await consentOf(meeting, 'Ann')).toBe('given');
    await soon(() => recorder.told.map(({ how, policy }) => [how, policy])).toEqual([
      ['shown', 'required'],
      ['button', 'notice'],
      ['button', 'required'],
    ]);
    // Somebody else keeps the room, and with it the recording.
    await joinMeeting(server, meeting, 'Bea');
    socket.disconnect();
    const resumeToken = room.resumeToken!;
    const back = await joinMeeting(server, meeting, 'Ann', { resumeToken });
    const self = back.room.participants.find(({ id }) => id === back.room.participantId);
    expect(self).toMatchObject({ consent: 'given' });
    await soon(() => recorder.told.at(-1)).toMatchObject({
      participantId: back.room.participantId,
      how: 'button',
      words,
    });
    recorder.socket.disconnect();
  });

  it('a phone that agreed before the server was started anew has agreed', async () => {
    const meeting = await server.createMeeting(REQUIRED);
    const recorder = await Recorder.in(meeting);
    const anna = await phone(meeting, 'anna', { told: [pressed] });
    expect(anna.joined.participant).toMatchObject({ consent: 'given' });
    await soon(() => recorder.heard('anna')).toBeGreaterThan(5);
    anna.close();
    recorder.socket.disconnect();
  });

  it('counts from the moment the owner asks for it; where a notice is enough, nobody is held back', async () => {
    const meeting = await server.createMeeting({ recording: 'always' });
    const recorder = await Recorder.in(meeting);
    const anna = await phone(meeting, 'anna');
    const { socket } = await joinMeeting(server, meeting, 'Bea');
    await soon(() => recorder.heard('anna')).toBeGreaterThan(5);
    expect(await consentOf(meeting, 'anna')).toBe('none');
    const changed = next<RecordingNews>(socket, 'recording:changed');
    await server.rest('PATCH', `/meetings/${meeting.id}`, { consent: 'required' });
    expect(await changed).toEqual({ recording: true, paused: false, consent: 'required' });
    await soon(() => consentOf(meeting, 'anna')).toBe('awaited');
    await soon(() => recorder.starts.map(({ consent }) => consent)).toEqual(['notice', 'required']);
    anna.close();
    recorder.socket.disconnect();
  });

  it('who was asked and did not agree is in no recording that says so, where a notice is enough from now on', async () => {
    const meeting = await server.createMeeting(REQUIRED);
    const recorder = await Recorder.in(meeting);
    const anna = await phone(meeting, 'anna');
    await soon(() => consentOf(meeting, 'anna')).toBe('awaited');
    await server.rest('PATCH', `/meetings/${meeting.id}`, { consent: 'notice' });
    await soon(() => recorder.consumers.map(({ participant }) => participant.name)).toEqual([
      'anna',
    ]);
    expect(recorder.ends).toEqual([[]]);
    expect(recorder.starts.map(({ consent }) => consent)).toEqual(['required', 'notice']);
    anna.close();
    recorder.socket.disconnect();
  });
});

describe('pausing', () => {
  it('everybody is told; a recorder that takes over begins paused, until a moderator resumes', async () => {
    const meeting = await server.createMeeting({ recording: 'always' });
    expect(await pause(meeting, 'pause')).toBe(409);
    const recorder = await Recorder.in(meeting);
    const { socket } = await joinMeeting(server, meeting, 'Bea');
    const anna = await phone(meeting, 'anna');
    await soon(() => recorder.starts.length).toBe(1);
    const roomChanged = once(anna.gateway as never, 'room:changed');
    const changed = next<RecordingNews>(socket, 'recording:changed');
    await soon(() => pause(meeting, 'pause')).toBe(202);
    const by = { kind: 'user', name: ADMIN.email };
    expect(recorder.pauses).toEqual([expect.objectContaining(by)]);
    expect(await changed).toEqual({ recording: true, paused: true, consent: 'notice' });
    expect(await roomChanged).toMatchObject([{ recording: true, paused: true }]);
    expect(await pause(meeting, 'pause')).toBe(202);
    expect(recorder.pauses).toHaveLength(1);

    recorder.socket.disconnect();
    const other = await Recorder.in(meeting);
    await soon(() => other.starts[0]?.pausedBy).toMatchObject(by);
    const late = await joinMeeting(server, meeting, 'Cec');
    await soon(() => late.room.paused || other.starts.length).toBe(true);

    const { participantId } = anna.whose;
    const asked = { meetingId: meeting.id, participantId };
    await expect(askGateway(anna.gateway, 'room:togglePause', asked)).rejects.toMatchObject({
      code: 'forbidden',
    });
    const host = await askGateway(anna.gateway, 'phone:join', {
      ...{ meetingId: meeting.id, name: 'Mod', number: '', ssrc: 4242, role: 'host' },
    });
    const moderator = { meetingId: meeting.id, participantId: host.participantId };
    expect(await askGateway(anna.gateway, 'room:togglePause', moderator)).toEqual({
      recording: true,
      paused: false,
    });
    expect(other.pauses).toEqual([null]);
    const id = other.starts[0]!.recordingId;
    const answer = await server.rest('GET', `/audit?action=recording.unpaused&subject=${id}`);
    const { items } = (await answer.json()) as { items: { actor: { name: string } }[] };
    expect(items.map(({ actor }) => actor.name)).toEqual(['Mod']);
    anna.close();
    other.socket.disconnect();
  });
});
