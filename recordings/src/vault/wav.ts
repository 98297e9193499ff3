import { createDecoder } from '@switchroom/opus';
import { CLOCK_RATE } from '../format/opus.ts';

const HEAD_BYTES = 44;
/** RIFF counts with 32 bits: about twelve hours. */
const MAX_BYTES = 0xffff_ffff;

/** Size of a WAV of so many samples, mono, 16 bits; `null` when there can be none so long. */
export function wavSize(samples: number): number | null {
  const size = HEAD_BYTES + 2 * samples;
  return size > MAX_BYTES ? null : size;
}

/**
 * A WAV (48 kHz, mono, 16 bits) of Opus packets: of what they decode to, `skip` samples are left out and
 * `samples` given.
 */
export async function* wav(
  packets: AsyncIterable<Uint8Array[]>,
  { skip, samples }: { skip: number; samples: number },
): AsyncGenerator<Uint8Array> {
  yield wavHead(samples);
  const decoder = await createDecoder({ sampleRate: CLOCK_RATE });
  let [toSkip, left] = [skip, samples];
  try {
    for await (const some of packets) {
      for (const packet of some) {
        const pcm = decoder.decode(packet);
        const from = Math.min(toSkip, pcm.length);
        toSkip -= from;
        const part = pcm.subarray(from, from + left);
        left -= part.length;
        if (part.length > 0) yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      }
    }
  } finally {
    decoder.free();
  }
  while (left > 0) {
    const length = Math.min(left, CLOCK_RATE);
    yield Buffer.alloc(2 * length);
    left -= length;
  }
}

function wavHead(samples: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write('RIFF', 0, 'ascii');
  head.writeUInt32LE(HEAD_BYTES - 8 + 2 * samples, 4);
  head.write('WAVEfmt ', 8, 'ascii');
  head.writeUInt32LE(16, 16);
  // PCM, one channel, rate, bytes a second, bytes a frame, bits.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(CLOCK_RATE, 24);
  head.writeUInt32LE(2 * CLOCK_RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'ascii');
  head.writeUInt32LE(2 * samples, 40);
  return head;
}
