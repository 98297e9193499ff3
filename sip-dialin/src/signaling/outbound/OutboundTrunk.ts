import type { GatewayTrunk } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Locator } from './Locator.ts';
import type { SipClient } from './SipClient.ts';
import { TrunkPing, type PingTiming } from './TrunkPing.ts';
import { TrunkRegistration, type RegistrationTiming } from './TrunkRegistration.ts';
import { fromUri, type Outbound } from './trunkParts.ts';
import { trunkUri } from './trunkUri.ts';

export interface OutboundTrunkOptions {
  client: SipClient;
  locator: Locator;
  /** The IP address of the registrar that took us, or undefined. */
  onRegistered: (trunkId: string, address: string | undefined) => void;
  logger: Logger;
  timing?: { ping?: Partial<PingTiming>; registration?: Partial<RegistrationTiming> } | undefined;
}

/** However long a carrier asks for: it may be there again sooner, ms. */
const LONGEST_REST_MS = 300_000;

/** A trunk that calls go out over, at work: asked whether it is there, registered with, and its lines counted. */
export class OutboundTrunk {
  readonly settings: GatewayTrunk;
  readonly outbound: Outbound;
  readonly #ping: TrunkPing;
  readonly #registration: TrunkRegistration | undefined;
  #calls = 0;
  #restsUntil = 0;

  constructor(settings: GatewayTrunk, outbound: Outbound, options: OutboundTrunkOptions) {
    this.settings = settings;
    this.outbound = outbound;
    const { client, locator, timing, onRegistered } = options;
    const logger = options.logger.child({ trunk: settings.name });
    this.#ping = new TrunkPing({
      ask: () => this.#ask(client, locator),
      onChange: (reachable) =>
        logger[reachable ? 'info' : 'warn']({ reachable }, 'trunk for calls to the outside'),
      ...(timing?.ping && { timing: timing.ping }),
    });
    this.#registration = outbound.register
      ? new TrunkRegistration({
          ...{ outbound, client, locator, logger, timing: timing?.registration },
          onChange: (address) => onRegistered(settings.id, address),
        })
      : undefined;
  }

  get id(): string {
    return this.settings.id;
  }

  /** False when it has not answered lately, asked for a rest, or a registration that it wants is not there. */
  get hopeful(): boolean {
    if (performance.now() < this.#restsUntil) return false;
    return this.#ping.reachable !== false && this.#registration?.registered !== false;
  }

  start(): void {
    this.#ping.start();
    this.#registration?.start();
  }

  /** A line for one more call, to be given back by `release`; false when all are taken. */
  take(): boolean {
    if (this.#calls >= this.outbound.maxCalls) return false;
    this.#calls += 1;
    return true;
  }

  release(): void {
    this.#calls -= 1;
  }

  /** Counts the calls that are still up over this trunk as it was before its settings changed. */
  inherit(old: OutboundTrunk): void {
    this.#calls = old.#calls;
    old.release = () => this.release();
  }

  /** It did not answer a call. */
  suspect(): void {
    this.#ping.suspect();
  }

  /** It is overloaded, and asks not to be called for so long; 0 ends that. */
  rest(ms: number): void {
    this.#restsUntil = performance.now() + Math.min(ms, LONGEST_REST_MS);
  }

  /** Un-registers; its calls stay. Twice is silent. */
  async close(): Promise<void> {
    this.#ping.close();
    await this.#registration?.close();
  }

  async #ask(client: SipClient, locator: Locator): Promise<number> {
    const { scheme, rest } = trunkUri(this.outbound.uri);
    const from = `<${fromUri(this.outbound)}>`;
    let status = 408;
    for (const hop of await locator.locate(this.outbound.uri)) {
      const answer = await client.request({
        ...{ method: 'OPTIONS', uri: `${scheme}:${rest}`, hop },
        headers: { From: from, Accept: 'application/sdp' },
      });
      status = answer.status;
      if (status !== 408 && status !== 503) break;
    }
    return status;
  }
}
