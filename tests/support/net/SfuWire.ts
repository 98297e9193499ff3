import { Child } from '../process/Child.ts';
import type { Switchroom } from '../Switchroom.ts';
import { readPcap } from './pcap.ts';
import { parseRtp } from './rtp.ts';

/** Of Opus, everywhere in Switchroom. */
const OPUS = 111;

/** Opus from one Switchroom's phones to its SFU, taken from loopback by tcpdump (needs root). */
export class SfuWire {
  readonly #chunks: Buffer[] = [];
  readonly #tcpdump: Child;

  private constructor(ports: string) {
    this.#tcpdump = new Child({
      name: 'tcpdump',
      command: 'tcpdump',
      // prettier-ignore
      args: ['-i', 'lo', '-n', '-U', '--immediate-mode', '-s', '128', '-w', '-', 'udp', 'src', 'portrange', ports],
      onData: (chunk) => this.#chunks.push(chunk),
    });
  }

  static async start({ rtpPorts: { min, max } }: Switchroom): Promise<SfuWire> {
    const wire = new SfuWire(`${min}-${max}`);
    await wire.#tcpdump.waitFor(/listening on lo/);
    return wire;
  }

  /** How many packets of each stream there were since then, s since 1970. */
  streams(since: number): Map<number, number> {
    const streams = new Map<number, number>();
    for (const { time, payload } of readPcap(Buffer.concat(this.#chunks))) {
      if (time < since) continue;
      const rtp = parseRtp(payload);
      if (rtp?.payloadType !== OPUS) continue;
      streams.set(rtp.ssrc, (streams.get(rtp.ssrc) ?? 0) + 1);
    }
    return streams;
  }

  async stop(): Promise<void> {
    await this.#tcpdump.stop();
  }
}
