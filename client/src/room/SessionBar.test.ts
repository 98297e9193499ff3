import { expect, it } from 'vitest';
import { nextTick } from 'vue';
import { joinedRoom } from '../service/testing/fakeMedia.ts';
import { useDialogStore } from '../stores/dialogs.ts';
import { useParticipantsStore } from '../stores/participants.ts';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
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
