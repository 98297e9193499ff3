import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayConsumerCreated, Speaker } from '@switchroom/protocol';
import { enter, OPUS, parseRtp, speakUntil, SSRC } from './gatewayHarness.ts';
import {
  ask,
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  startServer,
  type Harness,
} from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('a phone over a gateway', () => {
  it('is heard by another gateway under the SSRC that was told, and not by its own', async () => {
    const meeting = await server.createMeeting();
    const [dialIn, recorder] = [
      await server.gateway('sip-dialin'),
      await server.gateway('recorder'),
    ];
    const phone = await enter(dialIn, meeting);
    const listener = await enter(recorder, meeting);
    const created = new Promise<GatewayConsumerCreated>((resolve) => {
      recorder.on('consumer:created', (news, ack) => {
        ack({ ok: true, value: {} });
        resolve(news);
      });
    });
    let echoed = 0;
    phone.socket.on('message', (packet) => (echoed += parseRtp(packet) ? 1 : 0));

    const { participantId, participant } = await askGateway(dialIn, 'phone:join', {
      meetingId: meeting.id,
      name: 'Caller +15550001234',
      number: '+15550001234',
      ssrc: SSRC,
    });
    expect(participant).toMatchObject({ name: 'Caller …1234', kind: 'phone', state: 'joined' });
    const news = await created;
    expect(news).toMatchObject({
      meetingId: meeting.id,
      transportId: listener.opened.transportId,
      participant: { id: participantId, kind: 'phone' },
      payloadType: 111,
    });

    const heard = new Promise<ReturnType<typeof parseRtp>>((resolve) => {
      listener.socket.on('message', (packet) => {
        const rtp = parseRtp(packet);
        if (rtp) resolve(rtp);
      });
    });
    expect(await speakUntil(phone.socket, phone.opened, heard)).toMatchObject({
      ssrc: news.ssrc,
      payloadType: 111,
      payload: OPUS,
    });
    expect(echoed).toBe(0);

    const [consumerClosed, left, roomClosed] = [
      next(recorder, 'consumer:closed'),
      next(recorder, 'participant:left'),
      next(dialIn, 'room:closed'),
    ];
    await askGateway(dialIn, 'phone:leave', { meetingId: meeting.id, participantId });
    expect(await consumerClosed).toEqual({ meetingId: meeting.id, consumerId: news.consumerId });
    expect(await left).toMatchObject({ participantId, reason: 'left' });
    expect(await roomClosed).toMatchObject({ meetingId: meeting.id, reason: 'left' });
    phone.socket.close();
    listener.socket.close();
  });

  it('is a participant for browsers, which see it speak, mute and go with its gateway', async () => {
    const meeting = await server.createMeeting();
    const [dialIn, browser] = [await server.gateway('sip-dialin'), await server.meet()];
    const phone = await enter(dialIn, meeting);
    await askMeet(browser, 'room:join', {
      joinToken: joinTokenOf(meeting),
      name: 'Ann',
      rtpCapabilities: {},
    });
    const joined = next(browser, 'participant:joined');
    const { participantId } = await askGateway(dialIn, 'phone:join', {
      meetingId: meeting.id,
      name: 'Phone',
      number: '',
      ssrc: SSRC,
    });
    expect(await joined).toMatchObject({ id: participantId, kind: 'phone', name: 'Phone' });

    const speakers = next<{ speakers: Speaker[] }>(browser, 'room:speakers');
    const heard = await speakUntil(phone.socket, phone.opened, speakers);
    expect(heard.speakers).toMatchObject([{ participantId }]);
    expect(heard.speakers[0]!.level).toBeGreaterThan(-40);

    const updated = next(browser, 'participant:updated');
    const request = { meetingId: meeting.id, participantId, muted: true };
    await askGateway(dialIn, 'participant:setMuted', request);
    expect(await updated).toMatchObject({ id: participantId, muted: true });

    const raised = next(browser, 'participant:updated');
    await askGateway(dialIn, 'participant:setHandRaised', {
      meetingId: meeting.id,
      participantId,
      handRaised: true,
    });
    expect(await raised).toMatchObject({ id: participantId, muted: true, handRaised: true });
    expect(await askGateway(dialIn, 'participant:count', { meetingId: meeting.id })).toEqual({
      participants: 2,
    });

    const left = next(browser, 'participant:left');
    dialIn.disconnect();
    expect(await left).toEqual({ participantId, reason: 'connection-lost' });
    phone.socket.close();
  });

  it.each([
    ['whole', '+15550007654'],
    ['last-four', '…7654'],
    ['none', 'Phone'],
  ])(
    'is shown by its number as the meeting has it, everywhere: %s',
    async (numberPrivacy, name) => {
      const meeting = await server.createMeeting({ numberPrivacy });
      const [dialIn, recorder] = [
        await server.gateway('sip-dialin'),
        await server.gateway('recorder'),
      ];
      const [phone, recording] = [await enter(dialIn, meeting), await enter(recorder, meeting)];
      const offered = next<GatewayConsumerCreated>(recorder, 'consumer:created');
      const { participant } = await askGateway(dialIn, 'phone:join', {
        meetingId: meeting.id,
        name: '…7654',
        number: '+15550007654',
        ssrc: SSRC,
      });
      expect(participant.name).toBe(name);
      expect((await offered).participant.name).toBe(name);
      const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
      expect(await people.json()).toMatchObject([{ name }]);
      expect(server.logs.join('')).not.toMatch(/(…|5000)7654/);
      phone.socket.close();
      recording.socket.close();
    },
  );

  it('is sent away when the meeting is ended, as the browsers are', async () => {
    const meeting = await server.createMeeting();
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const phone = { meetingId: meeting.id, name: 'Phone', number: '', ssrc: SSRC };
    await askGateway(dialIn, 'phone:join', phone);
    const closed = next(dialIn, 'room:closed');
    expect((await server.rest('DELETE', `/meetings/${meeting.id}`)).status).toBe(204);
    expect(await closed).toEqual({ meetingId: meeting.id, reason: 'meeting-ended' });
    expect(await ask(dialIn, 'room:open', { meetingId: meeting.id })).toMatchObject({
      code: 'meeting-ended',
    });
    expect(await ask(dialIn, 'phone:join', phone)).toMatchObject({ code: 'conflict' });
    socket.close();
  });
});
