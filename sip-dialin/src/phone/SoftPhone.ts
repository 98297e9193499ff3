import type { Logger } from 'pino';
import { Negotiation } from '../media/sdp/Negotiation.ts';
import type { OutboundCall } from '../signaling/OutboundCall.ts';
import { SipCaller } from '../signaling/SipCaller.ts';
import { RtpEndpoint, type RtpEndpointOptions } from './RtpEndpoint.ts';
import type { FrameSource } from './sources.ts';

const INFO_KEY_MS = 160;
/** A BYE that is not answered is given up after this, ms: SIP would go on for 32 s. */
const BYE_LIMIT_MS = 2000;
const BYE_ANSWER_MS = 100;

export interface DialOptions extends RtpEndpointOptions {
  /** `sip:user@host:port;transport=tcp` */
  uri: string;
  /** Address of ours that the far end reaches: SIP and RTP are bound to it. */
  localAddress: string;
  onProgress?: (status: number) => void;
  /** Gives up while it is not answered. */
  signal?: AbortSignal;
  logger?: Logger;
}

/** One call of a phone of our own, from its answer to its end. */
export class SoftPhone {
  /** Resolves with who ended the call. */
  readonly ended: Promise<'us' | 'them'>;
  readonly #caller: SipCaller;
  readonly #call: OutboundCall;
  readonly #rtp: RtpEndpoint;
  readonly #negotiation: Negotiation;
  #end: (by: 'us' | 'them') => void = () => {};
  #closing: Promise<void> | undefined;

  private constructor(
    caller: SipCaller,
    call: OutboundCall,
    rtp: RtpEndpoint,
    negotiation: Negotiation,
  ) {
    this.#caller = caller;
    this.#call = call;
    this.#rtp = rtp;
    this.#negotiation = negotiation;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    call.onOffer((offer) => {
      const answer = negotiation.answer(offer);
      if (negotiation.remote) rtp.connect(negotiation.remote);
      return answer;
    });
    void call.hungUp.then(() => this.#close('them'));
  }

  /** Calls; resolves when it is answered. Errors: `CallRefused`, `AppError`. */
  static async dial(options: DialOptions): Promise<SoftPhone> {
    const { uri, localAddress, onProgress = () => {}, signal, logger } = options;
    const rtp = await RtpEndpoint.open(localAddress, options);
    let caller: SipCaller | undefined;
    try {
      caller = await SipCaller.open(localAddress, logger);
      const negotiation = new Negotiation(localAddress, rtp.port);
      const offer = negotiation.offer();
      const call = await caller.call({ uri, offer, onProgress, ...(signal && { signal }) });
      const phone = new SoftPhone(caller, call, rtp, negotiation);
      try {
        negotiation.accept(call.answer);
      } catch (error) {
        await phone.hangUp();
        throw error;
      }
      if (negotiation.remote) rtp.connect(negotiation.remote);
      return phone;
    } catch (error) {
      rtp.close();
      await caller?.close();
      throw error;
    }
  }

  /** `PCMU` or `PCMA`. */
  get codec(): string {
    return this.#negotiation.remote?.codec ?? '';
  }

  /** Whether the call is over, or about to be. */
  isOver(): boolean {
    return this.#closing !== undefined;
  }

  /** Says this; resolves when it is over, or the call is. */
  play(source: FrameSource): Promise<void> {
    return this.#rtp.play(source);
  }

  /** Keys `0`-`9`, `*`, `#`: by RFC 4733 if the far end takes it, else, or if told so, by SIP INFO. */
  async key(keys: string, { info = false }: { info?: boolean } = {}): Promise<void> {
    if (!info && this.#negotiation.remote?.eventPayloadType !== undefined) {
      await this.#rtp.key(keys);
      return;
    }
    for (const key of keys) await this.#call.sendKey(key, INFO_KEY_MS);
  }

  /** Twice is silent. */
  hangUp(): Promise<void> {
    return this.#close('us');
  }

  #close(by: 'us' | 'them'): Promise<void> {
    this.#closing ??= this.#release(by);
    return this.#closing;
  }

  async #release(by: 'us' | 'them'): Promise<void> {
    this.#rtp.close();
    if (by === 'us') {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, BYE_LIMIT_MS)));
      await Promise.race([this.#call.hangUp(), limit]);
      clearTimeout(timer);
    } else {
      // Our answer to their BYE goes out by way of the control connection: it is let out first.
      await new Promise((resolve) => setTimeout(resolve, BYE_ANSWER_MS));
    }
    await this.#caller.close();
    this.#end(by);
  }
}
