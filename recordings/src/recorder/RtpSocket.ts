import { DgramSocket } from './DgramSocket.ts';
import { NativeSocket } from './NativeSocket.ts';

/** Takes a datagram, which stays as it is, and when it came: ms, monotonic. */
export type TakeDatagram = (datagram: Buffer, arrivedAt: number) => void;

/**
 * A UDP socket on loopback that talks to one peer only. It wakes nobody: what comes is kept, with the time at which
 * it came, until it is asked for.
 */
export interface RtpSocket {
  /** Where it listens. */
  readonly port: number;
  /** How many datagrams of Opus are kept at least. */
  readonly room: number;
  /** From now on only this peer is heard. */
  connect(ip: string, port: number): void;
  /** What cannot be sent is lost. */
  send(datagram: Uint8Array): void;
  /** Gives all that came since it was last asked, in order. `now`: ms, monotonic. */
  receive(now: number, take: TakeDatagram): void;
  /** Twice is silent. */
  close(): void;
}

/** `now`: ms, monotonic. */
export type OpenRtpSocket = (now: () => number) => Promise<RtpSocket>;

/** A native one where those are built, as set-up does on Linux; `node:dgram` stands in elsewhere, and wakes us. */
export const openRtpSocket: OpenRtpSocket = async (now) =>
  NativeSocket.open(now) ?? (await DgramSocket.open(now));
