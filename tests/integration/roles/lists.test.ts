import { USER_ROLES } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinTokenOf } from '../serverHarness.ts';
import { ALLOWED } from './allowed.ts';
import { Company, PASSWORD } from './Company.ts';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
}, 60_000);
afterAll(() => company.close());

/** All that gives many things, or what all share. */
const LISTS = Object.keys(ALLOWED)
  .filter((call) => call.startsWith('GET ') && !call.includes('{'))
  .map((call) => call.slice('GET '.length));
const WHO = [...USER_ROLES, 'host2'];

describe('lists', () => {
  it('tell names and titles only to whom the meeting is, and to officers; the trail has titles', async () => {
    const tellers: Record<string, string[]> = { Bea: [], Merger: [] };
    for (const path of LISTS) {
      for (const who of WHO) {
        const text = await (await company.as(who, 'GET', path)).text();
        for (const word of Object.keys(tellers)) {
          if (text.includes(word)) tellers[word]!.push(`${who} ${path}`);
        }
      }
    }
    const seers = ['host /recordings', 'compliance-officer /recordings'];
    expect(tellers['Bea']!.sort()).toEqual(seers.toSorted());
    const trail = ['auditor /audit', 'auditor /audit/export'];
    expect(tellers['Merger']!.sort()).toEqual([...seers, ...trail].sort());
  });

  it('tell nobody a PIN, a link, a password or a token', async () => {
    const { meeting, tokens } = company;
    const secrets = [meeting.pin, meeting.moderatorPin, joinTokenOf(meeting), PASSWORD];
    for (const path of LISTS) {
      for (const who of WHO) {
        const text = await (await company.as(who, 'GET', path)).text();
        for (const secret of [...secrets, ...tokens.values()]) {
          expect(
            text.includes(`"${secret}"`) || (secret.length > 8 && text.includes(secret)),
            `${who} ${path}`,
          ).toBe(false);
        }
      }
    }
  });

  it('have nothing of another host’s, whatever is looked for', async () => {
    const { recording, meeting } = company;
    const list = async (name: string, query = ''): Promise<unknown> =>
      (await company.as(name, 'GET', `/recordings${query}`)).json();
    for (const name of ['host', 'compliance-officer']) {
      expect(await list(name)).toMatchObject({ items: [{ id: recording.id }] });
    }
    const filters = ['q=Bea', 'title=Merger', 'participant=Bea', `meetingId=${meeting.id}`];
    for (const filter of ['', ...filters, 'state=sealed', 'held=false', 'minDurationMs=1']) {
      expect(await list('host2', `?${filter}`), filter).toEqual({ items: [], nextCursor: null });
    }
  });

  it('of what was deleted have no name and no title', async () => {
    const reason = { reason: 'Asked for' };
    await company.as('compliance-officer', 'DELETE', `/recordings/${company.recording.id}`, reason);
    for (const who of ['compliance-officer', 'auditor']) {
      const text = await (await company.as(who, 'GET', '/tombstones')).text();
      expect(text).toContain(company.recording.id);
      expect(text).not.toMatch(/Bea|Merger/);
    }
    expect(
      await (await company.as('compliance-officer', 'GET', '/recordings?q=Bea')).text(),
    ).not.toContain('Bea');
  });
});
