import { createSocket, type Socket } from 'node:dgram';
import { KeyDetector } from '../../media/embedded/dtmf/telephoneEvent.ts';
import { parseRtp, writeRtp } from '../../media/embedded/rtp/packet.ts';
import { PCMU } from '../../media/embedded/codecs/g711.ts';
import { sine } from '../sources.ts';

/** What the far end does with the INVITE. */
export interface FarEndOptions {
  /** Final status; 200 for a call. */
  status?: number;
  reason?: string;
  /** Whether its SDP has telephone-event. */
  events?: boolean;
  /** Never answers, but for the CANCEL. */
  silent?: boolean;
}

/** A SIP phone of few words on UDP, to be called: it plays 400 Hz and notes what it is sent. */
export class FarEnd {
  /** Keys by RTP and by INFO, in order. */
  keys = '';
  /** Methods of the requests, ACKs too, without repetitions. */
  readonly methods: string[] = [];
  readonly heard: Int16Array[] = [];
  readonly #sip: Socket;
  readonly #rtp: Socket;
  readonly #options: FarEndOptions;
  readonly #keys = new KeyDetector();
  #invite = '';
  #caller: { address: string; port: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(sip: Socket, rtp: Socket, options: FarEndOptions) {
    this.#sip = sip;
    this.#rtp = rtp;
    this.#options = options;
    sip.on('message', (data, from) => this.#onSip(data.toString(), from));
    rtp.on('message', (data) => this.#onRtp(data));
  }

  static async open(options: FarEndOptions = {}): Promise<FarEnd> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    }
    return new FarEnd(...sockets, options);
  }

  get port(): number {
    return this.#sip.address().port;
  }

  bye(): void {
    const line = (name: string): string => header(this.#invite, name);
    this.#send(
      [
        `BYE ${/<(.*)>/.exec(line('Contact'))?.[1] ?? ''} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bKbye`,
        `From: ${line('To')};tag=far`,
        `To: ${line('From')}`,
        `Call-ID: ${line('Call-ID')}`,
        'CSeq: 1 BYE',
        'Max-Forwards: 70',
      ],
      '',
    );
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sip.close();
    this.#rtp.close();
  }

  #onSip(message: string, from: { address: string; port: number }): void {
    const method = /^[A-Z]+/.exec(message)?.[0] ?? '';
    if (message.startsWith('SIP/2.0')) this.methods.push(`${message.slice(8, 11)} answer`);
    else if (method !== 'INVITE' || this.#invite === '') this.methods.push(method);
    if (method === 'INVITE') {
      this.#caller = from;
      this.#invite = message;
      this.#onInvite(message);
    } else if (method === 'INFO') {
      this.keys += /Signal=(.)/.exec(message)?.[1] ?? '';
      this.#answer(message, 200, 'OK');
    } else if (method === 'BYE') {
      this.#answer(message, 200, 'OK');
    } else if (method === 'CANCEL') {
      this.#answer(message, 200, 'OK');
      this.#answer(this.#invite, 487, 'Request Terminated');
    }
  }

  #onInvite(invite: string): void {
    const { status = 200, reason = 'OK', events = true, silent = false } = this.#options;
    this.#answer(invite, 180, 'Ringing');
    if (silent) return;
    const formats = events ? '0 101' : '0';
    const sdp = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.#rtp.address().port} RTP/AVP ${formats}`,
      ...(events ? ['a=rtpmap:101 telephone-event/8000'] : []),
      '',
    ].join('\r\n');
    this.#answer(invite, status, reason, status === 200 ? sdp : '');
    if (status === 200) this.#speak(Number(/m=audio (\d+)/.exec(invite)?.[1]));
  }

  #speak(port: number): void {
    const [source, samples] = [sine(400), new Int16Array(160)];
    let sequenceNumber = 0;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      source(samples);
      const payload = new Uint8Array(160);
      PCMU.encode(samples, payload);
      const timestamp = 160 * ++sequenceNumber;
      this.#rtp.send(
        writeRtp({ payloadType: 0, sequenceNumber, timestamp, ssrc: 1, payload }),
        port,
        '127.0.0.1',
      );
    }, 20);
  }

  #onRtp(data: Uint8Array): void {
    const packet = parseRtp(data);
    if (packet?.payloadType === 101) {
      this.keys += this.#keys.push(packet, performance.now()) ?? '';
    } else if (packet?.payloadType === 0) {
      const samples = new Int16Array(packet.payload.length);
      PCMU.decode(packet.payload, samples);
      this.heard.push(samples);
    }
  }

  #answer(request: string, status: number, reason: string, body = ''): void {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(
      (name) => `${name}: ${header(request, name)}`,
    );
    const to = header(request, 'To');
    this.#send(
      [
        `SIP/2.0 ${status} ${reason}`,
        ...copied,
        `To: ${to.includes('tag=') ? to : `${to};tag=far`}`,
        `Contact: <sip:far@127.0.0.1:${this.port}>`,
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
      ],
      body,
    );
  }

  #send(lines: string[], body: string): void {
    const message = [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
    if (this.#caller) this.#sip.send(message, this.#caller.port, this.#caller.address);
  }
}

function header(message: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(message)?.[1] ?? '';
}
