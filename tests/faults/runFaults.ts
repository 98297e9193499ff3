import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SoftPhone } from '@switchroom/sip-dialin/phone';
import type { RecordingView } from '@switchroom/protocol';
import { decodeOggOpus } from '../support/audio/oggOpus.ts';
import { eventually } from '../support/eventually.ts';
import { membersOf, openLine, type MeetingLine } from '../support/phones/meetingLine.ts';
import { Switchroom } from '../support/Switchroom.ts';
import { accountFor, type Account } from './account.ts';
import { CountingTones } from './countingTones.ts';
import { kill, type Kill, type Victim } from './killing.ts';

const run = promisify(execFile);
const VERIFY = join(import.meta.dirname, '../../scripts/verify.mjs');
/** One for each phone; all odd, so that each has all tones. */
const STEPS = [1, 3, 5];
/** How often what is killed, of ten. */
const CHOICE: Victim[] = [
  ...(['recorder', 'recorder', 'recorder', 'recorder', 'recorder'] as const),
  ...(['idle recorder', 'server', 'server', 'worker', 'worker'] as const),
];
/** Between kills, ms. */
const SHORTEST_MS = 1500;
const LONGEST_MS = 5000;
/** So many of ten wait until the meeting is recorded again; the others strike whenever. */
const PATIENT = 8;
const BACK_MS = 60_000;

interface Readiness {
  gateways: { recorder: number };
}

export interface FaultOptions {
  kills: number;
  seed: number;
  say: (line: string) => void;
}

export interface FaultReport {
  kills: Kill[];
  recordings: RecordingView[];
  accounts: Account[];
  /** Exports that were verified. */
  verified: number;
  /** Whatever is not as it should be. */
  wrong: string[];
}

/** A meeting of phones that is recorded, while processes are killed; and whether every second of it is there. */
export async function runFaults({ kills: count, seed, say }: FaultOptions): Promise<FaultReport> {
  const switchroom = await Switchroom.start({
    env: { LOG_LEVEL: 'warn', RECORDING_MIN_FREE_MB: '0' },
  });
  const phones: SoftPhone[] = [];
  try {
    const line = await openLine(switchroom, { recording: 'always' });
    const voices = STEPS.map((step) => new CountingTones(step));
    for (const voice of voices) {
      const phone = await SoftPhone.dial({
        uri: line.uri,
        localAddress: '127.0.0.1',
        onFrame: () => undefined,
      });
      phones.push(phone);
      void phone.play(voice.source);
    }
    await membersOf(switchroom, line, STEPS.length);
    await recordedAgain(switchroom, line);
    await delay(SHORTEST_MS);
    const { kills, chains } = await killThem({ switchroom, line, count, seed, say });
    await recordedAgain(switchroom, line);
    await delay(2 * SHORTEST_MS);
    await Promise.all(phones.map((phone) => phone.hangUp()));
    const recordings = await allSealed(switchroom, line);
    say(`${recordings.length} recordings; listening to them`);
    const parties = await partiesIn(switchroom, recordings, voices);
    const accounts = parties.map((party) => accountFor(party, kills));
    const wrong = accounts.flatMap(({ unexcused }) => unexcused);
    const chain = await readFile(join(switchroom.dataDir, 'vault/chain.jsonl'), 'utf8');
    if (chains.some((before) => !chain.startsWith(before))) wrong.push('the chain was changed');
    const { verified, faults } = await verifyAll(switchroom, recordings);
    return { kills, recordings, accounts, verified, wrong: [...wrong, ...faults] };
  } finally {
    await Promise.allSettled(phones.map((phone) => phone.hangUp()));
    await switchroom.stop();
  }
}

