import { parseConfig } from '@switchroom/protocol';
import { createDialIn, type DialIn } from '@switchroom/sip-dialin';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakePhoneMedia } from '../../../sip-dialin/src/media/fake/FakePhoneMedia.ts';
import { startSipServer, type SipServer } from '../../../sip-dialin/src/sip-server/index.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeMeetingServer, PIN, TOKEN } from './FakeMeetingServer.ts';
import { sdp, UdpCaller } from './UdpCaller.ts';

/*
 * sip-dialin whole but for the sound: the embedded SIP server, drachtio-srf, the conversation and
 * the gateway, between a caller on UDP and a meeting server on socket.io.
 */

let server: FakeMeetingServer;
let media: FakePhoneMedia;
let dialIn: DialIn;
let logged: string;
let callers: UdpCaller[];

beforeEach(async () => {
  server = new FakeMeetingServer();
  await server.start();
  media = new FakePhoneMedia();
  callers = [];
  logged = '';
  const config = parseConfig({
    SIP_PORT: '0',
    SIGNALING_URL: server.url,
    SERVICE_TOKEN: TOKEN,
  });
  const logger = pino({ level: 'trace' }, { write: (line: string) => (logged += line) });
  dialIn = await createDialIn(config, { logger, media });
});

afterEach(async () => {
  await dialIn.close();
  for (const caller of callers) caller.close();
  await server.stop();
  expect(media.legs.size).toBe(0);
  expect(media.rooms.size).toBe(0);
});

async function caller(dial = dialIn.sipUri, from?: string): Promise<UdpCaller> {
  const made = await UdpCaller.open(dial, from);
  callers.push(made);
  return made;
}

/** A caller who has keyed the PIN and is in the meeting. */
async function joined(): Promise<UdpCaller> {
  const phone = await caller();
  expect((await phone.invite()).status).toBe(200);
  const before = server.asked.filter((event) => event === 'phone:join').length;
  await phone.keys(`${PIN}#`);
  await eventually(
    () =>
      server.asked.filter((event) => event === 'phone:join').length > before &&
      [...media.legs.values()].every((leg) => leg.joined !== undefined),
    { what: 'the phone in the room', every: 5 },
  );
  return phone;
}

const onlyLeg = () => [...media.legs.values()][0]!;

describe('a call', () => {
  it('is answered, and with the PIN becomes a participant', async () => {
    const phone = await joined();
    expect(phone.received.some(({ status }) => status === 180)).toBe(true);
    expect(server.asked).toEqual([
      'did:resolve',
      'pin:check',
      'room:open',
      'transport:connect',
      'phone:join',
    ]);
    expect(server.payloads('phone:join')).toHaveLength(1);
    expect(server.payloads('phone:join')[0]).toMatchObject({
      meetingId: 'm1',
      name: 'Ada',
      number: '+15550123',
      ssrc: onlyLeg().joined?.ssrc,
    });
    expect(media.rooms.get('m1')?.connectedTo).toMatchObject({ port: 9, payloadType: 100 });

    await phone.request('BYE');
    await eventually(() => server.asked.includes('room:release'), { what: 'the room released' });
    expect(server.asked.slice(-2)).toEqual(['phone:leave', 'room:release']);
  });

  it('leaves no PIN and nothing of the number in the log', async () => {
    const phone = await joined();
    await phone.request('BYE');
    await eventually(() => logged.includes('hung-up'), { what: 'the end in the log' });
    expect(logged).toContain('"caller":"known"');
    expect(logged).not.toContain(PIN);
    expect(logged).not.toMatch(/(…|555)0123/);
    expect(logged).not.toContain('Signal=');
  });

  it('hears of wrong PINs, and gets BYE after the third', async () => {
    const phone = await caller();
    await phone.invite();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await phone.keys('000000#');
      await eventually(
        () => server.asked.filter((event) => event === 'pin:check').length > attempt,
        { what: 'the PIN checked', every: 5 },
      );
    }
    await phone.gotBye();
    expect(server.asked).not.toContain('phone:join');
  });

  it('comes without an offer, and answers ours in its ACK', async () => {
    const phone = await caller();
    const answer = await phone.invite('', sdp());
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('m=audio');
    await phone.keys(`${PIN}#`);
    await eventually(() => server.asked.includes('phone:join'), { what: 'the phone in' });
  });

  it('is put on hold and taken back', async () => {
    const phone = await joined();
    const held = await phone.invite(sdp('sendonly'));
    expect(held.status).toBe(200);
    expect(held.body).toContain('a=recvonly');
    expect(onlyLeg().muted).toBe(true);
    const resumed = await phone.invite(sdp());
    expect(resumed.body).toContain('m=audio');
    expect(onlyLeg().muted).toBe(false);
  });

  it('is told goodbye and hung up when the meeting ends', async () => {
    const phone = await joined();
    server.tell('room:closed', { meetingId: 'm1', reason: 'meeting-ended' });
    await phone.gotBye();
  });

  it('is told goodbye when it is removed, while another stays', async () => {
    const first = await joined();
    await joined();
    server.tell('participant:left', { meetingId: 'm1', participantId: 'p2', reason: 'removed' });
    await first.gotBye();
    await eventually(() => media.legs.size === 1, { what: 'one leg left' });
    expect(onlyLeg().joined?.roomId).toBe('m1');
    expect(server.asked).not.toContain('room:release');
  });

  it('hears what the server sends: the source is there when the consumer is acknowledged', async () => {
    await joined();
    const news = {
      meetingId: 'm1',
      transportId: 't1',
      consumerId: 'c1',
      participant: { id: 'b1', name: 'Browser', kind: 'browser' },
      ssrc: 4711,
      payloadType: 100,
    };
    expect(await server.tellAndWait('consumer:created', news)).toEqual({ ok: true, value: {} });
    expect(media.rooms.get('m1')?.sources.has(4711)).toBe(true);
  });

  it('gets BYE when sip-dialin stops', async () => {
    const phone = await joined();
    await dialIn.close();
    expect(phone.received.filter(({ method }) => method === 'BYE')).toHaveLength(1);
    await dialIn.close();
  });

  it('stays up while the server restarts, and joins again', async () => {
    await joined();
    await server.stop();
    await server.start();
    await eventually(() => server.asked.filter((event) => event === 'phone:join').length === 2, {
      what: 'the phone joined again',
    });
    expect(media.legs.size).toBe(1);
  });
});

