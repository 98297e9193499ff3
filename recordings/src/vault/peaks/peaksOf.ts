import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CLOCK_RATE } from '../../format/opus.ts';
import { oggPackets } from '../../format/ogg/oggPackets.ts';
import type { AudioFile } from '../Vault.ts';
import { PEAK_SAMPLES } from './PeakMeter.ts';

/** How loud a track is, over its time. */
export interface Peaks {
  /** Length of each part, ms. */
  stepMs: number;
  /** The loudest sample of each part, in thousandths of full scale. */
  peaks: number[];
}

/** Enough for any screen, and for a jump to where somebody speaks. */
const MOST = 20_000;

/** Decodes it all, in a thread of its own. Errors: those of reading, and of what is no Opus. */
export async function peaksOf(audio: AudioFile): Promise<Peaks> {
  const worker = new Worker(new URL('./peaksWorker.ts', import.meta.url));
  try {
    const ask = async (packets: Uint8Array[] | null): Promise<Uint16Array> => {
      const answer = once(worker, 'message');
      worker.postMessage(packets);
      return ((await answer) as [Uint16Array])[0];
    };
    // A part is whole pages, since all of it is asked for; the first holds the two heads.
    let isHead = true;
    for await (const pages of audio.read(0, audio.size)) {
      const packets = oggPackets(pages);
      await ask(isHead ? packets.slice(2) : packets);
      isHead = false;
    }
    return merged(await ask(null));
  } finally {
    await worker.terminate();
  }
}

function merged(fine: Uint16Array): Peaks {
  const together = Math.max(1, Math.ceil(fine.length / MOST));
  const peaks: number[] = [];
  for (let at = 0; at < fine.length; at += together) {
    peaks.push(Math.max(...fine.subarray(at, at + together)));
  }
  return { stepMs: (together * PEAK_SAMPLES * 1000) / CLOCK_RATE, peaks };
}
