import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NativePort } from './NativePort.ts';

/** What `native/udp.c` gives, once for each thread. Sockets are small integers. */
export interface NativeUdp {
  watch(onReadable: () => void): void;
  /** Below 0: the negative number of the system's error. */
  open(ip: string, port: number): number;
  close(socket: number): void;
  /** These two give 0, or the number of the system's error. */
  connect(socket: number, ip?: string, port?: number): number;
  send(socket: number, data: Uint8Array, ip?: string, port?: number): number;
  local(socket: number): [ip: string, port: number] | undefined;
  receive(bytes: Uint8Array, offset: number, words: Int32Array): number;
  ip(words: Int32Array, at: number): string;
}

/** Set-up builds it (scripts/setup/nativeUdp.mjs). */
const ADDON = fileURLToPath(new URL('../../../../dist/udp.node', import.meta.url));

/** Words that tell of a datagram: socket, offset, length, source port, family, address. */
const WORDS = 9;
const AT_ONCE = 128;
const MAX_DATAGRAM = 2048;
/** Datagrams lie one behind the other in a block, which goes when nobody holds any of them. */
const BLOCK_BYTES = 128 * 1024;

/** All native sockets of this thread: takes what came for any of them, in one go. */
export class NativeSockets {
  readonly udp: NativeUdp;
  /** By socket. */
  readonly #ports: (NativePort | undefined)[] = [];
  readonly #words = new Int32Array(WORDS * AT_ONCE);
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #used = 0;

  /** `undefined` where they are not built: there `node:dgram` does the same, for more CPU. */
  static load(): NativeSockets | undefined {
    if (!existsSync(ADDON)) return undefined;
    return new NativeSockets(createRequire(import.meta.url)(ADDON) as NativeUdp);
  }

  private constructor(udp: NativeUdp) {
    this.udp = udp;
    udp.watch(() => this.#receive());
  }

  add(socket: number, port: NativePort): void {
    this.#ports[socket] = port;
  }

  delete(socket: number): void {
    this.#ports[socket] = undefined;
  }

  #receive(): void {
    const words = this.#words;
    if (this.#used + MAX_DATAGRAM > BLOCK_BYTES) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const block = this.#block;
    // What there was no room for comes with the next turn of the loop, after what else is due.
    const count = this.udp.receive(block, this.#used, words);
    for (let i = 0, at = 0; i < count; i++, at += WORDS) {
      const [offset, length] = [words[at + 1]!, words[at + 2]!];
      if (length > 0) this.#used = (offset + length + 7) & ~7;
      this.#ports[words[at]!]?.received(words, at, block, offset, length);
    }
  }
}