async function killThem(options: {
  switchroom: Switchroom;
  line: MeetingLine;
  count: number;
  seed: number;
  say: (line: string) => void;
}): Promise<{ kills: Kill[]; chains: string[] }> {
  const { switchroom, line, count, say } = options;
  const random = seeded(options.seed);
  const kills: Kill[] = [];
  const chains: string[] = [];
  while (kills.length < count) {
    if (random() * 10 < PATIENT) await recordedAgain(switchroom, line);
    await delay(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
    const victim = CHOICE[Math.floor(random() * CHOICE.length)]!;
    const killed = await kill(switchroom, victim);
    if (!killed) continue;
    kills.push(killed);
    say(`${kills.length}: ${victim} at ${killed.at}`);
    const chain = await readFile(join(switchroom.dataDir, 'vault/chain.jsonl'), 'utf8').catch(
      () => '',
    );
    // A line may be half written.
    chains.push(chain.slice(0, chain.lastIndexOf('\n') + 1));
  }
  return { kills, chains };
}

/** All phones have a track in a recording that is being made, and another recorder stands by. */
async function recordedAgain({ rest, url }: Switchroom, { meetingId }: MeetingLine): Promise<void> {
  await eventually(
    async () => {
      const ready = (await (await fetch(`${url}/readyz`)).json()) as Readiness;
      if (ready.gateways.recorder < 2) return false;
      const all = await rest.participants(meetingId);
      const ids = all.filter(({ state }) => state === 'joined').map(({ id }) => id);
      const open = (await rest.recordings(meetingId)).filter(({ state }) => state === 'recording');
      return (
        ids.length === STEPS.length &&
        open.some(({ tracks }) => ids.every((id) => tracks.some((one) => one.participantId === id)))
      );
    },
    { what: 'all phones recorded', within: BACK_MS, every: 100 },
  );
}

/** Those that hold anything, the oldest first. */
async function allSealed({ rest }: Switchroom, line: MeetingLine): Promise<RecordingView[]> {
  return eventually(
    async () => {
      const all = (await rest.recordings(line.meetingId)).toReversed();
      // One whose recorder was killed before it had begun is none.
      const real = all.filter(({ state, tracks }) => state !== 'failed' || tracks.length > 0);
      return real.length > 0 && real.every(({ state }) => state === 'sealed') && real;
    },
    { what: 'all recordings sealed', within: BACK_MS },
  );
}

async function partiesIn(
  { rest }: Switchroom,
  recordings: readonly RecordingView[],
  voices: readonly CountingTones[],
) {
  const parties = voices.map(({ saidAt }, index) => {
    return { name: `phone ${index + 1}`, saidAt, heard: new Set<number>(), tracks: [] as number[] };
  });
  for (const { id, startedAt, tracks } of recordings) {
    for (const track of tracks) {
      // What is decoded keeps this process from hearing that the server closed a connection.
      const fetched = { what: 'the sound of a track', every: 200 };
      const sound = await decodeOggOpus(await eventually(() => rest.audio(id, track.id), fetched));
      const startsAt = Date.parse(startedAt) + track.startMs;
      const found = voices.map((voice) => voice.blocksIn(sound, startsAt));
      // In another phone's tones hardly anything makes sense.
      const mine = found.reduce((best, one, i) => (one.size > found[best]!.size ? i : best), 0);
      for (const block of found[mine]!) parties[mine]!.heard.add(block);
      if (found[mine]!.size > 0) parties[mine]!.tracks.push(startsAt);
    }
  }
  for (const { tracks } of parties) tracks.sort((a, b) => a - b);
  return parties;
}

async function verifyAll({ rest, dataDir }: Switchroom, recordings: readonly RecordingView[]) {
  const faults: string[] = [];
  let verified = 0;
  const verify = async (what: string, ...args: string[]): Promise<void> => {
    try {
      await run(process.execPath, [VERIFY, ...args]);
      verified += 1;
    } catch (error) {
      faults.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const path = join(dataDir, 'export.zip');
  for (const { id } of recordings) {
    await writeFile(path, await eventually(() => rest.export(id), { what: 'an export' }));
    await verify(id, path);
  }
  await rm(path, { force: true });
  await verify('chain', '--chain', dataDir);
  return { verified: verified - 1, faults };
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
