import type { Sound } from '../audio/Sound.ts';
import { readPcap, type Datagram } from '../net/pcap.ts';
import { parseRtp, soundOf } from '../net/rtp.ts';
import { Child } from '../process/Child.ts';

/** What arrives at one UDP port of loopback, taken from the wire by tcpdump (needs root). */
export class Capture {
  readonly #port: number;
  readonly #chunks: Buffer[] = [];
  readonly #tcpdump: Child;

  private constructor(port: number) {
    this.#port = port;
    this.#tcpdump = new Child({
      name: 'tcpdump',
      command: 'tcpdump',
      args: ['-i', 'lo', '-n', '-U', '--immediate-mode', '-w', '-', 'udp', 'port', String(port)],
      onData: (chunk) => this.#chunks.push(chunk),
    });
  }

  /** Resolves once it runs: nothing that is sent from then on is missed. */
  static async start(port: number): Promise<Capture> {
    const capture = new Capture(port);
    await capture.#tcpdump.waitFor(/listening on lo/);
    return capture;
  }

  /** The datagrams that arrived so far. */
  received(): Datagram[] {
    const all = readPcap(Buffer.concat(this.#chunks));
    return all.filter(({ destinationPort }) => destinationPort === this.#port);
  }

  /** The datagrams that were sent from the port so far. */
  sent(): Datagram[] {
    return readPcap(Buffer.concat(this.#chunks)).filter(
      ({ sourcePort }) => sourcePort === this.#port,
    );
  }

  /** The sound that arrived so far; with `seconds`, only of that last time on the wall clock. */
  heard(seconds = Infinity): Sound {
    const since = Date.now() / 1000 - seconds;
    const recent = this.received().filter(({ time }) => time >= since);
    return soundOf(recent.flatMap(({ payload }) => parseRtp(payload) ?? []));
  }

  async stop(): Promise<void> {
    await this.#tcpdump.stop();
  }
}
