import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A call without a prompt, or without any final answer, by then has failed, ms. */
const PATIENCE_MS = 10_000;
/** RTP's fixed header (RFC 3550 section 5.1); our gateway adds nothing to it. */
const RTP_HEADER = 12;

/** What came of an INVITE. Times are from the INVITE, in ms. */
export type Dialled =
  /** The first audible packet of the first prompt came after `promptMs`. */
  { status: 200; promptMs: number } | { status: number; refusedMs: number };

interface Call {
  /** Takes an answer to its INVITE. */
  answered: (text: string) => void;
}

/** Makes calls from bare sockets: what it costs itself is not the server's. */
export class CallGenerator {
  readonly #sip: Socket;
  readonly #uri: string;
  readonly #calls = new Map<string, Call>();

  private constructor(sip: Socket, uri: string) {
    this.#sip = sip;
    this.#uri = uri;
    sip.on('message', (data) => {
      const text = data.toString('latin1');
      const id = header(text, 'Call-ID');
      if (header(text, 'CSeq').endsWith('INVITE')) this.#calls.get(id)?.answered(text);
    });
  }

  /** `uri`: what is called, over UDP. */
  static async open(uri: string): Promise<CallGenerator> {
    return new CallGenerator(await bound(), uri);
  }

  /** Calls at an even rate, a second, for so many seconds. */
  async dialAt(rate: number, seconds: number): Promise<Dialled[]> {
    const started = performance.now();
    const dialled: Promise<Dialled>[] = [];
    for (let count = 0; count < rate * seconds; count++) {
      const due = started + (count * 1000) / rate;
      await delay(Math.max(0, due - performance.now()));
      dialled.push(this.dial());
    }
    return Promise.all(dialled);
  }

  /** One call: INVITE, ACK, first sound, BYE. */
  async dial(): Promise<Dialled> {
    const id = randomUUID();
    const rtp = await bound();
    const { promise, resolve, reject } = Promise.withResolvers<Dialled>();
    const request = requests(this.#sip.address().port, this.#uri, id);
    const send = (text: string): void => this.#sip.send(text, portOf(this.#uri), '127.0.0.1');
    const since = performance.now();
    let to = '';
    const answered = (text: string): void => {
      const status = Number(text.slice(8, 11));
      if (status < 200) return;
      to = header(text, 'To');
      send(request('ACK', 1, to));
      if (status >= 300) resolve({ status, refusedMs: performance.now() - since });
    };
    rtp.on('message', (packet) => {
      if (isAudible(packet)) resolve({ status: 200, promptMs: performance.now() - since });
    });
    this.#calls.set(id, { answered });
    const timer = setTimeout(() => reject(new Error('a call got no prompt')), PATIENCE_MS);
    send(request('INVITE', 1, '', sdp(rtp.address().port)));
    try {
      const dialled = await promise;
      if (dialled.status === 200) send(request('BYE', 2, to));
      return dialled;
    } finally {
      clearTimeout(timer);
      this.#calls.delete(id);
      rtp.close();
    }
  }

  close(): void {
    this.#sip.close();
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
