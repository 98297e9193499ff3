import { createSocket, type Socket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { eventually } from '../../support/eventually.ts';

/** What came in: a response has `status`, a request has `method`. */
export interface SipMessage {
  status?: number;
  method?: string;
  headers: Map<string, string>;
  body: string;
  raw: string;
}

const OFFER = [
  'v=0',
  'o=caller 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 0 8 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n');

export function sdp(direction = 'sendrecv'): string {
  return OFFER.replace('a=sendrecv', `a=${direction}`);
}

function parse(raw: string): SipMessage {
  const [head = '', body = ''] = raw.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = /^SIP\/2\.0 (\d{3})/.exec(first)?.[1];
  return status === undefined
    ? { method: first.split(' ')[0] ?? '', headers, body, raw }
    : { status: Number(status), headers, body, raw };
}

/** One call of a phone that is a UDP socket and does exactly what it is told. */
export class UdpCaller {
  readonly received: SipMessage[] = [];
  /** Of the INVITEs to come; empty for none. */
  authorization = '';
  readonly #socket: Socket;
  readonly #server: { host: string; port: number };
  readonly #callId = randomUUID();
  readonly #tag = randomUUID().slice(0, 8);
  readonly #uri: string;
  readonly #from: string;
  #cseq = 0;
  #to: string;
  #target: string;
  #inviteBranch = '';

  private constructor(socket: Socket, sipUri: string, from: string) {
    this.#socket = socket;
    const [, host = '', port = ''] = /@([^:]+):(\d+)/.exec(sipUri) ?? [];
    this.#server = { host, port: Number(port) };
    this.#uri = sipUri;
    this.#target = sipUri;
    this.#to = `<${sipUri}>`;
    this.#from = `${from};tag=${this.#tag}`;
    socket.on('message', (data) => this.#onMessage(parse(data.toString())));
  }

  /** `from` is a whole name-addr. */
  static async open(sipUri: string, from = '"Ada" <sip:+15550123@a.test>'): Promise<UdpCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new UdpCaller(socket, sipUri, from);
  }

  get #contact(): string {
    return `<sip:caller@127.0.0.1:${this.#socket.address().port}>`;
  }

  /** INVITE up to its final answer; 2xx is acknowledged, with `ackSdp` if given. */
  async invite(body = sdp(), ackSdp = ''): Promise<SipMessage> {
    const answer = await this.final(this.sendInvite(body));
    if (answer.status === 200) {
      this.#to = answer.headers.get('to') ?? this.#to;
      this.#target = /<([^>]+)>/.exec(answer.headers.get('contact') ?? '')?.[1] ?? this.#target;
      this.#send('ACK', ackSdp, 'application/sdp', this.#cseq);
    } else {
      const to = answer.headers.get('to') ?? this.#to;
      this.#send('ACK', '', '', this.#cseq, this.#inviteBranch, to);
    }
    return answer;
  }

  /** Gives the CSeq to wait for. */
  sendInvite(body = sdp()): number {
    this.#inviteBranch = `z9hG4bK${randomUUID()}`;
    return this.#send('INVITE', body, 'application/sdp', undefined, this.#inviteBranch);
  }

  cancel(): void {
    this.#send('CANCEL', '', '', this.#cseq, this.#inviteBranch);
  }

  async request(method: string, body = '', contentType = ''): Promise<SipMessage> {
    return this.final(this.#send(method, body, contentType));
  }

  /** Keys by SIP INFO, one after the other. */
  async keys(keys: string): Promise<void> {
    for (const key of keys) {
      const body = `Signal=${key}\r\nDuration=160\r\n`;
      const { status } = await this.request('INFO', body, 'application/dtmf-relay');
      if (status !== 200) throw new Error(`INFO was answered ${String(status)}.`);
    }
  }

  /** The final answer to the request of this CSeq. */
  async final(cseq: number): Promise<SipMessage> {
    return eventually(
      () =>
        this.received.find(
          ({ status = 0, headers }) =>
            status >= 200 &&
            headers.get('cseq')?.startsWith(`${cseq} `) === true &&
            headers.get('cseq')?.endsWith('CANCEL') === false,
        ),
      { what: `the answer to request ${cseq}`, every: 5 },
    );
  }

  /** The other side hangs up. */
  async gotBye(): Promise<SipMessage> {
    return eventually(() => this.received.find(({ method }) => method === 'BYE'), {
      what: 'a BYE',
      every: 5,
    });
  }

  close(): void {
    this.#socket.close();
  }

  #onMessage(message: SipMessage): void {
    this.received.push(message);
    if (message.method === undefined || message.method === 'ACK') return;
    const headers = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (name) => `${name}: ${message.headers.get(name) ?? ''}`,
    );
    this.#write(['SIP/2.0 200 OK', ...headers, 'Content-Length: 0', '', ''].join('\r\n'));
  }

  #send(
    method: string,
    body: string,
    contentType: string,
    cseq = (this.#cseq += 1),
    branch = `z9hG4bK${randomUUID()}`,
    to = this.#to,
  ): number {
    const uri = method === 'CANCEL' || !to.includes('tag=') ? this.#uri : this.#target;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#socket.address().port};branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: ${this.#from}`,
      `To: ${to}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${this.#contact}`,
      ...(method === 'INVITE' && this.authorization !== ''
        ? [`Authorization: ${this.authorization}`]
        : []),
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ];
    this.#write(lines.join('\r\n'));
    return cseq;
  }

  #write(message: string): void {
    this.#socket.send(message, this.#server.port, this.#server.host);
  }
}
