import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadOrCreateKeys, openVault, type Vault } from '@switchroom/recordings/vault';
import { cpuMs } from './cpuTime.ts';
import { OpusLoad } from './OpusLoad.ts';
import { RecorderHost } from './RecorderHost.ts';
import { packetsIn } from './packetsIn.ts';

const RECORDER_CORE = 0;
const LOAD_CORE = 1;
const A_MEETING = 10;
/** The compiler comes to rest, and everybody has had a turn in the mix. */
const SETTLE_MS = 6000;
const MEASURE_MS = 12_000;

export interface TracksCost {
  /** Of a core, for all tracks, in per cent. */
  percent: number;
  /** That one core records at this price. */
  perCore: number;
  sent: number;
  /** Of these, in the vault. */
  written: number;
}

/** What the recorder costs with so many tracks, in meetings of ten of whom one talks at a time. */
export async function tracksPerCore(
  program: string,
  tracks: number,
  dtx: boolean,
): Promise<TracksCost> {
  const meetings = Math.ceil(tracks / A_MEETING);
  const dataDir = await mkdtemp(join(tmpdir(), 'switchroom-tracks-'));
  const keys = await loadOrCreateKeys(join(dataDir, 'keys'));
  const load = await OpusLoad.start({
    ...{ program, core: LOAD_CORE, dtx },
    ...{ sockets: meetings, tracks: A_MEETING, group: A_MEETING },
  });
  const { recipient } = keys;
  const host = await RecorderHost.start({ core: RECORDER_CORE, dataDir, recipient, load });
  try {
    const numbers = Array.from({ length: meetings }, (_, meeting) => meeting);
    for (const meeting of numbers) {
      const people = Array.from({ length: A_MEETING }, (_, track) => load.ssrc(meeting, track));
      await host.record(meeting, people);
    }
    load.go();
    await delay(SETTLE_MS);
    const [before, since] = [await cpuMs(host.pid), performance.now()];
    await delay(MEASURE_MS);
    const used = (await cpuMs(host.pid)) - before;
    const percent = (used / (performance.now() - since)) * 100;
    const { sent } = await load.end();
    // What is on its way arrives.
    await delay(500);
    await Promise.all(numbers.map((meeting) => host.seal(meeting)));
    const vault = openVault({ dir: join(dataDir, 'vault'), ...keys });
    const perCore = Math.floor((meetings * A_MEETING * 100) / percent);
    return { percent, perCore, sent, written: await writtenOf(vault, dataDir, numbers) };
  } finally {
    await host.stop();
    await load.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function writtenOf(vault: Vault, dataDir: string, meetings: number[]): Promise<number> {
  let written = 0;
  for (const meeting of meetings) {
    written += await packetsIn(vault, dataDir, `r${meeting}`);
  }
  return written;
}
