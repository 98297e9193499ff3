import type { SrtpKey } from '../../sdp/crypto.ts';
import { seqDiff } from '../rtp/seq16.ts';
import { deriveKeys } from './deriveKeys.ts';
import { ReplayWindow } from './ReplayWindow.ts';
import { createTransform, type Transform } from './transforms.ts';

/** Of RTCP: version to SSRC of the sender. */
const RTCP_CLEAR_BYTES = 8;
/** In front of the index of RTCP: it is encrypted. */
const E_BIT = 0x80000000;
/** A caller has one stream, perhaps one more after each transfer; each is known by its own key only. */
const MAX_STREAMS = 16;

/** Protects what we send and opens what comes, by one key each way (RFC 3711). */
export class SrtpSession {
  readonly stats = { unauthentic: 0, replayed: 0 };
  readonly local: SrtpKey;
  readonly remote: SrtpKey;
  readonly #sealRtp: Transform;
  readonly #sealRtcp: Transform;
  readonly #openRtp: Transform;
  readonly #openRtcp: Transform;
  /** Of each SSRC of ours the last index. */
  readonly #sent = new Map<number, number>();
  #sentRtcp = 0;
  readonly #received = new Map<number, ReplayWindow>();
  readonly #receivedRtcp = new Map<number, ReplayWindow>();

  constructor(local: SrtpKey, remote: SrtpKey) {
    this.local = local;
    this.remote = remote;
    this.#sealRtp = createTransform(local.suite, 'rtp', deriveKeys(local, 'rtp'));
    this.#sealRtcp = createTransform(local.suite, 'rtcp', deriveKeys(local, 'rtcp'));
    this.#openRtp = createTransform(remote.suite, 'rtp', deriveKeys(remote, 'rtp'));
    this.#openRtcp = createTransform(remote.suite, 'rtcp', deriveKeys(remote, 'rtcp'));
  }

  /** `data`: one well-formed packet of ours. */
  protectRtp(data: Uint8Array): Buffer {
    const packet = asBuffer(data);
    const ssrc = packet.readUInt32BE(8);
    const index = nearestIndex(this.#sent.get(ssrc) ?? -1, packet.readUInt16BE(2));
    this.#sent.set(ssrc, index);
    const clear = packet.subarray(0, headerBytes(packet));
    const plain = packet.subarray(clear.length);
    const { body, tag } = this.#sealRtp.seal(clear, plain, rolloverOf(index), { ssrc, index });
    return Buffer.concat([clear, body, tag]);
  }

  /** The packet in the clear; `undefined` when it is not authentic, or has come before. */
  unprotectRtp(packet: Buffer): Buffer | undefined {
    const { tagBytes } = this.#openRtp;
    if (packet.length < 12 + tagBytes) return undefined;
    const clearBytes = headerBytes(packet);
    if (clearBytes + tagBytes > packet.length) return undefined;
    const ssrc = packet.readUInt32BE(8);
    const window = this.#received.get(ssrc) ?? new ReplayWindow();
    const index = nearestIndex(window.newest, packet.readUInt16BE(2));
    if (index < 0 || !window.isNew(index)) {
      this.stats.replayed += 1;
      return undefined;
    }
    const clear = packet.subarray(0, clearBytes);
    const body = packet.subarray(clearBytes, packet.length - tagBytes);
    const tag = packet.subarray(packet.length - tagBytes);
    const plain = this.#openRtp.open(clear, body, tag, rolloverOf(index), { ssrc, index });
    if (!plain) {
      this.stats.unauthentic += 1;
      return undefined;
    }
    window.take(index);
    remember(this.#received, ssrc, window);
    return Buffer.concat([clear, plain]);
  }

  protectRtcp(data: Uint8Array): Buffer {
    const packet = asBuffer(data);
    const index = this.#sentRtcp++ & 0x7fffffff;
    const at = { ssrc: packet.readUInt32BE(4), index };
    const clear = packet.subarray(0, RTCP_CLEAR_BYTES);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32BE((E_BIT | index) >>> 0);
    const plain = packet.subarray(RTCP_CLEAR_BYTES);
    const { body, tag } = this.#sealRtcp.seal(clear, plain, trailer, at);
    // GCM's tag belongs to the ciphertext, HMAC's comes last (RFC 7714 section 9.3).
    const gcm = this.local.suite === 'AEAD_AES_128_GCM';
    return Buffer.concat(gcm ? [clear, body, tag, trailer] : [clear, body, trailer, tag]);
  }

  unprotectRtcp(packet: Buffer): Buffer | undefined {
    const { tagBytes } = this.#openRtcp;
    const end = packet.length - tagBytes - 4;
    if (end < RTCP_CLEAR_BYTES) return undefined;
    const gcm = this.remote.suite === 'AEAD_AES_128_GCM';
    const trailerAt = gcm ? packet.length - 4 : end;
    const tagAt = gcm ? end : end + 4;
    const trailer = packet.subarray(trailerAt, trailerAt + 4);
    const word = trailer.readUInt32BE();
    if (word < E_BIT) {
      // Unencrypted was not agreed on.
      this.stats.unauthentic += 1;
      return undefined;
    }
    const at = { ssrc: packet.readUInt32BE(4), index: word & 0x7fffffff };
    const window = this.#receivedRtcp.get(at.ssrc) ?? new ReplayWindow();
    if (!window.isNew(at.index)) {
      this.stats.replayed += 1;
      return undefined;
    }
    const clear = packet.subarray(0, RTCP_CLEAR_BYTES);
    const body = packet.subarray(RTCP_CLEAR_BYTES, end);
    const tag = packet.subarray(tagAt, tagAt + tagBytes);
    const plain = this.#openRtcp.open(clear, body, tag, trailer, at);
    if (!plain) {
      this.stats.unauthentic += 1;
      return undefined;
    }
    window.take(at.index);
    remember(this.#receivedRtcp, at.ssrc, window);
    return Buffer.concat([clear, plain]);
  }
}

/** The 48-bit index nearest to the newest one known (RFC 3711 appendix A); -1: none is known. */
function nearestIndex(newest: number, sequenceNumber: number): number {
  if (newest < 0) return sequenceNumber;
  return newest + seqDiff(sequenceNumber, newest % 65536);
}

function rolloverOf(index: number): Buffer {
  const rollover = Buffer.alloc(4);
  rollover.writeUInt32BE(Math.floor(index / 65536) >>> 0);
  return rollover;
}

/** Fixed header, CSRCs and extension: what stays readable. */
function headerBytes(packet: Buffer): number {
  const fixed = 12 + (packet[0]! & 0x0f) * 4;
  if (!(packet[0]! & 0x10)) return fixed;
  if (fixed + 4 > packet.length) return packet.length;
  return fixed + 4 + packet.readUInt16BE(fixed + 2) * 4;
}

/** The oldest stream is forgotten, and may start at any rollover again. */
function remember(all: Map<number, ReplayWindow>, ssrc: number, window: ReplayWindow): void {
  if (all.has(ssrc)) return;
  if (all.size >= MAX_STREAMS) all.delete(all.keys().next().value!);
  all.set(ssrc, window);
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
