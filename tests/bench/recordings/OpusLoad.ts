import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, run } from '../../support/process/Child.ts';
import type { LoadStat } from '../phones/RtpLoad.ts';
import { browserOpus, type SpokenPacket } from './browserOpus.ts';

const SOURCE = fileURLToPath(new URL('./opusload.c', import.meta.url));
const SSRC = 0x1000_0000;

/** Builds `opusload.c` with the C compiler of the system; gives the program's path, beside its packets. */
export async function buildOpusLoad(): Promise<string> {
  const program = path.join(await mkdtemp(path.join(tmpdir(), 'switchroom-bench-')), 'opusload');
  await run('cc', ['-O2', '-o', program, SOURCE]);
  const { voice, silence } = await browserOpus();
  const counts = Buffer.alloc(8);
  counts.writeUInt32LE(voice.length, 0);
  counts.writeUInt32LE(silence.length, 4);
  await writeFile(
    packetsOf(program),
    Buffer.concat([counts, ...[...voice, ...silence].map(encoded)]),
  );
  return program;
}

/** Browsers' microphones, in C, on a core of their own. */
export class OpusLoad {
  readonly #child: Child;
  readonly ports: readonly number[];
  /** Streams of a socket. */
  readonly #tracks: number;
  /** What of its output has been read. */
  #read: number;

  private constructor(child: Child, sockets: number, tracks: number) {
    this.#child = child;
    this.ports = child.output.split('\n').slice(0, sockets).map(Number);
    this.#tracks = tracks;
    this.#read = child.output.length;
  }

  /** `group`: of so many streams one talks at a time. `dtx`: whether the others send next to nothing. */
  static async start(options: {
    program: string;
    core: number;
    sockets: number;
    tracks: number;
    group: number;
    dtx: boolean;
  }): Promise<OpusLoad> {
    const { program, core, sockets, tracks, group, dtx } = options;
    const args = [sockets, tracks, group, dtx ? 1 : 0].map(String);
    const child = new Child({
      name: 'opusload',
      command: 'taskset',
      args: ['-c', String(core), program, packetsOf(program), ...args],
    });
    await child.waitFor(/^ready$/m);
    return new OpusLoad(child, sockets, tracks);
  }

  ssrc(socket: number, track: number): number {
    return SSRC + socket * this.#tracks + track;
  }

  aim(
    socket: number,
    to: { port: number; payloadType: number; audioLevelExtensionId: number },
  ): void {
    const { port, payloadType, audioLevelExtensionId } = to;
    this.#child.write(`to ${socket} ${port} ${payloadType} ${audioLevelExtensionId}\n`);
  }

  go(): void {
    this.#child.write('go\n');
  }

  /** Sends no more; gives all that was sent. */
  async end(): Promise<LoadStat> {
    this.#child.write('stop\n');
    return await this.stat();
  }

  async stat(): Promise<LoadStat> {
    this.#child.write('stat\n');
    const answer = await this.#child.waitFor(
      new RegExp(`^[^]{${this.#read}}[^]*?(\\d+) (\\d+) (\\d+)\\n`),
    );
    this.#read = answer[0].length;
    const [us, sent, received] = answer.slice(1).map(Number);
    return { cpuMs: us! / 1000, sent: sent!, received: received! };
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

function packetsOf(program: string): string {
  return `${program}.packets`;
}

function encoded({ audioLevel, payload }: SpokenPacket): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt8(audioLevel, 0);
  head.writeUInt16LE(payload.length, 1);
  return Buffer.concat([head, payload]);
}
