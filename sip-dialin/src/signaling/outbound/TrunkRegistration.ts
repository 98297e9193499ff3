import type { GatewayTrunk, TrunkUri } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Locator } from './Locator.ts';
import type { SipAnswer, SipClient } from './SipClient.ts';
import { accountUser, credentialsOf, retryAfterMs } from './trunkParts.ts';
import { Thread } from './Thread.ts';
import { trunkUri } from './trunkUri.ts';

export interface RegistrationTiming {
  /** What we ask for, in s. */
  expires: number;
  /** The wait after a first failure, in ms; doubled with each that follows, up to `retryMaxMs`. */
  retryMs: number;
  retryMaxMs: number;
  /** How long the registrar may take over our farewell, in ms. */
  farewellMs: number;
}

const REGISTRATION_TIMING: RegistrationTiming = {
  expires: 600,
  retryMs: 5_000,
  retryMaxMs: 300_000,
  farewellMs: 1_000,
};

/** The longest that a registrar may want (423) or grant, in s: more is a mistake. */
const MAX_EXPIRES = 86_400;

export interface TrunkRegistrationOptions {
  outbound: NonNullable<GatewayTrunk['outbound']>;
  client: SipClient;
  locator: Locator;
  /** The IP address of the registrar that took us; undefined when none does any more. */
  onChange: (address: string | undefined) => void;
  logger: Logger;
  timing?: Partial<RegistrationTiming> | undefined;
  /** From 0 to 1. */
  random?: () => number;
}

/** Keeps us registered with a carrier (RFC 3261 section 10). Its owner starts and closes it. */
export class TrunkRegistration {
  readonly #options: TrunkRegistrationOptions;
  readonly #timing: RegistrationTiming;
  readonly #target: TrunkUri;
  readonly #thread: Thread;
  readonly #address: string;
  #expires: number;
  #registered = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The round that is under way. */
  #round: Promise<void> = Promise.resolve();

  constructor(options: TrunkRegistrationOptions) {
    this.#options = options;
    this.#timing = { ...REGISTRATION_TIMING, ...options.timing };
    this.#expires = this.#timing.expires;
    this.#target = trunkUri(options.outbound.uri);
    const user = accountUser(options.outbound);
    this.#address = `<${this.#target.scheme}:${user}@${this.#target.domain}>`;
    this.#thread = new Thread({
      method: 'REGISTER',
      uri: this.#registrar,
      from: this.#address,
      credentials: credentialsOf(options.outbound),
    });
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Registers at once. */
  start(): void {
    this.#round = this.#register();
  }

  /** Un-registers, if we are registered. Resolves when that was answered, or took too long. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), this.#timing.farewellMs);
    await Promise.race([promise, this.#leave()]).finally(() => clearTimeout(timer));
  }

  async #leave(): Promise<void> {
    // Else a REGISTER that is under way would come after.
    await this.#round;
    if (!this.#registered) return;
    await this.#ask(0).catch(() => undefined);
    this.#become(undefined);
  }

  /** Never rejects. */
  async #register(isAgain = false): Promise<void> {
    try {
      const { answer, hop } = await this.#ask(this.#expires);
      const atLeast = Number(answer.get('Min-Expires'));
      const isShort = answer.status === 423 && atLeast > this.#expires && atLeast <= MAX_EXPIRES;
      if (isShort && !isAgain) {
        // RFC 3261 section 10.2.8; once, or it could ask for a little more each time, and for ever.
        this.#expires = atLeast;
        if (this.#closed) return;
        await this.#register(true);
      } else if (answer.status < 300) this.#accepted(answer, hop);
      else this.#failed(answer);
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'REGISTER not sent');
      this.#failed(undefined);
    }
  }

  #accepted(answer: SipAnswer, hop: string): void {
    // A wait longer than a timer can run would be none at all.
    const granted = Math.min(grantedSeconds(answer) ?? this.#expires, MAX_EXPIRES);
    this.#failures = 0;
    this.#become(hostOf(hop));
    // In time for a few lost packets, and for a second try.
    this.#later(Math.max(granted * 0.8, 1) * 1000);
  }

  #failed(answer: SipAnswer | undefined): void {
    this.#failures += 1;
    this.#options.logger.warn({ status: answer?.status ?? 0 }, 'not registered with the trunk');
    this.#become(undefined);
    const { retryMs, retryMaxMs } = this.#timing;
    const wait = Math.min(retryMs * 2 ** (this.#failures - 1), retryMaxMs);
    // RFC 5626 section 4.5: somewhere in the upper half, so that not all come back at once.
    const random = this.#options.random?.() ?? Math.random();
    this.#later(Math.max(wait * (0.5 + random / 2), Math.min(retryAfterMs(answer), retryMaxMs)));
  }

  #later(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.start(), ms);
  }

  /** One REGISTER, to the first of the registrar's addresses that gives an answer. */
  async #ask(expires: number): Promise<{ answer: SipAnswer; hop: string }> {
    const { client, locator, outbound } = this.#options;
    let last: { answer: SipAnswer; hop: string } | undefined;
    for (const hop of await locator.locate(outbound.uri)) {
      const answer = await this.#thread.send<SipAnswer>((headers) =>
        client.request({
          method: 'REGISTER',
          uri: this.#registrar,
          hop,
          headers: {
            ...headers,
            To: this.#address,
            Contact: this.#contact(hop),
            Expires: String(expires),
            'User-Agent': 'Switchroom',
          },
        }),
      );
      last = { answer, hop };
      if (answer.status !== 408 && answer.status < 500) break;
    }
    if (!last) throw new Error('The registrar has no address.');
    return last;
  }

  get #registrar(): string {
    return `${this.#target.scheme}:${this.#target.rest}`;
  }

  /** The SIP server puts its own address in the place of `localhost`. No number: what was dialled is in the To. */
  #contact(hop: string): string {
    if (this.#target.secure) return '<sips:switchroom@localhost>';
    const transport = /;transport=(\w+)/i.exec(hop)?.[1]?.toLowerCase() ?? 'udp';
    return `<sip:switchroom@localhost${transport === 'udp' ? '' : `;transport=${transport}`}>`;
  }

  #become(address: string | undefined): void {
    const is = address !== undefined;
    if (is !== this.#registered) this.#options.logger.info({ registered: is }, 'trunk');
    this.#registered = is;
    this.#options.onChange(address);
  }
}

/** RFC 3261 section 10.2.4: of our Contact, where it says so, else of all. */
function grantedSeconds(answer: SipAnswer): number | undefined {
  const ours = /switchroom@[^,]*?;\s*expires=(\d+)/i.exec(answer.get('Contact') ?? '')?.[1];
  const seconds = Number(ours ?? answer.get('Expires') ?? Number.NaN);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

function hostOf(hop: string): string {
  return trunkUri(hop.replace(/;tls-name=.*$/, '')).host;
}
