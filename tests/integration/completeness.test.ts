import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlarmView, GatewayConsumerCreated, RecordingCounts } from '@switchroom/protocol';
import { enter, enterListening, speak, SSRC } from './gatewayHarness.ts';
import { joinMeeting } from './meetHarness.ts';
import { askGateway, startServer, type GatewaySocket, type Harness } from './serverHarness.ts';

/*
 * A recorder that says what it counts, beside a phone that really speaks through the SFU: what is missing becomes an alarm.
 */
let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function alarms(): Promise<AlarmView[]> {
  const response = await server.rest('GET', '/alarms');
  return ((await response.json()) as { active: AlarmView[] }).active;
}

it('sound that does not reach the recorder is an alarm within 10 s, is sent anew, and is over once it comes', async () => {
  const hook: string[] = [];
  const receiver = createServer((request, response) => {
    void request.toArray().then((parts) => {
      hook.push((JSON.parse(parts.join('')) as { type: string }).type);
      response.end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const set = await server.rest('PUT', '/alarm-webhook', { url, secret: 'sixteen characters' });
  expect(await set.json()).toEqual({ url, hasSecret: true });
  const secretive = { url: url.replace('//', '//ann:hunter2@') };
  expect((await server.rest('PUT', '/alarm-webhook', secretive)).status).toBe(400);
  const trail = await server.rest('GET', '/audit?action=policy.changed&limit=1');
  const receiverOnly = { receiver: new URL(url).origin, secretChanged: true };
  expect(await trail.json()).toMatchObject({ items: [{ details: receiverOnly }] });

  const created: GatewayConsumerCreated[] = [];
  let recordingId = '';
  const recorder: GatewaySocket = await server.gateway('recorder', (socket) => {
    socket.on('consumer:created', (news) => created.push(news));
    socket.on('recording:stop', (_request, ack) => ack({ ok: true, value: {} }));
    socket.on('recording:start', (request, ack) => {
      ({ recordingId } = request);
      ack({ ok: true, value: {} });
    });
  });
  const meeting = await server.createMeeting({ recording: 'always' });
  const phones = await server.gateway('sip-dialin');
  const phone = await enter(phones, meeting);
  const name = { name: 'Ann', number: '+15550001234', ssrc: SSRC };
  await askGateway(phones, 'phone:join', { meetingId: meeting.id, ...name });
  const stop = speak(phone.socket, phone.opened);
  await expect.poll(() => recordingId).not.toBe('');
  // Heard by nobody yet: the socket is where packets are thrown away.
  const { socket: ear, heard } = await enterListening(recorder, meeting);
  await expect.poll(() => heard.length, { timeout: 5000 }).toBeGreaterThan(0);
  const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
  expect(host.room.alarms).toEqual([]);
  const banners: string[][] = [];
  host.socket.on('alarms:changed', ({ alarms: kinds }) => banners.push(kinds));

  let counting = false;
  let written = 0;
  const report = async (): Promise<void> => {
    const { consumerId, participant } = created.at(-1)!;
    const participantId = participant.id;
    const received = counting ? heard.length : 0;
    written = counting ? heard.length : 0;
    const counts: RecordingCounts = {
      ...{ meetingId: meeting.id, recordingId },
      consumers: [{ consumerId, participantId, received, lost: 0 }],
      tracks: [{ participantId, received, written, synced: written }],
    };
    await askGateway(recorder, 'recording:counts', counts);
  };
  const from = performance.now();
  const timer = setInterval(() => void report(), 1000);
  await expect.poll(alarms, { timeout: 10_000 }).toMatchObject([
    {
      ...{ kind: 'recording-incomplete', subject: { type: 'recording', id: recordingId } },
      ...{ meetingId: meeting.id, details: { reasons: 'not-received' } },
    },
  ]);
  expect(performance.now() - from).toBeLessThan(10_000);
  await expect.poll(() => banners).toEqual([['recording-incomplete']]);
  // It was sent anew by another consumer.
  await expect.poll(() => created.length).toBeGreaterThan(1);
  counting = true;
  await expect.poll(alarms, { timeout: 15_000 }).toEqual([]);
  clearInterval(timer);
  stop();
  await expect.poll(() => banners.at(-1)).toEqual([]);
  await expect.poll(() => hook.slice(0, 2)).toEqual(['alarm.raised', 'alarm.cleared']);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('switchroom_alarms{kind="recording-incomplete"} 0');
  expect(metrics).toMatch(/switchroom_alarms_raised_total\{kind="recording-incomplete"\} [1-9]/);
  receiver.close();
  for (const socket of [ear, phone.socket]) socket.close();
}, 60_000);