describe('a call that is not taken', () => {
  it('to another number: 404', async () => {
    const phone = await caller(dialIn.sipUri.replace('+15550100', '+15550199'));
    expect((await phone.invite()).status).toBe(404);
  });

  it.each(['15550100', '+15550100;user=x', '0015550100'])('but %s is our number', async (user) => {
    const phone = await caller(dialIn.sipUri.replace('+15550100', user));
    expect((await phone.invite()).status).toBe(200);
    await phone.request('BYE');
  });

  it('without a codec of ours: 488', async () => {
    const phone = await caller();
    const offer = sdp().replace('RTP/AVP 0 8 101', 'RTP/AVP 18 101');
    expect((await phone.invite(offer)).status).toBe(488);
  });

  it('while the server is away: 503', async () => {
    await server.stop();
    await eventually(() => logged.includes('the server is away'), { what: 'the loss noticed' });
    const phone = await caller();
    expect((await phone.invite()).status).toBe(503);
  });

  it('cancelled before the answer: 487, and nothing is left', async () => {
    const gate = Promise.withResolvers<undefined>();
    server.onDid = () => gate.promise;
    const phone = await caller();
    const cseq = phone.sendInvite();
    await eventually(() => server.asked.includes('did:resolve'), { what: 'the DID asked for' });
    phone.cancel();
    expect((await phone.final(cseq)).status).toBe(487);
    gate.resolve(undefined);
    await eventually(() => logged.includes('cancelled'), { what: 'the end in the log' });
  });
});

describe('other requests', () => {
  it('OPTIONS: 200 with what we take', async () => {
    const answer = await (await caller()).request('OPTIONS');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('allow')).toContain('INVITE');
    expect(answer.headers.get('accept')).toContain('application/sdp');
  });

  it.each(['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH'])('%s: 405', async (method) => {
    const answer = await (await caller()).request(method);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain('INVITE');
  });

  it('INFO in a call: 415 for a body of another type, 400 for no key, 200 without a body', async () => {
    const phone = await caller();
    await phone.invite();
    expect((await phone.request('INFO', 'x', 'text/plain')).status).toBe(415);
    expect((await phone.request('INFO', 'Signal=', 'application/dtmf-relay')).status).toBe(400);
    expect((await phone.request('INFO')).status).toBe(200);
    // Without Refer-To.
    expect((await phone.request('REFER')).status).toBe(400);
  });
});

describe('with a SIP server of its own', () => {
  const secret = 'another-secret';
  let sip: SipServer;
  let own: DialIn;

  beforeEach(async () => {
    sip = await startSipServer({ host: '127.0.0.1', port: 0, secret });
    const config = parseConfig({
      SIP_SERVER: `127.0.0.1:${sip.control.port}`,
      DRACHTIO_SECRET: secret,
      SIGNALING_URL: server.url,
      SERVICE_TOKEN: TOKEN,
    });
    const logger = pino({ level: 'trace' }, { write: (line: string) => (logged += line) });
    own = await createDialIn(config, { logger, media: new FakePhoneMedia() });
  });

  afterEach(async () => {
    await own.close();
    await sip.close();
  });

  it('takes calls as with the embedded one', async () => {
    expect(own.sipUri).toBe(`sip:+15550100@127.0.0.1:${sip.sip.port}`);
    const phone = await caller(own.sipUri);
    expect((await phone.invite()).status).toBe(200);
    await phone.keys(`${PIN}#`);
    await eventually(() => server.asked.includes('phone:join'), { what: 'the phone in' });
    await own.close();
    await phone.gotBye();
  });

  it('ends its calls when the SIP server dies, and takes new ones when it is back', async () => {
    const phone = await caller(own.sipUri);
    await phone.invite();
    const { sip: address, control } = sip;
    await sip.close();
    await eventually(() => logged.includes('signaling-lost'), { what: 'the call ended' });
    sip = await startSipServer({ ...address, controlPort: control.port, secret });
    await eventually(
      async () => {
        const again = await caller(own.sipUri);
        if ((await again.invite()).status !== 200) return false;
        return (await again.request('BYE')).status === 200;
      },
      { what: 'calls taken again' },
    );
  });
});

describe('createDialIn()', () => {
  it('says that the server refuses it', async () => {
    const config = parseConfig({
      SIP_PORT: '0',
      SIGNALING_URL: server.url,
      SERVICE_TOKEN: 'some-other-service-token',
    });
    const logger = pino({ level: 'silent' });
    const failed = createDialIn(config, {
      logger,
      media: new FakePhoneMedia(),
      startLimitMs: 500,
    });
    await expect(failed).rejects.toThrow(/refuses us: unauthenticated/);
  });

  it('needs a service token', async () => {
    const logger = pino({ level: 'silent' });
    const failed = createDialIn(parseConfig({}), { logger, media: new FakePhoneMedia() });
    await expect(failed).rejects.toThrow('SERVICE_TOKEN');
  });
});
