import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  listRecordingsQuerySchema,
  type RecordingView,
  type TrackView,
  type User,
} from '@switchroom/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { RecordingStore } from './RecordingStore.ts';

const officer: User = {
  ...{ id: 'o', email: 'o@example.org', role: 'compliance-officer' },
  roles: ['compliance-officer'],
};
const host: User = { id: 'h', email: 'h@example.org', role: 'host', roles: ['host'] };

let dir: string;
let db: Database;
let store: RecordingStore;
let meetings: MeetingStore;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-search-'));
  db = await openDatabase(dir);
  store = new RecordingStore(db);
  meetings = new MeetingStore(db);
  for (const { id, email, role } of [officer, host]) {
    const row = { id, email, role, roles: JSON.stringify([role]), passwordHash: '', createdAt: '' };
    await db
      .insertInto('users')
      .values({ ...row, removedAt: null })
      .execute();
  }
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

interface Made {
  title?: string;
  owner?: User;
  startedAt?: string;
  durationMs?: number;
  names?: string[];
  phones?: string[];
}

async function record(id: string, made: Made = {}): Promise<void> {
  const { title = 'Board', owner = host, startedAt = '2026-03-01T10:00:00.000Z' } = made;
  const { durationMs = 60_000, names = [], phones = [] } = made;
  const { id: meetingId } = await meetings.create(owner, { title });
  await store.insert({ id, meetingId, startedAt }, async () => undefined);
  const all = [...names, ...phones].map((participantName, index): TrackView => ({
    ...{ id: `t${index}`, participantId: `p${index}`, participantName },
    ...{ kind: index < names.length ? 'browser' : 'phone', startMs: 0, endMs: durationMs },
  }));
  const endedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
  await store.report({
    ...{ id, meetingId, startedAt, endedAt, durationMs },
    ...{ state: 'sealed', tracks: all },
  });
}

async function found(query: object, user = officer): Promise<string> {
  const { items } = await store.list(listRecordingsQuerySchema.parse(query), user);
  return items.map(({ id }) => id).join(' ');
}

it('finds by part of a title, of a name, of either, in any case and of any length', async () => {
  await record('a', { title: 'Quarterly Übersicht', names: ['Ann', 'Bartholomäus'] });
  await record('b', { title: 'Ann’s day', names: ['Zoë'] });
  expect(await found({ q: 'ANN' })).toBe('b a');
  expect(await found({ title: 'ann' })).toBe('b');
  expect(await found({ participant: 'ann' })).toBe('a');
  expect(await found({ title: 'über' })).toBe('a');
  expect(await found({ participant: 'LOMÄ' })).toBe('a');
  expect(await found({ participant: 'ë' })).toBe('b');
  expect(await found({ q: 'ay' })).toBe('b');
  expect(await found({ title: 'quarterly', participant: 'an' })).toBe('a');
  expect(await found({ title: 'quarterly', participant: 'zoë' })).toBe('');
  // From one name into the next.
  expect(await found({ participant: 'annbart' })).toBe('');
  for (const q of ['"', '" OR "', '*', 'ann*', '{title}', '%', '_nn', 'ann NOT x']) {
    expect(await found({ q }), q).toBe('');
  }
});

it('finds who was renamed by each of their names, and a phone by its number still', async () => {
  const id = 'a';
  await record(id, { phones: ['+1 (555) 010-0042'] });
  const view = await store.forUser(id, officer);
  for (const participantName of ['Bea', 'Cäcilie']) {
    const tracks = view.tracks.map((track) => ({ ...track, participantName }));
    await store.report({ ...view, tracks });
  }
  const [track] = view.tracks;
  const other = { ...track!, id: 'late', participantName: 'Dan', kind: 'browser' as const };
  await store.report({ ...view, tracks: [other] });
  for (const name of ['bea', 'cäc', 'dan', '010'])
    expect(await found({ participant: name })).toBe('a');
  expect(await found({ number: '+1 555 0100042' })).toBe('a');
  const { tracks } = await store.forUser(id, officer);
  expect(tracks.map(({ participantName }) => participantName)).toContain('Cäcilie');
  expect(tracks[0]).not.toHaveProperty('formerNames');
});

