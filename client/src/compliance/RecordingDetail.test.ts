import { AppError, type KeptRecordingView, type UserRole } from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RestClient } from '../api/RestClient.ts';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import RecordingDetail from './RecordingDetail.vue';

const recording: KeptRecordingView = {
  ...{ id: 'r1', meetingId: 'm1', meetingTitle: 'Board', startedAt: '2026-03-01T10:00:00.000Z' },
  ...{ endedAt: '2026-03-01T10:01:00.000Z', durationMs: 60_000, state: 'sealed' },
  ...{ hold: null, deletion: null, expiresAt: null },
  storage: { place: 'local', lockedUntil: null },
  tracks: [
    {
      ...{ id: 't1', participantId: 'p1', participantName: 'Ann', kind: 'browser' },
      ...{ startMs: 0, endMs: 60_000 },
    },
  ],
};

let wrapper: VueWrapper;
/** What was asked of the server, in order. */
let asked: string[];
/** What it answers, by a part of the path; the recording otherwise. */
let refused: Record<string, AppError>;
let held: boolean;

beforeEach(() => {
  asked = [];
  refused = {};
  held = false;
});
afterEach(() => wrapper.unmount());

async function open(roles: UserRole[]): Promise<void> {
  const call = async (method: string, path: string, _token: string, body?: object) => {
    asked.push(`${method} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`);
    const problem = Object.entries(refused).find(([part]) => path.endsWith(part));
    if (problem) throw problem[1];
    if (path.includes('/peaks')) return { stepMs: 50, peaks: [0, 300, 0] };
    if (method === 'PUT') held = true;
    const hold = { reason: 'Case 7', by: 'o@example.org', at: '2026-03-02T00:00:00.000Z' };
    return { ...recording, hold: held ? hold : null };
  };
  const rest = { call, file: () => Promise.resolve(new Blob()) } as unknown as RestClient;
  wrapper = mountApp(RecordingDetail, { props: { recordingId: 'r1' }, rest });
  useSessionStore().signedIn({
    token: 't',
    user: { id: 'u', email: 'o@example.org', role: 'host', roles },
  });
  await flushPromises();
}

const labels = () => wrapper.findAll('button').map((one) => one.text());

async function give(reason: string): Promise<void> {
  const dialog = document.querySelector('[role=dialog]');
  const input = dialog?.querySelector('input');
  if (!input) throw new Error('no dialog asks for a reason');
  input.value = reason;
  input.dispatchEvent(new Event('input'));
  dialog?.querySelector('form')?.dispatchEvent(new Event('submit'));
  await flushPromises();
}

describe('a recording', () => {
  it('a host gets no buttons for what only officers do, and is told of a 403 in words', async () => {
    await open(['host']);
    expect(labels()).toEqual(['Listen']);
    refused['/peaks'] = new AppError('forbidden', 'Only officers.');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    expect(wrapper.text()).toContain('You are not allowed to do this.');
    expect(wrapper.find('[aria-label=Player]').exists()).toBe(false);
  });

  it('asks for a reason where the policy wants one, and plays with it', async () => {
    await open(['compliance-officer']);
    refused['/peaks'] = new AppError('reason-required', 'Give a reason.');
    await buttonOf(wrapper, 'Listen').trigger('click');
    await flushPromises();
    await give('Complaint 12');
    expect(asked.at(-1)).toBe('GET /recordings/r1/tracks/t1/peaks?reason=Complaint%2012');
    expect(wrapper.find('[aria-label=Player]').exists()).toBe(true);
    expect(wrapper.text()).toContain('Ann');
  });

  it('is put on hold with a reason, and cannot be deleted then', async () => {
    await open(['compliance-officer']);
    expect(labels()).toEqual(['Listen', 'Export', 'Put on hold', 'Delete']);
    await buttonOf(wrapper, 'Put on hold').trigger('click');
    await flushPromises();
    await give('Case 7');
    expect(asked).toContain('PUT /recordings/r1/hold {"reason":"Case 7"}');
    expect(wrapper.text()).toContain('by o@example.org: Case 7');
    expect(labels()).toEqual(['Listen', 'Export', 'Lift hold']);
  });
});
