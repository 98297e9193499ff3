import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, describe, expect, it } from 'vitest';
import { useSessionStore } from '../stores/session.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import HostSignIn from './HostSignIn.vue';

const user = {
  id: 'u1',
  email: 'ana@example.org',
  role: 'host' as const,
  roles: ['host' as const],
};
const answer = (status: number, body: object) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));
let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

describe('HostSignIn', () => {
  it('lets whoever opens the link in a new tab sign in there', async () => {
    wrapper = mountApp(HostSignIn, { fetch: answer(201, { token: 't1', user }) });
    await buttonOf(wrapper, 'Is this your meeting? Sign in').trigger('click');
    await wrapper.get('[type=email]').setValue(user.email);
    await wrapper.get('[type=password]').setValue('secret');
    await wrapper.get('form').trigger('submit');
    await flushPromises();
    expect(useSessionStore().token).toBe('t1');
    expect(wrapper.text()).toBe('Signed in as ana@example.org');
  });

  it('asks again whose session is over, since they would be a guest', async () => {
    wrapper = mountApp(HostSignIn, {
      fetch: answer(401, { code: 'unauthenticated' }),
      session: { token: 'old', user },
    });
    await flushPromises();
    expect(wrapper.text()).toContain('You were signed out. Please sign in again.');
  });
});