it('finds what was recorded of a meeting by its title then and by later ones', async () => {
  await record('a', { title: 'Fraud' });
  const [{ meetingId }] = (await store.list({ limit: 1 }, officer)).items as [RecordingView];
  await meetings.update(meetingId, { title: 'Lunch' });
  await record('b', { title: 'Lunch', startedAt: '2026-03-01T10:00:01.000Z' });
  expect(await found({ title: 'fraud' })).toBe('a');
  expect(await found({ title: 'LUNCH' })).toBe('b a');
});

it('finds phones by their number as it is shown, and by a whole number what shows its end only', async () => {
  await record('whole', { phones: ['+1 (555) 010-0042'] });
  await record('masked', { phones: ['…0042'] });
  await record('browser', { names: ['+15550100042'] });
  expect(await found({ number: '+1 555 0100042' })).toBe('masked whole');
  expect(await found({ number: '0042' })).toBe('masked whole');
  expect(await found({ number: '555-01' })).toBe('whole');
  expect(await found({ number: '42' })).toBe('masked whole');
  expect(await found({ number: '0043' })).toBe('');
});

it('finds by length, hold, state and time, also together with words', async () => {
  await record('short', { durationMs: 1000, names: ['Ann'] });
  await record('long', { durationMs: 7_200_000, names: ['Ann'] });
  await record('early', { startedAt: '2026-01-31T23:59:59.999Z' });
  expect(await found({ minDurationMs: 60_000 })).toBe('long early');
  expect(await found({ maxDurationMs: '1000' })).toBe('short');
  expect(await found({ minDurationMs: 1001, participant: 'ann' })).toBe('long');
  expect(await found({ to: '2026-01-31' })).toBe('early');
  expect(await found({ from: '2026-02-01', q: 'board' })).toBe('long short');
  const stated = { reason: 'Case', userId: 'o', by: 'o', at: '2026-03-02T00:00:00.000Z' };
  await db
    .insertInto('holds')
    .values({ recordingId: 'long', ...stated })
    .execute();
  expect(await found({ held: 'true' })).toBe('long');
  expect(await found({ held: 'false' })).toBe('short early');
  expect(await found({ held: 'true', participant: 'ann' })).toBe('long');
  expect(await found({ state: 'sealed' })).toBe('long short early');
  expect(await found({ state: 'failed' })).toBe('');
  expect(await found({ minDurationMs: '', held: '', state: '', title: ' ' })).toBe(
    'long short early',
  );
});

it('pages have neither gap nor repetition, though all begin in one millisecond', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) await record(id);
  for (const filter of [{}, { q: 'board' }, { q: 'bo' }]) {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = listRecordingsQuerySchema.parse({ ...filter, limit: 2, cursor });
      const page = await store.list(query, officer);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(ids).toEqual(['e', 'd', 'c', 'b', 'a']);
  }
});

it('a host finds those of own meetings only', async () => {
  await record('mine', { names: ['Ann'] });
  await record('other', { owner: officer, names: ['Ann'] });
  expect(await found({}, host)).toBe('mine');
  expect(await found({ q: 'ann' }, host)).toBe('mine');
  await expect(store.forUser('other', host)).rejects.toMatchObject({ code: 'not-found' });
});

it('what the recorder corrects is found as it is now and as it was, and what is deleted is found no more', async () => {
  await record('a', { names: ['Ann'] });
  await record('b', { startedAt: '2026-03-01T10:00:01.000Z' });
  const [view] = (await store.list(listRecordingsQuerySchema.parse({ q: 'ann' }), officer)).items;
  const tracks = view!.tracks.map((track) => ({ ...track, participantName: 'Bea' }));
  await store.report({ ...view!, startedAt: '2026-03-01T10:00:02.000Z', tracks });
  expect(await found({})).toBe('a b');
  for (const q of ['ann', 'bea']) expect(await found({ q })).toBe('a');
  await store.remove('a');
  for (const q of ['ann', 'bea']) expect(await found({ q })).toBe('');
});
