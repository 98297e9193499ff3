import { createEncoder } from 'libopus-wasm';

const RATE = 48_000;
const FRAME = 960;
const SECONDS = 10;
/** Of a headset in a quiet room, and of a voice. */
const NOISE_DBOV = -75;
const VOICE_DBOV = -24;
const OPUS_APPLICATION_VOIP = 2048;

/** An Opus packet of 20 ms, and how loud it is in -dBov (RFC 6464). */
export interface SpokenPacket {
  audioLevel: number;
  payload: Uint8Array;
}

/** Opus as our client sends it (32 kbit/s, mono, VBR): ten seconds of a voice, and of a quiet room. */
export async function browserOpus(): Promise<{ voice: SpokenPacket[]; silence: SpokenPacket[] }> {
  return { voice: await encoded(speaker(VOICE_DBOV)), silence: await encoded(speaker(-127)) };
}

async function encoded(pcm: Int16Array): Promise<SpokenPacket[]> {
  const encoder = await createEncoder({
    ...{ sampleRate: RATE, channels: 1, bitrate: 32_000, application: OPUS_APPLICATION_VOIP },
    ...{ complexity: 9, fec: true },
  });
  const packets: SpokenPacket[] = [];
  for (let at = 0; at < pcm.length; at += FRAME) {
    const frame = pcm.subarray(at, at + FRAME);
    const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / FRAME / 2 ** 30;
    const audioLevel = Math.min(127, Math.round(-10 * Math.log10(power + 1e-13)));
    packets.push({ audioLevel, payload: encoder.encode(frame) });
  }
  encoder.free();
  return packets;
}

/** Vowels of a dozen harmonics that rise and fall, in words of 300 ms with gaps of 100 ms, over a room's noise. */
function speaker(dbov: number): Int16Array {
  const amplitude = dbov <= -127 ? 0 : 32_768 * 10 ** (dbov / 20);
  const noise = 32_768 * 10 ** (NOISE_DBOV / 20) * Math.sqrt(3);
  let [seed, phase] = [1, 0];
  return Int16Array.from({ length: SECONDS * RATE }, (_, i) => {
    const at = i / RATE;
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    phase += (2 * Math.PI * (140 + 30 * Math.sin(2 * Math.PI * 0.7 * at))) / RATE;
    let sum = 0;
    for (let h = 1; h <= 12; h++) sum += Math.sin(phase * h) / h;
    const word = Math.max(0, Math.min(1, (at % 0.4) / 0.02, (0.3 - (at % 0.4)) / 0.02));
    return Math.round(sum * amplitude * word + (seed / 2 ** 31) * noise);
  });
}
