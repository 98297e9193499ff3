import { AppError } from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, expect, it, vi } from 'vitest';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import StartMeeting from './StartMeeting.vue';

const user = { id: 'u', email: 'a@b.c', role: 'host' as const, roles: ['host' as const] };
const session = { token: 'secret', user };
const meeting = {
  id: 'm',
  title: 'Planning',
  joinUrl: 'http://127.0.0.1:3000/m/abcdefghij',
  pin: '482913',
  dialIn: [{ number: '+15550100', sipUri: 'sip:+15550100@127.0.0.1:5060' }],
  moderatorPin: '904417',
  lobby: false,
  waitForHost: false,
  entry: 'tones' as const,
  locked: false,
  recording: 'on-demand' as const,
  consent: 'notice' as const,
  numberPrivacy: 'last-four' as const,
  createdAt: '2026-01-01T00:00:00Z',
  retentionDays: null,
  endedAt: null,
  live: false,
};
let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

async function signIn(): Promise<void> {
  await buttonOf(wrapper, 'Start a meeting').trigger('click');
  await wrapper.get('input[type=email]').setValue('a@b.c');
  await wrapper.get('input[type=password]').setValue('x');
  await wrapper.get('form').trigger('submit');
  await flushPromises();
}

it('signs in first, creates the meeting, then shows link, number and both PINs', async () => {
  const createMeeting = vi.fn(() => Promise.resolve(meeting));
  wrapper = mountApp(StartMeeting, {
    rest: { signIn: () => Promise.resolve(session), createMeeting },
  });
  await signIn();
  await wrapper.get('input').setValue(' Planning ');
  await wrapper.get('button[role=switch]').trigger('click');
  await buttonOf(wrapper, 'Names').trigger('click');
  await wrapper.get('form').trigger('submit');
  await flushPromises();
  expect(createMeeting).toHaveBeenCalledWith(
    {
      title: 'Planning',
      recording: 'on-demand',
      consent: 'notice',
      lobby: true,
      waitForHost: false,
      entry: 'roll-call',
      numberPrivacy: 'last-four',
    },
    'secret',
  );
  expect(wrapper.text()).toContain('+15550100');
  expect(wrapper.text()).toContain('482913');
  expect(wrapper.text()).toContain('904417');
  expect(wrapper.get('a.button').attributes('href')).toBe('/m/abcdefghij');
});

it('says that the password is wrong, and stays', async () => {
  wrapper = mountApp(StartMeeting, {
    rest: { signIn: () => Promise.reject(new AppError('unauthenticated', '')) },
  });
  await signIn();
  expect(wrapper.get('[role=alert]').text()).toBe('E-mail or password is wrong.');
});

it('asks to sign in again when the token ran out, and says why', async () => {
  const answers = [Response.json(session, { status: 201 }), Response.json({}, { status: 401 })];
  wrapper = mountApp(StartMeeting, { fetch: async () => answers.shift()! });
  await signIn();
  await wrapper.get('form').trigger('submit');
  await flushPromises();
  expect(wrapper.find('input[type=password]').exists()).toBe(true);
  expect(wrapper.get('[role=alert]').text()).toBe('You were signed out. Please sign in again.');
});
