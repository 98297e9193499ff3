import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseRtp } from '../../support/net/rtp.ts';

/** Where the phones' Opus goes to: counts what comes, by SSRC. */
export class FakeSfu {
  readonly #socket = createSocket('udp4');
  readonly #packets = new Map<number, number>();

  /** Gives its port. */
  async open(): Promise<number> {
    this.#socket.on('message', (data) => {
      const packet = parseRtp(data);
      if (packet) this.#packets.set(packet.ssrc, this.packets(packet.ssrc) + 1);
    });
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  packets(ssrc: number): number {
    return this.#packets.get(ssrc) ?? 0;
  }

  close(): void {
    this.#socket.close();
  }
}
