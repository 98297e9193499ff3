import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RecordingView } from '@switchroom/protocol';
import { loadOrCreateKeys } from '@switchroom/recordings/vault';
import { Studio, STARTED_AT } from '../../../recordings/src/testing/studio.ts';
import type { Recording } from '../../../recordings/src/recorder/Recording.ts';
import { startBenchServer, type BenchServer } from './benchServer.ts';
import { browserOpus, type SpokenPacket } from './browserOpus.ts';

const PEOPLE = 10;
const HOUR_MS = 3_600_000;
/** Whoever talks does so for 5 s. */
const TURN_MS = 5000;
/** Who is silent sends so often, as our client does. */
const DTX_MS = 400;
const RECORDING_ID = 'hours';

/**
 * A meeting of some hours and ten people, one of whom talks at a time, recorded by the recorder's own code, whose clock runs as
 * fast as the machine can. What is measured begins where the meeting ends, in real time.
 */
export class LongMeeting {
  readonly dataDir: string;
  readonly recording: RecordingView;
  /** Real time from the end of the meeting to the seal, ms. */
  readonly sealedMs: number;

  private constructor(dataDir: string, recording: RecordingView, sealedMs: number) {
    this.dataDir = dataDir;
    this.recording = recording;
    this.sealedMs = sealedMs;
  }

  static async record(hours: number): Promise<LongMeeting> {
    const dataDir = await mkdtemp(join(tmpdir(), 'switchroom-hours-'));
    // The server's tables, and its keys.
    await (await startBenchServer(dataDir)).close();
    await loadOrCreateKeys(join(dataDir, 'keys'));
    const studio = await Studio.open(dataDir);
    const recording = await studio.record(RECORDING_ID);
    const people = Array.from({ length: PEOPLE }, (_, index) => `p${index}`);
    for (const id of people) {
      await recording.addTrack({ id, name: `Person ${id}`, kind: 'browser' }, STARTED_AT);
    }
    await talk(recording, people, hours * HOUR_MS);
    const endedAt = performance.now();
    await recording.stop(STARTED_AT + hours * HOUR_MS);
    const sealedMs = performance.now() - endedAt;
    await studio.sealer.close();
    addToDatabase(dataDir, recording.view);
    return new LongMeeting(dataDir, recording.view, sealedMs);
  }

  /** A server that has not seen the recording yet. */
  serve(): Promise<BenchServer> {
    return startBenchServer(this.dataDir);
  }

  async remove(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

async function talk(
  recording: Recording,
  people: readonly string[],
  lastsMs: number,
): Promise<void> {
  const { voice, silence } = await browserOpus();
  for (let at = 0; at < lastsMs; at += 20) {
    const talker = Math.floor(at / TURN_MS) % people.length;
    for (const [index, id] of people.entries()) {
      const talks = index === talker;
      if (!talks && (at / 20 + index) % (DTX_MS / 20) !== 0) continue;
      const all = talks ? voice : silence;
      recording.push(id, packetOf(all[(at / 20) % all.length]!, index, at), STARTED_AT + at + 20);
    }
    if (at % 100 === 0) recording.tick(STARTED_AT + at);
    // The files are written meanwhile, as they would be.
    if (at % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function packetOf({ audioLevel, payload }: SpokenPacket, index: number, at: number) {
  const seq = (at / 20) & 0xffff;
  return { payloadType: 111, seq, timestamp: at * 48, ssrc: index + 1, payload, audioLevel };
}

/** As the server has it once the recorder reported it. */
function addToDatabase(dataDir: string, view: RecordingView): void {
  const db = new DatabaseSync(join(dataDir, 'switchroom.db'));
  const { ownerId } = db.prepare('select "id" as "ownerId" from "users" limit 1').get()!;
  const now = view.startedAt;
  db.prepare(
    `insert into "meetings" ("id", "ownerId", "title", "joinToken", "pin", "moderatorPin", "lobby", "recording",
       "createdAt", "endedAt") values (?, ?, 'Long', 'long', '', '', 0, 'always', ?, ?)`,
  ).run(view.meetingId, ownerId as string, now, now);
  db.prepare(
    `insert into "recordings" ("id", "meetingId", "startedAt", "endedAt", "durationMs", "state")
       values (?, ?, ?, ?, ?, ?)`,
  ).run(view.id, view.meetingId, now, view.endedAt, view.durationMs, view.state);
  const addTrack = db.prepare(
    `insert into "tracks" ("recordingId", "id", "participantId", "participantName", "kind", "startMs", "endMs")
       values (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { id, participantId, participantName, kind, startMs, endMs } of view.tracks) {
    addTrack.run(view.id, id, participantId, participantName, kind, startMs, endMs);
  }
  db.close();
}
