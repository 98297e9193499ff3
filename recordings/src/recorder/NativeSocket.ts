import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RtpSocket, TakeDatagram } from './RtpSocket.ts';

type Handle = { readonly handle: unique symbol };

/** What `native/rtp.c` gives. */
interface Addon {
  /** Below 0: the negative number of the system's error. */
  open(bufferBytes: number): Handle | number;
  port(socket: Handle): number;
  room(socket: Handle): number;
  /** These two give 0, or the number of the system's error. */
  connect(socket: Handle, ip: string, port: number): number;
  send(socket: Handle, datagram: Uint8Array): number;
  receive(socket: Handle, bytes: Uint8Array, offset: number, numbers: Float64Array): number;
  close(socket: Handle): void;
}

/** Set-up builds it (scripts/setup/nativeAddons.mjs). */
const ADDON = fileURLToPath(new URL('../../dist/rtp.node', import.meta.url));
const addon = existsSync(ADDON) ? (createRequire(import.meta.url)(ADDON) as Addon) : undefined;

/** Bytes asked for; the kernel gives twice that, or twice net.core.rmem_max where that is less (socket(7)). */
const RECEIVE_BUFFER = 1024 * 1024;
/** Numbers that tell of a datagram: its length, and how long ago it came, in ms. */
const NUMBERS = 2;
const AT_ONCE = 128;
const MAX_DATAGRAM = 2048;
/** Datagrams lie one behind the other in a block, which goes when nobody holds any of them. */
const BLOCK_BYTES = 64 * 1024;
/** Below so many bytes a new one is begun, or few would be taken at once. */
const BLOCK_END = 16 * MAX_DATAGRAM;

/** By `native/rtp.c`: all that has come is taken in one go, with the kernel's times of arrival. */
export class NativeSocket implements RtpSocket {
  readonly #addon: Addon;
  readonly #handle: Handle;
  readonly #numbers = new Float64Array(NUMBERS * AT_ONCE);
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #used = 0;
  /** When it was asked last: what comes now came since. */
  #askedAt: number;

  private constructor(from: Addon, handle: Handle, now: number) {
    this.#addon = from;
    this.#handle = handle;
    this.#askedAt = now;
  }

  /** `now`: ms, monotonic. `undefined` where it is not built. */
  static open(now: () => number): NativeSocket | undefined {
    if (addon === undefined) return undefined;
    const handle = addon.open(RECEIVE_BUFFER);
    if (typeof handle !== 'number') return new NativeSocket(addon, handle, now());
    throw new Error(`No UDP socket can be opened on loopback: errno ${-handle}.`);
  }

  get port(): number {
    return this.#addon.port(this.#handle);
  }

  get room(): number {
    return this.#addon.room(this.#handle);
  }

  connect(ip: string, port: number): void {
    const reason = this.#addon.connect(this.#handle, ip, port);
    if (reason !== 0) throw new Error(`${ip}:${port} cannot be connected to: errno ${reason}.`);
  }

  send(datagram: Uint8Array): void {
    this.#addon.send(this.#handle, datagram);
  }

  receive(now: number, take: TakeDatagram): void {
    const numbers = this.#numbers;
    for (let isEmpty = false; !isEmpty;) {
      if (this.#used + BLOCK_END > BLOCK_BYTES) {
        this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        this.#used = 0;
      }
      const count = this.#addon.receive(this.#handle, this.#block, this.#used, numbers);
      for (let at = 0; at < count * NUMBERS; at += NUMBERS) {
        const end = this.#used + numbers[at]!;
        // The kernel has wall time, which may have been set since.
        const arrivedAt = Math.min(now, Math.max(this.#askedAt, now - numbers[at + 1]!));
        take(this.#block.subarray(this.#used, end), arrivedAt);
        this.#used = end;
      }
      // It stopped for want of room only where there is none for another.
      isEmpty = count < AT_ONCE && this.#used + MAX_DATAGRAM <= BLOCK_BYTES;
    }
    this.#askedAt = now;
  }

  close(): void {
    this.#addon.close(this.#handle);
  }
}
