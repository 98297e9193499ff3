import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sound } from '../audio/Sound.ts';
import { eventually } from '../eventually.ts';
import { freePort, freePortRange } from '../net/freePort.ts';
import { Child } from '../process/Child.ts';
import { carrierScenario, type CarrierHabits } from './carrierScenario.ts';
import { rtpPcap } from './rtpPcap.ts';

export interface CarrierOptions extends Omit<CarrierHabits, 'pcap'> {
  /** What whoever answers says; 8 kHz. */
  sound?: Sound;
  /** Of this machine; 127.0.0.1 if not given. */
  address?: string;
}

/** A request as SIPp logged it. */
export interface LoggedRequest {
  /** Seconds since 1970. */
  time: number;
  text: string;
}

/** SIPp (Debian's 3.6.1) as a carrier that is called, and does the same with every call. */
export class SippCarrier {
  /** As a trunk's `outbound.uri`. */
  readonly uri: string;
  readonly #sipp: Child;
  readonly #folder: string;
  #closed = false;

  private constructor(sipp: Child, folder: string, uri: string) {
    this.#sipp = sipp;
    this.#folder = folder;
    this.uri = uri;
  }

  static async start(options: CarrierOptions): Promise<SippCarrier> {
    const folder = await mkdtemp(join(tmpdir(), 'carrier-'));
    const habits: CarrierHabits = { ...options };
    const { address = '127.0.0.1' } = options;
    if (options.sound !== undefined) {
      habits.pcap = join(folder, 'sound.pcap');
      await writeFile(habits.pcap, rtpPcap(options.sound));
    }
    await writeFile(join(folder, 'carrier.xml'), carrierScenario(habits));
    const [port, media] = [await freePort(), await freePortRange(4)];
    const sipp = new Child({
      name: 'SIPp',
      command: 'sipp',
      cwd: folder,
      // prettier-ignore
      args: [
        '-sf', 'carrier.xml', '-nostdin', '-i', address, '-p', String(port), '-t', 'u1',
        '-mi', address, '-mp', String(media.min), '-cp', String(await freePort()),
        // A refreshed registration has the Call-ID of the one before.
        '-deadcall_wait', '0', '-trace_msg', '-message_file', 'messages.log',
      ],
      env: { ...process.env, TERM: 'dumb' },
    });
    return new SippCarrier(sipp, folder, `sip:${address}:${port}`);
  }

  /** What it was sent so far, retransmissions included. */
  async requests(method: string): Promise<LoggedRequest[]> {
    const log = await readFile(join(this.#folder, 'messages.log'), 'utf8').catch(() => '');
    return log
      .split(/^-{20,} /m)
      .filter((entry) => new RegExp(`message received[^]*?^${method} `, 'm').test(entry))
      .map((entry) => ({
        time: Date.parse(entry.slice(0, 23).replace(' ', 'T')) / 1000,
        text: entry.slice(entry.indexOf(`${method} `)),
      }));
  }

  /** Waits for the first request of a method. */
  async request(method: string, within?: number): Promise<LoggedRequest> {
    return eventually(async () => (await this.requests(method))[0], {
      what: `a ${method} at the carrier`,
      ...(within !== undefined && { within }),
    });
  }

  /** Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sipp.stop({ signal: 'SIGKILL' });
    await rm(this.#folder, { recursive: true, force: true });
  }
}
