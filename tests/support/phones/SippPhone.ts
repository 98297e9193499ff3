import { createSocket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sound } from '../audio/Sound.ts';
import { freePort, freePortRange } from '../net/freePort.ts';
import { Child, exitOf } from '../process/Child.ts';
import { Capture } from './Capture.ts';
import { rtpPcap } from './rtpPcap.ts';
import { pcapOf, type TimedPacket } from './rtpStream.ts';
import { sippScenario, type ScenarioOptions } from './sippScenario.ts';

export interface SippOptions {
  /** `sip:user@ip:port` */
  uri: string;
  /** Played once the call is up; 8 kHz. */
  sound?: Sound;
  /** Keyed once the call is up. */
  keys?: string;
  /** How keys are sent; as RFC 4733 events if not given. */
  keysBy?: 'rfc4733' | 'info';
  transport?: 'udp' | 'tcp';
  /** Sent instead of `sound` and `keys`. */
  packets?: readonly TimedPacket[];
  /** What its messages have, and what becomes of the call. */
  scenario?: Omit<ScenarioOptions, 'pcap' | 'infoKeys'>;
  /** The offer, and what must come of it. */
  sdp?: string;
  refusal?: number;
  /** Where it calls from, of this machine; 127.0.0.1 if not given. */
  address?: string;
}

/** How a running SIPp is told something. */
interface SippControl {
  address: string;
  port: number;
  callId: string;
}

/** One call by SIPp (Debian's 3.6.1). What it receives is taken from the wire. Needs root. */
export class SippPhone {
  readonly name = 'sipp';
  /** Where it receives RTP; the next one is free for RTCP. */
  readonly rtpPort: number;
  readonly #sipp: Child;
  readonly #capture: Capture;
  readonly #folder: string;
  readonly #control: SippControl;
  readonly #messages: string;
  #closed = false;

  private constructor(
    sipp: Child,
    capture: Capture,
    folder: string,
    control: SippControl & { rtpPort: number },
  ) {
    this.#sipp = sipp;
    this.#control = control;
    this.rtpPort = control.rtpPort;
    this.#capture = capture;
    this.#folder = folder;
    this.#messages = join(folder, 'messages.log');
  }

  /** Starts the call; does not wait for an answer. */
  static async dial(options: SippOptions): Promise<SippPhone> {
    const { user, remote } = parseUri(options.uri);
    const { address = '127.0.0.1' } = options;
    const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
    const media = await freePortRange(4);
    const scenario: ScenarioOptions = {
      ...options.scenario,
      ...(options.keysBy === 'info' && { infoKeys: options.keys ?? '' }),
      ...(options.sdp !== undefined && { sdp: options.sdp }),
      ...(options.refusal !== undefined && { refusal: options.refusal }),
    };
    if (options.sound !== undefined) {
      scenario.pcap = join(folder, 'sound.pcap');
      const keys = options.keysBy === 'info' ? '' : (options.keys ?? '');
      await writeFile(scenario.pcap, rtpPcap(options.sound, { keys }));
    }
    if (options.packets !== undefined) {
      scenario.pcap = join(folder, 'sound.pcap');
      await writeFile(scenario.pcap, pcapOf(options.packets));
    }
    await writeFile(join(folder, 'caller.xml'), sippScenario(scenario));
    const capture = await Capture.start(media.min);
    const port = await freePort();
    const callId = randomUUID();
    const sipp = new Child({
      name: 'SIPp',
      command: 'sipp',
      cwd: folder,
      // prettier-ignore
      args: [
        remote, '-sf', 'caller.xml', '-s', user, '-m', '1', '-l', '1', '-nostdin',
        '-i', address, '-p', String(port), '-t', options.transport === 'tcp' ? 't1' : 'u1',
        '-mi', address, '-mp', String(media.min), '-cp', String(await freePort()),
        '-cid_str', `${callId}-%u`, '-trace_msg', '-message_file', 'messages.log', '-trace_err', '-error_file', 'errors.log',
      ],
      env: { ...process.env, TERM: 'dumb' },
    });
    const control = { address, port, callId: `${callId}-1`, rtpPort: media.min };
    return new SippPhone(sipp, capture, folder, control);
  }

  /** What it received in the last `seconds`. */
  heard(seconds?: number): Sound {
    return this.#capture.heard(seconds);
  }

  get capture(): Capture {
    return this.#capture;
  }

  /** Every SIP message of the call, as SIPp logged it. */
  async messages(): Promise<string> {
    return readFile(this.#messages, 'utf8').catch(() => '');
  }

  /** Lets a scenario go on that waits for it (`WAIT`). Not over TCP. */
  async proceed(): Promise<void> {
    await say('MESSAGE', this.#control);
  }

  /**
   * Waits until the scenario has ended by itself: the far end hung up, or refused as expected. Rejects
   * with what SIPp says when it went another way.
   */
  async ended(within = 30_000): Promise<void> {
    const { code } = await exitOf(this.#sipp, within);
    if (code !== 0) throw new Error(`SIPp ended with ${String(code)}: ${await this.#errors()}`);
  }

  get running(): boolean {
    return this.#sipp.running;
  }

  /** Hangs up with a BYE, if the call is not over. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#sipp.running) {
        await say('CANCEL', this.#control);
        await exitOf(this.#sipp, 3000).catch(() => this.#sipp.stop());
      }
    } finally {
      await this.#capture.stop();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #errors(): Promise<string> {
    const files = (await readdir(this.#folder)).filter((file) => file.includes('errors'));
    const texts = await Promise.all(
      files.map((file) => readFile(join(this.#folder, file), 'utf8')),
    );
    return texts.join('\n').slice(0, 3000);
  }
}

/** User and `ip:port` of a SIP URI. */
export function parseUri(uri: string): { user: string; remote: string } {
  const match = /^sip:([^@;]+)@([^;?]+)/.exec(uri);
  if (match === null) throw new Error(`Not a SIP URI with a user: ${uri}`);
  return { user: match[1]!, remote: match[2]!.includes(':') ? match[2]! : `${match[2]!}:5060` };
}

/** Tells a running scenario something, in a datagram that SIPp matches by its Call-ID alone. */
async function say(method: 'CANCEL' | 'MESSAGE', control: SippControl): Promise<void> {
  const { address, port, callId } = control;
  const socket = createSocket('udp4');
  const headers = [`${method} sip:sipp SIP/2.0`, 'From: <sip:test>;tag=1', 'To: <sip:sipp>'];
  // Each is new: SIPp answers what it takes for a retransmission with what it sent before.
  const via = `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${randomUUID()}`;
  const rest = [`Call-ID: ${callId}`, `CSeq: 1 ${method}`, 'Content-Length: 0'];
  const message = [...headers, via, ...rest, '', ''].join('\r\n');
  await new Promise((resolve) => socket.send(message, port, address, resolve));
  socket.close();
}
