import type { Caller } from '../caller.ts';
import type { CallEvent, DialogIds } from '../Call.ts';
import type { HandOn } from '../HandOn.ts';
import type { Replaces } from '../replaces.ts';
import type { InboundCall } from '../InboundCall.ts';

const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n');

/** SDP of a phone, in the direction given. For tests. */
export function phoneSdp(direction = 'sendrecv'): string {
  return OFFER.replace('a=sendrecv', `a=${direction}`);
}

/** A call in the test's hand. Writes down what was sent to the caller. For tests. */
export class FakeCall implements InboundCall {
  readonly dialled: string | undefined = '+15550100';
  readonly caller: Caller = { name: 'Ada', number: '+15550123', key: '+15550123' };
  readonly source: string;
  readonly uri = 'sip:+15550100@127.0.0.1';
  authorization = '';
  readonly offer: string;
  ids: DialogIds | undefined;
  replaces: Replaces | undefined;
  /** Whether it came over TLS with a certificate. */
  certified = false;
  /** `180`, `200`, `404`, `BYE`, in order. */
  readonly sent: string[] = [];
  answerSdp = '';
  /** Of the refusal. */
  headers: Record<string, string> = {};
  #handler: (event: CallEvent) => void = () => undefined;

  constructor({ offer = phoneSdp(), source = '127.0.0.1' } = {}) {
    this.offer = offer;
    this.source = source;
  }

  /** For tests: the caller does this. */
  emit(event: CallEvent): void {
    this.#handler(event);
  }

  onEvent(handler: (event: CallEvent) => void): void {
    this.#handler = handler;
  }

  ring(): void {
    this.sent.push('180');
  }

  refuse(status: number, headers: Record<string, string> = {}): void {
    this.headers = headers;
    this.sent.push(String(status));
  }

  async answer(sdp: string): Promise<void> {
    this.answerSdp = sdp;
    this.sent.push('200');
  }

  /** For tests: the caller wants its call to go on elsewhere. */
  handOn: (request: HandOn) => void = () => undefined;

  onHandOn(handler: (request: HandOn) => void): void {
    this.handOn = handler;
  }

  async bye(): Promise<void> {
    this.sent.push('BYE');
  }
}
