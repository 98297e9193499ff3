import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { parseMessage } from '../message/parseMessage.ts';
import { tagOf } from '../message/nameAddr.ts';
import {
  cseqOf,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../message/SipMessage.ts';
import { topVia } from '../message/via.ts';
import { until } from './until.ts';

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 41000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');

/** A bare UDP phone for tests: it sends exactly what it is told and keeps what it gets. */
export class RawPhone {
  readonly #socket: Socket;
  #server: { port: number };
  readonly received: SipMessage[] = [];
  /** The first line of all that came, well-formed or not. */
  readonly startLines: string[] = [];
  readonly callId = `${randomUUID()}@test`;
  readonly tag = randomUUID().slice(0, 8);
  /** Called for each message, to answer at once. */
  onMessage: (message: SipMessage) => void = () => undefined;
  remoteTag = '';
  #branches = 0;

  private constructor(socket: Socket, server: { port: number }) {
    this.#socket = socket;
    this.#server = server;
    socket.on('message', (data) => {
      this.startLines.push(data.toString('latin1').split('\r\n')[0] ?? '');
      const parsed = parseMessage(data);
      if (parsed.outcome !== 'message') return;
      this.received.push(parsed.message);
      this.onMessage(parsed.message);
    });
  }

  static async open(server: { port: number }): Promise<RawPhone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RawPhone(socket, server);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get requests(): SipRequest[] {
    return this.received.filter((message) => message.kind === 'request');
  }

  get responses(): SipResponse[] {
    return this.received.filter((message) => message.kind === 'response');
  }

  /** Answers with this status, retransmissions included. */
  statuses(status: number, method?: string): SipResponse[] {
    return this.responses.filter(
      (one) => one.status === status && (method === undefined || cseqOf(one)?.method === method),
    );
  }

  /** Waits for an answer, and takes over its To tag. */
  async expect(status: number, method: string): Promise<SipResponse> {
    await until(`${status} to ${method}`, () => this.statuses(status, method).length > 0);
    const [response] = this.statuses(status, method);
    if (response === undefined) throw new Error('unreachable');
    this.remoteTag = tagOf(response.headers.get('To')) ?? '';
    return response;
  }

  async expectRequest(method: string): Promise<SipRequest> {
    const find = (): SipRequest | undefined => this.requests.find((one) => one.method === method);
    await until(`a ${method}`, () => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error('unreachable');
    return found;
  }

  branch(): string {
    return `z9hG4bK-${this.tag}-${++this.#branches}`;
  }

  /** A request as a phone writes it; `headers` are whole lines. */
  compose(
    method: string,
    seq: number,
    options: {
      branch?: string;
      body?: string;
      headers?: string[];
      uri?: string;
      toTag?: string;
    } = {},
  ): string {
    const { branch = this.branch(), body = '', headers = [], toTag = this.remoteTag } = options;
    const uri = options.uri ?? 'sip:+15550100@127.0.0.1';
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};rport;branch=${branch}`,
      `From: "Caller" <sip:+15550199@127.0.0.1>;tag=${this.tag}`,
      `To: <sip:+15550100@127.0.0.1>${toTag === '' ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:+15550199@127.0.0.1:${this.port}>`,
      'Max-Forwards: 70',
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  send(text: string | Buffer): void {
    this.#socket.send(text, this.#server.port, '127.0.0.1');
  }

  /** From now on everything goes to the sender of this request. */
  answerTo(request: SipRequest): void {
    this.#server = { port: topVia(request)?.port ?? this.#server.port };
  }

  /** Answers a request of the server; `headers` are whole lines. */
  reply(
    request: SipRequest,
    status: number,
    options?: { headers?: string[]; body?: string },
  ): void {
    this.send(this.answer(request, status, options));
  }

  /** The text of an answer. */
  answer(
    request: SipRequest,
    status: number,
    options: { headers?: string[]; body?: string } = {},
  ): string {
    const { headers = [], body = '' } = options;
    const to = request.headers.get('To') ?? '';
    const tagged = status === 100 || tagOf(to) !== undefined ? to : `${to};tag=${this.tag}`;
    return [
      `SIP/2.0 ${status} Whatever`,
      ...request.headers.getAll('Via').map((via) => `Via: ${via}`),
      `From: ${request.headers.get('From') ?? ''}`,
      `To: ${tagged}`,
      `Call-ID: ${request.headers.get('Call-ID') ?? ''}`,
      `CSeq: ${request.headers.get('CSeq') ?? ''}`,
      `Contact: <sip:phone@127.0.0.1:${this.port}>`,
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}
