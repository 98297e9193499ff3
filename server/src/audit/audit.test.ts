import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { listAuditQuerySchema, type AuditEntry, type User } from '@switchroom/protocol';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { AuditReader } from './AuditReader.ts';
import { AuditTrail, nobodyAt, SYSTEM, userAt, type AuditDraft } from './AuditTrail.ts';
import { callEntry, pinFailed } from './callEntries.ts';
import { canonicalJson, flawOf, hashOf, NO_ENTRY } from './chain.ts';
import { Hearings } from './Hearings.ts';

const officer: User = {
  ...{ id: 'u1', email: 'ann@example.org', role: 'compliance-officer' },
  roles: ['compliance-officer'],
};
const ANN = userAt(officer, '192.0.2.7');

let dir: string;
let db: Database;
let now: number;
let trail: AuditTrail;
let reader: AuditReader;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-audit-'));
  db = await openDatabase(dir);
  now = Date.parse('2026-03-01T12:00:00Z');
  trail = new AuditTrail(db, () => now);
  reader = new AuditReader(db);
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

const played = (id: string, more: Partial<AuditDraft> = {}): AuditDraft => ({
  ...{ ...ANN, action: 'recording.played', subject: { type: 'recording', id } },
  ...more,
});
async function textOf(lines: AsyncIterable<string>): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const line of lines) {
    expect(line.endsWith('\n')).toBe(true);
    entries.push(JSON.parse(line) as AuditEntry);
  }
  return entries;
}
const list = async (query: object): Promise<AuditEntry[]> =>
  (await reader.list(listAuditQuerySchema.parse(query))).items;

describe('the chain', () => {
  it('canonicalJson() has one form for equal values (RFC 8785)', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'é"\n'], A: {} })).toBe(
      '{"A":{},"a":[true,null,"é\\"\\n"],"b":1}',
    );
    expect(canonicalJson({ b: undefined, a: 1 })).toBe(canonicalJson({ a: 1 }));
  });

  it('each entry holds the hash of the one before, and of the last on its subject', async () => {
    const first = await trail.append(played('r1', { details: { reason: 'Case 7' } }));
    const other = await trail.append(played('r2'));
    const again = await trail.append(played('r1'));
    expect(first).toMatchObject({ seq: 1, prev: NO_ENTRY, subjectPrev: null, outcome: 'ok' });
    expect(other).toMatchObject({ seq: 2, prev: first.hash, subjectPrev: null });
    expect(again).toMatchObject({ seq: 3, prev: other.hash, subjectPrev: first.hash });
    const { hash, ...rest } = again;
    expect(hashOf(canonicalJson(rest))).toBe(hash);
    expect(await reader.verify()).toEqual({ ok: true, entries: 3, head: hash, flaw: null });
  });

  it('many at once are one after the other', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => trail.append(played(`r${index}`))));
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 30 });
  });

  it('a clock that is put back changes no order', async () => {
    await trail.append(played('r1'));
    now -= 3_600_000;
    const later = await trail.append(played('r1'));
    expect(later.at).toBe('2026-03-01T12:00:00.000Z');
  });

  it('what is written in a transaction that fails was not written', async () => {
    const failing = db.transaction().execute(async (trx) => {
      await trail.append(played('r1'), trx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await reader.verify()).toMatchObject({ entries: 0, head: null });
  });
});

describe('nobody changes what was written', () => {
  beforeEach(() => trail.appendAll([played('r1'), played('r2'), played('r3')]));

  it.each([
    `update audit set hash = 'x' where seq = 2`,
    `delete from audit where seq = 3`,
    `insert or replace into audit (seq, entry, hash) values (2, '{}', 'x')`,
    `insert into audit (seq, entry, hash) values (9, '{}', 'x')`,
  ])('%s is refused by the database', async (statement) => {
    await expect(sql.raw(statement).execute(db)).rejects.toThrow(/append-only/);
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 3 });
  });

  /** As somebody with the file in hand and the triggers out of the way. */
  async function tamper(statement: string): Promise<void> {
    await db.destroy();
    const file = new DatabaseSync(join(dir, 'switchroom.db'));
    const names = ['audit_no_update', 'audit_no_delete', 'audit_only_next'];
    for (const name of names) file.exec(`drop trigger "${name}"`);
    file.exec(statement);
    file.close();
    db = await openDatabase(dir);
    reader = new AuditReader(db);
  }

  it.each([
    [`update audit set entry = replace(entry, 'ann@', 'bob@') where seq = 2`, 2],
    [`update audit set entry = replace(entry, '"seq":2', '"seq":1') where seq = 2`, 2],
    [`update audit set hash = '${'0'.repeat(64)}' where seq = 1`, 1],
    [`delete from audit where seq = 2`, 2],
    [`delete from audit where seq = 1`, 1],
  ])('after %s, verify() names the first flaw', async (statement, seq) => {
    await tamper(statement);
    expect(await reader.verify()).toMatchObject({ ok: false, flaw: { seq } });
  });

  it('a rewritten entry with a hash of its own no longer fits the next', async () => {
    const [entry] = await list({ subject: 'r2' });
    const { hash: _, ...rest } = { ...entry!, outcome: 'refused' as const };
    const text = canonicalJson(rest);
    await tamper(`update audit set entry = '${text}', hash = '${hashOf(text)}' where seq = 2`);
    expect(await reader.verify()).toMatchObject({ ok: false, flaw: { seq: 3 } });
  });
});

