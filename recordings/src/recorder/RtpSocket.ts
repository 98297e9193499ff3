import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Bytes the kernel keeps for us while we are busy: about 5 s of ten talkers. */
const RECEIVE_BUFFER = 1024 * 1024;

/** A UDP socket on loopback that talks to one peer only. */
export class RtpSocket {
  readonly #socket: Socket;
  #connected = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(onDatagram: (datagram: Buffer) => void): Promise<RtpSocket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
    // An ICMP error (the peer's port is gone) is no reason to end: the server tells when it is over.
    socket.on('error', () => undefined);
    socket.on('message', onDatagram);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RtpSocket(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** From now on only this peer is heard. */
  async connect(ip: string, port: number): Promise<void> {
    if (this.#connected) this.#socket.disconnect();
    this.#connected = false;
    this.#socket.connect(port, ip);
    await once(this.#socket, 'connect');
    this.#connected = true;
  }

  send(datagram: Buffer): void {
    // A report that is lost is made up for by the next.
    if (this.#connected) this.#socket.send(datagram, () => undefined);
  }

  close(): void {
    this.#connected = false;
    this.#socket.close();
  }
}
