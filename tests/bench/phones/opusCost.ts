import { OPUS_ENGINES } from '@switchroom/opus';
import { median } from '../median.ts';
import { voiceSecond } from '../voice.ts';

/** 20 ms frames a round; the first of these are for the compiler. */
const FRAMES = 2000;
const WARM_UP = 4000;

/** A phone's way to the SFU, and a recorder's to its mix. */
const WORKS = [
  {
    what: 'encode 8 kHz',
    sampleRate: 8000,
    options: { application: 'voip', bitrate: 24_000, complexity: 1, isVoice: true },
    isEncode: true,
  },
  {
    what: 'encode 48 kHz',
    sampleRate: 48_000,
    options: { application: 'restricted-lowdelay', bitrate: 64_000, complexity: 0 },
    isEncode: true,
  },
  {
    what: 'decode 48 kHz',
    sampleRate: 48_000,
    options: { application: 'voip', bitrate: 32_000 },
    isEncode: false,
  },
] as const;

/** CPU of a frame of 20 ms by each engine that there is, in words; they take turns. */
export async function opusCost(rounds: number): Promise<string> {
  const lines: string[] = [];
  for (const { what, sampleRate, options, isEncode } of WORKS) {
    const { samples } = voiceSecond(sampleRate);
    const frames = Array.from({ length: 50 }, (_, i) =>
      samples.subarray((i * sampleRate) / 50, ((i + 1) * sampleRate) / 50),
    );
    const runs = await Promise.all(
      OPUS_ENGINES.map(async (engine) => {
        const encoder = await engine.createEncoder({ sampleRate, ...options });
        const decoder = await engine.createDecoder({ sampleRate });
        const packets = frames.map((frame) => encoder.encode(frame));
        const run = (count: number): void => {
          for (let i = 0; i < count; i++) {
            if (isEncode) encoder.encode(frames[i % 50]!);
            else decoder.decode(packets[i % 50]!);
          }
        };
        run(WARM_UP);
        return { name: engine.name, run, costs: [] as number[] };
      }),
    );
    for (let round = 0; round < rounds; round++) {
      for (const { run, costs } of runs) costs.push(microsecondsOf(() => run(FRAMES)) / FRAMES);
    }
    const words = runs.map(({ name, costs }) => `${name} ${median(costs).toFixed(1)} us`);
    lines.push(`${what}: ${words.join(', ')}`);
  }
  return lines.join('; ');
}

/** CPU time. */
function microsecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
