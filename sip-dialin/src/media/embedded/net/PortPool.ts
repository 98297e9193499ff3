import { AppError } from '@switchroom/protocol';
import { bindUdp } from './bindUdp.ts';
import type { UdpPort } from './UdpPort.ts';

/** With ports chosen by the kernel: how often an even one with a free neighbour is tried for. */
const EPHEMERAL_TRIES = 50;

export interface PortRange {
  min: number;
  /** Inclusive. `{ min: 0, max: 0 }` lets the kernel choose (for tests). */
  max: number;
}

/** RTP on an even port, RTCP on the next (RFC 3550 section 11). */
export interface PortPair {
  rtp: UdpPort;
  rtcp: UdpPort;
}

/** Hands out the ports of a range in turn, so that one is not used again soon after a call ended. */
export class PortPool {
  readonly #host: string;
  readonly #first: number;
  readonly #pairs: number;
  #next = 0;

  constructor(host: string, { min, max }: PortRange) {
    this.#host = host;
    this.#first = min + (min & 1);
    this.#pairs = min === 0 ? 0 : Math.max(0, Math.floor((max + 1 - this.#first) / 2));
  }

  /** Errors: `media-unavailable` when none is free. */
  async openPair(): Promise<PortPair> {
    const tries = this.#first === 0 ? EPHEMERAL_TRIES : this.#pairs;
    let cause: unknown;
    for (let i = 0; i < tries; i++) {
      try {
        return await this.#bindPair(this.#take());
      } catch (error) {
        cause = error;
        if (!isTaken(error)) throw this.#unusable(error);
      }
    }
    const why = 'There is no RTP port left for a call; RTP_PORTS has too few.';
    throw new AppError('media-unavailable', why, { cause });
  }

  /** Not for want of a port: then the address is not ours, or the system does not let us. */
  #unusable(cause: unknown): AppError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    return new AppError(
      'media-unavailable',
      `No RTP port can be opened on ${this.#host} (${code}): SIP_HOST must be an address of this machine.`,
      { cause },
    );
  }

  #take(): number {
    if (this.#first === 0) return 0;
    const port = this.#first + 2 * this.#next;
    this.#next = (this.#next + 1) % this.#pairs;
    return port;
  }

  async #bindPair(port: number): Promise<PortPair> {
    const rtp = await bindUdp(this.#host, port);
    try {
      if (rtp.local.port & 1) throw Object.assign(new Error('odd port'), { code: 'EADDRINUSE' });
      return { rtp, rtcp: await bindUdp(this.#host, rtp.local.port + 1) };
    } catch (error) {
      await rtp.close();
      throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
