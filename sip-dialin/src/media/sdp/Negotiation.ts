import { randomBytes, randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { G711Law } from '../embedded/codecs/g711.ts';
import type { LegCodec } from '../embedded/codecs/legCodecs.ts';
import type { RtpAddress } from '../PhoneMedia.ts';
import { chooseAudio, G711_CODECS, type RemoteAudio } from './audio.ts';
import { SRTP_SUITES, SrtpKey, srtpKeyBytes, type SrtpPolicy, type SrtpSuite } from './crypto.ts';
import { buildAnswer, buildOffer, type LocalAudio } from './buildSdp.ts';
import { parseSdp } from './parseSdp.ts';

/** Beside plain RTP the one that all have (RFC 4568 section 6.2): an INVITE by UDP is to fit into a packet. */
const OFFERED_SUITES: Readonly<Record<SrtpPolicy, readonly SrtpSuite[]>> = {
  off: [],
  optional: ['AES_CM_128_HMAC_SHA1_80'],
  required: SRTP_SUITES,
};

/** One side of the offer/answer exchanges of a call (RFC 3264), over all its re-INVITEs. */
export class Negotiation<C extends LegCodec = G711Law> {
  /** What the other side said last; `undefined` before the first exchange is complete. */
  #remote: RemoteAudio<C> | undefined;
  readonly #codecs: readonly C[];
  readonly #srtp: SrtpPolicy;
  /** Ours, one for each suite, for the whole call. */
  readonly #keys = new Map<SrtpSuite, SrtpKey>();
  #local: LocalAudio;
  /** The description told last, without its version. */
  #told = '';
  #offered = false;

  /** `codecs`: what is offered, in this order, and taken. With `optional` SRTP is offered beside plain RTP. */
  constructor(
    address: string,
    port: number,
    codecs: readonly C[] = G711_CODECS as readonly C[],
    srtp: SrtpPolicy = 'off',
  ) {
    this.#srtp = srtp;
    this.#codecs = codecs;
    this.#local = { sessionId: String(randomInt(1, 2 ** 47)), version: 0, address, port };
  }

  get remote(): RemoteAudio<C> | undefined {
    return this.#remote;
  }

  /** What we encrypt with; `undefined` for plain RTP. */
  get localKey(): SrtpKey | undefined {
    return this.#remote?.crypto && this.#key(this.#remote.crypto.key.suite);
  }

  /** Errors: `bad-request`, `no-codec`; then everything stays as it was. */
  answer(offer: string): string {
    const session = parseSdp(offer);
    const remote = this.#reachable(chooseAudio(session, this.#codecs, this.#srtp));
    const crypto = remote.crypto && { ...remote.crypto, key: this.#key(remote.crypto.key.suite) };
    const text = this.#tell((local) => buildAnswer(local, session, remote, crypto));
    this.#remote = remote;
    this.#offered = false;
    return text;
  }

  offer(): string {
    this.#offered = true;
    const suites = OFFERED_SUITES[this.#srtp];
    const cryptos = suites.map((suite, i) => ({ tag: String(i + 1), key: this.#key(suite) }));
    const protocol = this.#srtp === 'required' ? 'RTP/SAVP' : 'RTP/AVP';
    return this.#tell((local) => buildOffer(local, 'sendrecv', this.#codecs, cryptos, protocol));
  }

  /** Errors: `bad-request` (also when nothing was offered), `no-codec`. */
  accept(answer: string): void {
    if (!this.#offered) throw new AppError('bad-request', 'There is no offer to be answered.');
    this.#remote = this.#reachable(chooseAudio(parseSdp(answer), this.#codecs, this.#srtp));
    this.#offered = false;
  }

  /**
   * Nothing can be sent from a socket of one family of addresses to the other. A phone with both may name either
   * (RFC 6157), and hears of ours in the answer: it is sent to once its own packets have come.
   */
  #reachable(remote: RemoteAudio<C>): RemoteAudio<C> {
    const family = isIP(this.#local.address);
    const within = (to: RtpAddress | undefined) => (to && isIP(to.ip) === family ? to : undefined);
    return { ...remote, rtp: within(remote.rtp), rtcp: within(remote.rtcp) };
  }

  #key(suite: SrtpSuite): SrtpKey {
    let key = this.#keys.get(suite);
    if (!key) {
      key = new SrtpKey(suite, randomBytes(srtpKeyBytes(suite)));
      this.#keys.set(suite, key);
    }
    return key;
  }

  /** Renders with the version counted up exactly when something changed. */
  #tell(build: (local: LocalAudio) => string): string {
    const text = build({ ...this.#local, version: 0 });
    if (text !== this.#told) {
      this.#told = text;
      this.#local = { ...this.#local, version: this.#local.version + 1 };
    }
    return build(this.#local);
  }
}