describe('reading', () => {
  beforeEach(async () => {
    await trail.append(played('r1', { details: { reason: 'Straße 12' } }));
    now += 60_000;
    await trail.append({ ...played('r1'), action: 'recording.exported' });
    now += 86_400_000;
    await trail.append({
      ...SYSTEM,
      action: 'recording.expired',
      subject: { type: 'recording', id: 'r2' },
    });
    await trail.append({
      ...{ ...nobodyAt('198.51.100.9'), action: 'session.failed', outcome: 'failed' },
      subject: { type: 'user', id: null },
    });
  });

  it.each([
    [{}, [4, 3, 2, 1]],
    [{ action: 'recording' }, [3, 2, 1]],
    [{ action: 'recording.played' }, [1]],
    [{ action: 'record' }, []],
    [{ actor: 'u1' }, [2, 1]],
    [{ actor: 'Ann@example.org' }, [2, 1]],
    [{ subject: 'r1' }, [2, 1]],
    [{ q: 'STRASSE' }, []],
    [{ q: 'straße' }, [1]],
    [{ q: '198.51' }, [4]],
    [{ from: '2026-03-02' }, [4, 3]],
    [{ to: '2026-03-01' }, [2, 1]],
    [{ from: '2026-03-01T12:00:30Z', to: '2026-03-01T12:01:00Z' }, [2]],
    [{ action: 'recording', actor: 'u1', q: 'exported' }, [2]],
    [{ action: '', actor: '', subject: '', q: '', cursor: '', from: '' }, [4, 3, 2, 1]],
  ])('list(%j) finds %j', async (query, found) => {
    expect((await list(query)).map(({ seq }) => seq)).toEqual(found);
  });

  it('pages are joined by a cursor', async () => {
    const first = await reader.list(listAuditQuerySchema.parse({ limit: 3 }));
    const cursor = first.nextCursor ?? '';
    const second = await reader.list(listAuditQuerySchema.parse({ limit: 3, cursor }));
    expect([first, second].map(({ items }) => items.map(({ seq }) => seq))).toEqual([
      [4, 3, 2],
      [1],
    ]);
    expect(second.nextCursor).toBeNull();
  });

  it('lines() are the whole trail, which can be checked by itself; so can a range of it', async () => {
    const entries = await textOf(reader.lines({}, 4));
    let before: AuditEntry | undefined;
    for (const entry of entries) {
      expect(flawOf(entry, before)).toBeUndefined();
      before = entry;
    }
    expect(entries).toHaveLength(4);
    const some = await textOf(
      reader.lines({ from: '2026-03-01T12:00:30Z', to: '2026-03-02T23:59:59Z' }, 3),
    );
    expect(some.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('extract() is all that was done with one recording, each entry after the one it names', async () => {
    const entries = await textOf(reader.extract('r1'));
    expect(entries.map(({ action }) => action)).toEqual(['recording.played', 'recording.exported']);
    expect(entries.map(({ subjectPrev }) => subjectPrev)).toEqual([null, entries[0]?.hash]);
    expect(await textOf(reader.extract('none'))).toEqual([]);
  });

  it('more entries than are read at a time are all there', async () => {
    await trail.appendAll(Array.from({ length: 1100 }, () => played('r9')));
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 1104 });
  });
});

describe('Hearings', () => {
  it('ranges of one sound are one hearing for five minutes; the whole is one each time', () => {
    let ms = 0;
    const hearings = new Hearings(() => ms);
    expect([hearings.isNew('a', true), hearings.isNew('a', true)]).toEqual([true, false]);
    expect(hearings.isNew('b', true)).toBe(true);
    ms = 299_000;
    expect(hearings.isNew('a', true)).toBe(false);
    expect(hearings.isNew('b', false)).toBe(true);
    ms = 301_000;
    expect(hearings.isNew('a', true)).toBe(true);
    expect(hearings.isNew('b', true)).toBe(false);
  });
});

describe('calls', () => {
  const at = '2026-03-01T12:00:00.000Z';
  const entered = {
    callId: 'c1',
    at,
    direction: 'in',
    meetingId: 'm1',
    number: '+15550001234',
  } as const;

  it.each([
    ['whole', '+15550001234'],
    ['last-four', '…1234'],
    ['none', undefined],
  ] as const)('a number is as the meeting has it: %s', (privacy, number) => {
    const { details } = callEntry({ ...entered, type: 'entered' }, privacy);
    expect(details).toEqual({
      direction: 'in',
      meetingId: 'm1',
      gatewayTime: at,
      ...(number && { number }),
    });
  });

  it('refused INVITEs are one entry of no one call', () => {
    const refused = { network: '192.0.2.0/24', reason: 'stranger', code: 403, count: 7 };
    const entry = callEntry({ at, type: 'refused', direction: 'in', ...refused }, undefined);
    expect(entry).toMatchObject({ action: 'call.refused', outcome: 'refused', details: refused });
    expect(entry.subject).toEqual({ type: 'call', id: null });
  });

  it('a number is masked where no meeting says how it may be seen; a PIN failure has none', () => {
    const { meetingId: _, ...rest } = entered;
    const end = { by: 'caller', code: 200, reason: 'hung-up' } as const;
    expect(callEntry({ ...rest, ...end, type: 'ended' }, undefined)).toMatchObject({
      action: 'call.ended',
      details: { number: '…1234', ...end },
    });
    const failed = pinFailed({ callId: 'c1', did: '+15550100', trunkId: 't', code: 'pin-wrong' });
    expect(failed).toMatchObject({ outcome: 'refused', subject: { type: 'call', id: 'c1' } });
    expect(Object.keys(failed.details ?? {})).toEqual(['did', 'trunkId', 'code']);
  });
});
