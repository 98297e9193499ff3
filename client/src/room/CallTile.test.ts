import type { CallView } from '@switchroom/protocol';
import { afterEach, expect, it } from 'vitest';
import type { VueWrapper } from '@vue/test-utils';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import CallTile from './CallTile.vue';

let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

function show(call: Partial<CallView>, other: object = {}): void {
  const whole = { id: 'c', name: 'Dora', state: 'ringing', reason: null, participantId: null };
  wrapper = mountApp(CallTile, {
    props: { call: { ...whole, ...call }, isHost: true, canRepeat: true, ...other },
  });
}

it.each([
  [{ state: 'calling' }, 'calling'],
  [{ state: 'ringing' }, 'ringing'],
  [{ state: 'confirming' }, 'waiting for 1'],
  [{ state: 'failed', reason: 'busy' }, 'busy'],
  [{ state: 'failed', reason: 'not-confirmed' }, 'nobody pressed 1'],
] as [Partial<CallView>, string][])('says %o as %s', (call, words) => {
  show(call);
  expect(wrapper.get('[role=status]').text()).toBe(`Dora: ${words}`);
});

it('is hung up while it rings', async () => {
  show({});
  await buttonOf(wrapper, 'Cancel the call to Dora').trigger('click');
  expect(wrapper.emitted('cancel')).toHaveLength(1);
  expect(wrapper.findAll('button')).toHaveLength(1);
});

it('is repeated or dismissed when it failed, and repeated only where it was dialled', async () => {
  show({ state: 'failed', reason: 'no-answer' });
  await buttonOf(wrapper, 'Call Dora again').trigger('click');
  expect(wrapper.emitted('again')).toHaveLength(1);
  await wrapper.setProps({ canRepeat: false });
  expect(wrapper.findAll('button').map((one) => one.attributes('aria-label'))).toEqual([
    'Dismiss the call to Dora',
  ]);
});

it('is only looked at by guests', () => {
  show({}, { isHost: false });
  expect(wrapper.findAll('button')).toEqual([]);
});
