import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAudit, checkExtract } from './checkAudit.mjs';
import { auditLines } from './testing/auditLines.ts';

const on = (seq: number): { seq: number; recordingId: string } => ({ seq, recordingId: 'r1' });
const LINES = auditLines([on(4), on(5), on(6)]);

function extractFault(lines: string[]): string {
  try {
    return `ok ${checkExtract(lines.join(''), 'r1', 'audit.jsonl')}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('checkExtract()', () => {
  it('finds every entry that was changed, left out, moved or added', () => {
    const [a, b, c] = LINES as [string, string, string];
    expect(extractFault(LINES)).toBe('ok 3');
    expect(extractFault([])).toBe('ok 0');
    expect(extractFault([a, c])).toBe('Entry 2 of audit.jsonl does not follow the one before.');
    expect(extractFault([b, c])).toBe('Entry 1 of audit.jsonl does not follow the one before.');
    expect(extractFault([a, c, b])).toContain('Entry 2');
    expect(extractFault([a, a])).toContain('Entry 2');
    expect(extractFault([a, b.trimEnd()])).toBe('audit.jsonl has no end of line.');
    expect(extractFault(auditLines([{ seq: 1, recordingId: 'r2' }]))).toContain(
      'another recording',
    );
    const text = LINES.join('');
    for (let at = 0; at < text.length; at++) {
      const changed = `${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`;
      expect(extractFault([changed]), `${at}`).toMatch(/^Entry \d|^audit\.jsonl/);
    }
  });
});

describe('checkAudit()', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'verify-audit-'));
  });
  afterAll(async () => await rm(directory, { recursive: true, force: true }));

  async function fault(lines: string[]): Promise<string> {
    const file = path.join(directory, 'audit.jsonl');
    await writeFile(file, lines.join(''));
    return await checkAudit(file).then(
      ({ facts }) => facts.join(),
      (error: unknown) => (error as Error).message,
    );
  }

  it('warns of a trail that does not end with its own export, since the end was cut off', async () => {
    const lines = auditLines([on(1), on(2), { ...on(3), action: 'audit.exported' }]);
    const cut = async (end: number): Promise<boolean> => {
      const file = path.join(directory, 'audit.jsonl');
      await writeFile(file, lines.slice(0, end).join(''));
      const { warnings } = await checkAudit(file);
      return warnings.some((line) => line.includes('the end was cut off'));
    };
    expect([await cut(1), await cut(2), await cut(3)]).toEqual([true, true, false]);
  });

  it('takes a trail or a range of it, and names the first entry that is wrong', async () => {
    const [a, b, c] = LINES as [string, string, string];
    expect(await fault(LINES)).toMatch(/^entries 4 to 6, the last is [0-9a-f]{64}$/);
    expect(await fault([b, c])).toMatch(/^entries 5 to 6/);
    expect(await fault([a, c])).toBe('The entry after 4 is missing; 6 is there instead.');
    expect(await fault([a, b.replace('played', 'viewed')])).toBe('The entry after 4 was changed.');
    expect(await fault([a, auditLines([on(5)])[0]!])).toBe('The entry after 4 does not follow it.');
    expect(await fault([a, b.replace(',', ', ')])).toContain('not written as an entry is');
    expect(await fault(['{}\n'])).toContain('The first entry');
    expect(await fault([])).toBe('There is no entry.');
  });

  it('finds an end of line that was changed or removed, and a line that was added', async () => {
    const [a, b, c] = LINES as [string, string, string];
    const other = 'The entry after 4 is not written as an entry is.';
    expect(await fault([a, b.replace('\n', '\r\n'), c])).toBe(other);
    expect(await fault([a, b.replace('\n', '\r'), c])).toBe('The entry after 4 is not JSON.');
    expect(await fault([a, b, c.trimEnd()])).toBe('Line 3 of audit.jsonl, the last, has no end.');
    expect(await fault([a, b, c.replace('\n', '\r')])).toBe(
      'Line 3 of audit.jsonl, the last, has no end.',
    );
    expect(await fault([a, b, c, '\n'])).toBe('The entry after 6 is not JSON.');
  });
});
