import { Child } from '../../support/process/Child.ts';
import { compile } from './compile.ts';

/** CPU time of the process, packets that it sent and that it got, each since its start. */
export interface LoadStat {
  cpuMs: number;
  sent: number;
  received: number;
}

/** Builds `rtpload.c` with the C compiler of the system; gives the program's path. */
export function buildRtpLoad(): Promise<string> {
  return compile('rtpload');
}

/** The far end in C, on a core of its own. */
export class RtpLoad {
  readonly #child: Child;
  /** Of the phones, then of the sinks. */
  readonly ports: readonly number[];
  /** What of its output has been read. */
  #read: number;

  private constructor(child: Child, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
    this.#read = child.output.length;
  }

  /** `core`: where it may run. `sinks` swallow what they are sent. */
  static async start(options: {
    program: string;
    core: number;
    mode: 'reflect' | 'load';
    phones: number;
    sinks?: number;
  }): Promise<RtpLoad> {
    const { program, core, mode, phones, sinks = 0 } = options;
    const child = new Child({
      name: 'rtpload',
      command: 'taskset',
      args: ['-c', String(core), program, mode, String(phones), String(sinks)],
    });
    await child.waitFor(/^ready$/m);
    return new RtpLoad(
      child,
      child.output
        .split('\n')
        .slice(0, phones + sinks)
        .map(Number),
    );
  }

  /** What phone `index` sends to this port from `go()` on. */
  aim(index: number, port: number, kind: 'silence' | 'talker'): void {
    this.#child.write(`to ${index} ${port} ${kind === 'talker' ? 't' : 's'}\n`);
  }

  go(): void {
    this.#child.write('go\n');
  }

  async stat(): Promise<LoadStat> {
    this.#child.write('stat\n');
    const answer = /(\d+) (\d+) (\d+)\n/g;
    for (;;) {
      answer.lastIndex = this.#read;
      const match = answer.exec(this.#child.output);
      if (match) {
        this.#read = answer.lastIndex;
        return {
          cpuMs: Number(match[1]) / 1000,
          sent: Number(match[2]),
          received: Number(match[3]),
        };
      }
      await this.#child.waitFor(new RegExp(`^[^]{${this.#read}}[^]*\\n`));
    }
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}
