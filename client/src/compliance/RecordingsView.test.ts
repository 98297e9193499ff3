import type { KeptRecordingView, User } from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import RecordingsView from './RecordingsView.vue';

const user: User = {
  ...{ id: 'u', email: 'o@example.org', role: 'compliance-officer' },
  roles: ['compliance-officer'],
};
const recording: KeptRecordingView = {
  ...{ id: 'r1', meetingId: 'm1', meetingTitle: 'Board', startedAt: '2026-03-01T10:00:00.000Z' },
  ...{ endedAt: '2026-03-01T10:01:00.000Z', durationMs: 60_000, state: 'sealed' },
  ...{ hold: null, deletion: null, expiresAt: null, key: 'here', sealedTo: [] },
  storage: { place: 'local', bucket: null, lockedUntil: null },
  tracks: [
    {
      ...{ id: 't1', participantId: 'p1', participantName: 'Ann', kind: 'browser' },
      ...{ startMs: 0, endMs: 60_000 },
    },
  ],
};
const told = { participantId: 'p1', name: 'Ann', policy: 'required', language: 'en' } as const;
const statements = {
  consents: {
    policy: 'required',
    consents: [{ ...told, how: 'button', at: recording.startedAt, atMs: 0, words: 'May we?' }],
    pauses: [],
  },
  timeline: { events: [], gaps: [] },
};

let wrapper: VueWrapper;
/** Tokens that the server knows. */
let known: Set<string>;

beforeEach(() => {
  known = new Set(['first']);
});
afterEach(() => wrapper.unmount());

async function answer(path: string, init: RequestInit = {}): Promise<Response> {
  const token = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? '';
  if (path.endsWith('/sessions') && init.method === 'POST') {
    known.add('second');
    return Response.json({ token: 'second', user });
  }
  if (!known.has(token)) return Response.json({ code: 'unauthenticated' }, { status: 401 });
  if (path.endsWith('/sessions')) {
    known.delete(token);
    return new Response(null, { status: 204 });
  }
  if (path.endsWith('/alarms')) return Response.json({ active: [] });
  if (path.endsWith('/statements')) return Response.json(statements);
  if (path.includes('/recordings?')) return Response.json({ items: [recording], nextCursor: null });
  return Response.json(recording);
}

async function open(recordingId: string): Promise<void> {
  wrapper = mountApp(RecordingsView, { props: { recordingId }, fetch: answer });
  useSessionStore().signedIn({ token: 'first', user });
  await flushPromises();
}

async function signInAgain(): Promise<void> {
  await wrapper.get('input[type=email]').setValue(user.email);
  await wrapper.get('input[type=password]').setValue('x');
  await wrapper.get('form').trigger('submit');
  await flushPromises();
}

it.each([
  ['an opened recording', 'r1', 'Export'],
  ['the list', '', 'Search'],
])(
  'where the session has ended elsewhere, %s gives way to the sign-in form, and comes back',
  async (_, recordingId, button) => {
    await open(recordingId);
    expect(wrapper.text()).toContain('Board');
    known.clear();
    if (recordingId === '') await wrapper.get('form').trigger('submit');
    else await buttonOf(wrapper, button).trigger('click');
    await flushPromises();
    const text = wrapper.text();
    for (const gone of ['Board', 'Ann', 'May we?', 'Export', 'Delete', 'Put on hold', 'Sign out']) {
      expect(text).not.toContain(gone);
    }
    expect(wrapper.get('[role=alert]').text()).toBe('You were signed out. Please sign in again.');
    expect(sessionStorage.getItem('switchroom.session')).toBeNull();
    await signInAgain();
    expect(wrapper.text()).toContain('Board');
    expect(wrapper.find('[role=alert]').exists()).toBe(false);
    expect(buttonOf(wrapper, button).exists()).toBe(true);
    expect(document.activeElement?.id).toBe('main');
  },
);

it('signing out ends the session on the server, too', async () => {
  await open('');
  await buttonOf(wrapper, 'Sign out').trigger('click');
  await flushPromises();
  expect(known.size).toBe(0);
  expect(wrapper.text()).not.toContain('Board');
  expect(wrapper.find('[role=alert]').exists()).toBe(false);
});

it('what is answered late to an older session does not end the one after it', async () => {
  await open('r1');
  const session = useSessionStore();
  session.signedIn({ token: 'second', user });
  session.ended('first');
  expect([session.token, session.wasEnded]).toEqual(['second', false]);
});
