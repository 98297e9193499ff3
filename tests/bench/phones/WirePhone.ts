import type { OutboundCall, SipCaller } from '@switchroom/sip-dialin/phone';
import type { Sound } from '../../support/audio/Sound.ts';

const KEY_MS = 160;

interface WirePhoneParts {
  sip: SipCaller;
  uri: string;
  index: number;
  /** Where its sound comes in. */
  port: number;
  send: (port: number) => void;
  say: (sound: Sound | undefined) => Promise<void>;
  note: () => void;
  over: () => void;
}

/** One call of a phone of `wirephones.c`: PCMU in packets of 20 ms, and keys by SIP INFO. */
export class WirePhone {
  readonly index: number;
  readonly #call: OutboundCall;
  readonly #parts: WirePhoneParts;

  private constructor(call: OutboundCall, parts: WirePhoneParts) {
    this.index = parts.index;
    this.#call = call;
    this.#parts = parts;
  }

  /** Calls; resolves once it is answered and sends. */
  static async dial(parts: WirePhoneParts): Promise<WirePhone> {
    const offer = sdp(parts.port);
    const call = await parts.sip.call({ uri: parts.uri, offer, onProgress: () => {} });
    call.onOffer(() => offer);
    const port = Number(/^m=audio (\d+)/m.exec(call.answer)?.[1]);
    if (!(port > 0)) throw new Error('The call was answered without a port for sound.');
    parts.send(port);
    return new WirePhone(call, parts);
  }

  async key(keys: string): Promise<void> {
    for (const key of keys) await this.#call.sendKey(key, KEY_MS);
  }

  /** Says whole packets of this over and over; silence without. 8 kHz. */
  say(sound?: Sound): Promise<void> {
    return this.#parts.say(sound);
  }

  /** From now on all that it sends and hears is written down. */
  note(): void {
    this.#parts.note();
  }

  async hangUp(): Promise<void> {
    this.#parts.over();
    await this.#call.hangUp();
  }
}

function sdp(port: number): string {
  const origin = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...origin, `m=audio ${port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', ''].join('\r\n');
}
