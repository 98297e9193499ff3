import { expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { joinedRoom } from '../service/testing/fakeMedia.ts';
import { useDialogStore } from '../stores/dialogs.ts';
import { useParticipantsStore } from '../stores/participants.ts';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, fakeService, mountApp } from '../testing/mountApp.ts';
import SessionBar from './SessionBar.vue';

const user = {
  id: 'u1',
  email: 'ana@example.org',
  role: 'host' as const,
  roles: ['host' as const],
};

it('offers a host whose session is over to sign in, until they have', async () => {
  const wrapper = mountApp(SessionBar, { session: { token: 't1', user } });
  const [self] = joinedRoom('ana').participants;
  useParticipantsStore().entered(self!.id, [{ ...self!, role: 'host' }]);
  await nextTick();
  expect(wrapper.text()).toBe('');
  useSessionStore().ended('t1');
  await nextTick();
  await buttonOf(wrapper, 'Sign in').trigger('click');
  expect(useDialogStore().open).toEqual({ name: 'sign-in' });
  useSessionStore().signedIn({ token: 't2', user });
  await nextTick();
  expect(wrapper.text()).toBe('');
  wrapper.unmount();
});

it('offers it also to one who is no host any more, since they were signed out elsewhere, and brings them back', async () => {
  const comeBack = vi.fn();
  const fetch = vi.fn(async () => new Response('{}', { status: 401 }));
  const service = fakeService({ comeBack });
  const wrapper = mountApp(SessionBar, { fetch, service, session: { token: 't1', user } });
  const [self] = joinedRoom('ana').participants;
  const participants = useParticipantsStore();
  participants.entered(self!.id, [{ ...self!, role: 'host' }]);
  await nextTick();
  participants.entered('ana again', [{ ...self!, id: 'ana again', role: 'participant' }]);
  await vi.waitFor(() => expect(wrapper.text()).toContain('You were signed out'));
  expect(fetch).toHaveBeenCalledOnce();
  expect(comeBack).not.toHaveBeenCalled();
  useSessionStore().signedIn({ token: 't2', user });
  await nextTick();
  expect(comeBack).toHaveBeenCalledOnce();
  expect(wrapper.text()).toBe('');
  wrapper.unmount();
});
