import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Switchroom } from '../support/Switchroom.ts';

/** Calls a second that come in, and for how many seconds. */
const CALLS_A_SECOND = 50;
const SECONDS = 4;
/** A call without a prompt by then has failed, ms. */
const PATIENCE_MS = 10_000;
/** RTP's fixed header (RFC 3550 section 5.1); our gateway adds nothing to it. */
const RTP_HEADER = 12;

interface Call {
  /** Takes an answer to its INVITE. */
  answered: (text: string) => void;
}

/**
 * From INVITE to the first audible packet of the first prompt, the 99th percentile of some seconds at 50
 * calls a second, ms. The generator is bare sockets: what it costs itself is not the server's.
 */
export async function inviteToPrompt(switchroom: Switchroom): Promise<number[]> {
  await liftLimits(switchroom);
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const uri = meeting.dialIn[0]!.sipUri;
  const calls = new Map<string, Call>();
  const sip = await bound();
  sip.on('message', (data) => {
    const text = data.toString('latin1');
    const id = header(text, 'Call-ID');
    if (header(text, 'CSeq').endsWith('INVITE')) calls.get(id)?.answered(text);
  });
  // The first call warms what every start has cold; it is not counted.
  await dial(sip, uri, calls);
  const started = performance.now();
  const dialled: Promise<number>[] = [];
  for (let count = 0; count < CALLS_A_SECOND * SECONDS; count++) {
    const due = started + (count * 1000) / CALLS_A_SECOND;
    await delay(Math.max(0, due - performance.now()));
    dialled.push(dial(sip, uri, calls));
  }
  try {
    return [percentile(await Promise.all(dialled), 0.99)];
  } finally {
    sip.close();
  }
}

/** One call: INVITE, ACK, first sound, BYE. Gives what it took, ms. */
async function dial(sip: Socket, uri: string, calls: Map<string, Call>): Promise<number> {
  const id = randomUUID();
  const rtp = await bound();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = requests(sip.address().port, uri, id);
  const send = (text: string): void => sip.send(text, portOf(uri), '127.0.0.1');
  const since = performance.now();
  let to = '';
  const answered = (text: string): void => {
    const status = Number(text.slice(8, 11));
    if (status < 200) return;
    to = header(text, 'To');
    send(request('ACK', 1, to));
    if (status >= 300) reject(new Error(`a call was refused with ${status}`));
  };
  rtp.on('message', (packet) => {
    if (isAudible(packet)) resolve(performance.now() - since);
  });
  calls.set(id, { answered });
  const timer = setTimeout(() => reject(new Error('a call got no prompt')), PATIENCE_MS);
  send(request('INVITE', 1, '', sdp(rtp.address().port)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    send(request('BYE', 2, to));
    calls.delete(id);
    rtp.close();
  }
}

/** Requests of one call, as text. */
function requests(
  port: number,
  uri: string,
  id: string,
): (method: string, seq: number, to: string, body?: string) => string {
  return (method, seq, to, body = '') =>
    [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${randomUUID()}`,
      'Max-Forwards: 70',
      `From: <sip:+15550199@127.0.0.1>;tag=${id.slice(0, 8)}`,
      `To: ${to === '' ? `<${uri}>` : to}`,
      `Call-ID: ${id}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:bench@127.0.0.1:${port}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
}

function sdp(port: number): string {
  const origin = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  const media = [`m=audio ${port} RTP/AVP 0 101`, 'a=rtpmap:0 PCMU/8000'];
  return [...origin, ...media, 'a=rtpmap:101 telephone-event/8000', ''].join('\r\n');
}

/** Whether a PCMU packet has sound in it: the codes next to 0x7f and 0xff are silence and its noise. */
function isAudible(packet: Buffer): boolean {
  return packet.subarray(RTP_HEADER).some((code) => (code & 0x7f) < 0x60);
}

function header(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r$`, 'im').exec(text)?.[1] ?? '';
}

function portOf(uri: string): number {
  return Number(/:(\d+)$/.exec(uri)?.[1] ?? 5060);
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** As many calls at a time and a second as come. */
async function liftLimits({ rest }: Switchroom): Promise<void> {
  const { body } = await rest.raw('GET', '/trunks');
  const limits = { maxCalls: 10_000, callsPerSecond: 1000 };
  for (const { id } of body as { id: string }[]) await rest.raw('PATCH', `/trunks/${id}`, limits);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
