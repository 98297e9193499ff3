import { parentPort } from 'node:worker_threads';
import { createDecoder } from '@switchroom/opus';
import { CLOCK_RATE } from '../../format/opus.ts';
import { PeakMeter } from './PeakMeter.ts';

/* Takes packets, a message at a time, and answers each; `null` asks for what it found. */
const decoder = await createDecoder({ sampleRate: CLOCK_RATE });
const meter = new PeakMeter();

parentPort?.on('message', (packets: Uint8Array[] | null) => {
  for (const packet of packets ?? []) meter.add(decoder.decode(packet));
  parentPort?.postMessage(packets === null ? meter.finish() : null);
});
