import type { RtpAddress } from '../../PhoneMedia.ts';

/** `from` must not be changed; `data` is the receiver's to keep. */
export type DatagramHandler = (data: Buffer, from: RtpAddress) => void;

/**
 * One UDP socket that never throws and never emits: what goes wrong is counted. `DgramPort` and `NativePort` are
 * the engines; `bindUdp()` chooses.
 */
export interface UdpPort {
  readonly stats: { sent: number; received: number; errors: number };
  /** Set by the owner. */
  onMessage: DatagramHandler | undefined;
  /** Where it is bound; once connected, from which address the peer hears it. */
  readonly local: RtpAddress;
  readonly connectedTo: RtpAddress | undefined;
  /**
   * To the connected peer, else to `to`; nowhere when there is neither. `data` is sent before this returns, and
   * may be written to again; only where the system has no room for it, what it holds later may be sent.
   */
  send(data: Uint8Array, to?: RtpAddress): void;
  /** From now on only this peer is heard (the kernel drops others), and sending is cheaper. */
  connect(to: RtpAddress): void;
  disconnect(): void;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}
