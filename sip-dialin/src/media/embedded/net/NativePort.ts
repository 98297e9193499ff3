import { getSystemErrorName } from 'node:util';
import type { RtpAddress } from '../../PhoneMedia.ts';
import type { NativeSockets } from './NativeSockets.ts';
import type { DatagramHandler, UdpPort } from './UdpPort.ts';

/** By `native/udp.c`. */
export class NativePort implements UdpPort {
  readonly stats = { sent: 0, received: 0, errors: 0 };
  onMessage: DatagramHandler | undefined;
  readonly #sockets: NativeSockets;
  readonly #socket: number;
  #connected: RtpAddress | undefined;
  #closed = false;
  /** Where the last datagram came from, which is nearly always where the next one does. */
  #from: { address: RtpAddress; words: Int32Array } | undefined;

  /** As `bindUdp()`. */
  static bind(sockets: NativeSockets, host: string, port: number): NativePort {
    const socket = opened(sockets, host, port);
    if (port !== 0) return new NativePort(sockets, socket);
    // Linux takes a port of its own choice back on disconnect(), but not one that was asked for.
    const [, chosen] = sockets.udp.local(socket) ?? [host, 0];
    sockets.udp.close(socket);
    return new NativePort(sockets, opened(sockets, host, chosen));
  }

  private constructor(sockets: NativeSockets, socket: number) {
    this.#sockets = sockets;
    this.#socket = socket;
    sockets.add(socket, this);
  }

  get local(): RtpAddress {
    const [ip, port] = (!this.#closed && this.#sockets.udp.local(this.#socket)) || ['', 0];
    return { ip, port };
  }

  get connectedTo(): RtpAddress | undefined {
    return this.#connected;
  }

  send(data: Uint8Array, to?: RtpAddress): void {
    if (this.#closed) return;
    const { udp } = this.#sockets;
    let error: number;
    if (this.#connected) error = udp.send(this.#socket, data);
    else if (to) error = udp.send(this.#socket, data, to.ip, to.port);
    else return;
    // ICMP "port unreachable" comes as an error of a connected socket: the peer is not there yet.
    if (error === 0) this.stats.sent += 1;
    else this.stats.errors += 1;
  }

  connect(to: RtpAddress): void {
    if (this.#closed) return;
    this.disconnect();
    if (this.#sockets.udp.connect(this.#socket, to.ip, to.port) === 0) {
      this.#connected = { ip: to.ip, port: to.port };
    } else {
      this.stats.errors += 1; // Unconnected it works as well.
    }
  }

  disconnect(): void {
    if (!this.#connected || this.#closed) return;
    this.#connected = undefined;
    if (this.#sockets.udp.connect(this.#socket) !== 0) this.stats.errors += 1;
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.onMessage = undefined;
    this.#sockets.delete(this.#socket);
    this.#sockets.udp.close(this.#socket);
    return Promise.resolve();
  }

  /** `words` tells of it at `at`, and `block` holds it. A length below 0 is an error of the system. */
  received(words: Int32Array, at: number, block: Buffer, offset: number, length: number): void {
    if (length < 0) {
      this.stats.errors += 1;
      return;
    }
    this.stats.received += 1;
    try {
      this.onMessage?.(block.subarray(offset, offset + length), this.#addressOf(words, at));
    } catch {
      this.stats.errors += 1; // A datagram is never reason enough to end the process.
    }
  }

  #addressOf(words: Int32Array, at: number): RtpAddress {
    const known = this.#from;
    if (known && isSame(known.words, words, at)) return known.address;
    const address = { ip: this.#sockets.udp.ip(words, at), port: words[at + 3]! };
    this.#from = { address, words: words.slice(at + 3, at + 9) };
    return address;
  }
}

/** Errors: as `bindUdp()`. */
function opened({ udp }: NativeSockets, host: string, port: number): number {
  const socket = udp.open(host, port);
  if (socket >= 0) return socket;
  const code = getSystemErrorName(socket);
  throw Object.assign(new Error(`bind ${code} ${host}:${port}`), { code });
}

/** Port, family and address; of IPv4 the last three words say nothing. */
function isSame(known: Int32Array, words: Int32Array, at: number): boolean {
  const used = known[1] === 4 ? 3 : 6;
  for (let i = 0; i < used; i++) if (known[i] !== words[at + 3 + i]) return false;
  return true;
}
