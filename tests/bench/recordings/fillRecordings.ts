import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const TRACKS = 4;
/** Recordings a meeting. */
const A_MEETING = 5;
const FIRST_START = Date.parse('2024-01-01T08:00:00Z');
const APART_MS = 10 * 60_000;
const LONGEST_MS = 7_200_000;

const FIRST = ['Ann', 'Bea', 'Carl', 'Dana', 'Emil', 'Fatima', 'Georg', 'Hana', 'Ivo', 'Joanna'];
const LAST = ['Baker', 'Miller', 'Novak', 'Öztürk', 'Rossi', 'Smith', 'Tanaka', 'Weber', 'Young'];
const TITLES = ['Weekly planning', 'Board', 'Sales call', 'Review', 'Claims desk', 'Trading'];

/** Random, and the same each time (a linear congruential generator). */
function dice(): (sides: number) => number {
  let state = 1;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Puts so many recordings with four tracks each into a database that a server has made before. */
export function fillRecordings(dataDir: string, count: number): void {
  const db = new DatabaseSync(join(dataDir, 'switchroom.db'));
  const roll = dice();
  const owner = db.prepare('select "id" from "users" limit 1').get()!['id'] as string;
  const addMeeting = db.prepare(
    `insert into "meetings" ("id", "ownerId", "title", "joinToken", "pin", "moderatorPin", "lobby", "recording",
       "createdAt", "endedAt") values (?, ?, ?, ?, '', '', 0, 'always', ?, ?)`,
  );
  const addRecording = db.prepare(
    `insert into "recordings" ("id", "meetingId", "startedAt", "endedAt", "durationMs", "state")
       values (?, ?, ?, ?, ?, ?)`,
  );
  const addTrack = db.prepare(
    `insert into "tracks" ("recordingId", "id", "participantId", "participantName", "kind", "startMs", "endMs")
       values (?, ?, ?, ?, ?, 0, ?)`,
  );
  const addHold = db.prepare(
    `insert into "holds" ("recordingId", "reason", "userId", "by", "at") values (?, 'Case', '', '', '')`,
  );
  // What it costs to leave nothing behind is not what is measured here.
  const secure = db.prepare(
    `insert into "recordingTexts" ("recordingTexts", rank) values ('secure-delete', ?)`,
  );
  secure.run(0n);
  db.exec('begin');
  for (let number = 0; number < count; number++) {
    const startedAt = new Date(FIRST_START + number * APART_MS).toISOString();
    const meetingId = `m${Math.floor(number / A_MEETING)}`;
    if (number % A_MEETING === 0) {
      const title = `${TITLES[roll(TITLES.length)]} ${roll(500)}`;
      addMeeting.run(meetingId, owner, title, meetingId, startedAt, startedAt);
    }
    const id = `r${number}`;
    const durationMs = 30_000 + roll(LONGEST_MS - 30_000);
    const state = roll(2000) === 0 ? 'failed' : 'sealed';
    addRecording.run(id, meetingId, startedAt, startedAt, durationMs, state);
    if (roll(200) === 0) addHold.run(id);
    for (let track = 0; track < TRACKS; track++) {
      const isPhone = track % 2 === 1;
      const name = isPhone
        ? `+1555${String(roll(10_000_000)).padStart(7, '0')}`
        : `${FIRST[roll(FIRST.length)]} ${LAST[roll(LAST.length)]}`;
      addTrack.run(id, `t${track}`, `p${track}`, name, isPhone ? 'phone' : 'browser', durationMs);
    }
  }
  secure.run(1n);
  db.exec('commit');
  db.close();
}
