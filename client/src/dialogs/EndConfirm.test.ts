import { AppError } from '@switchroom/protocol';
import { flushPromises } from '@vue/test-utils';
import { expect, it, vi } from 'vitest';
import { joinedRoom } from '../service/testing/fakeMedia.ts';
import { useMeetingStore } from '../stores/meeting.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import EndConfirm from './EndConfirm.vue';

const user = {
  id: 'u1',
  email: 'ana@example.org',
  role: 'host' as const,
  roles: ['host' as const],
};

it('ends the meeting for everyone only when asked, and says why it could not', async () => {
  const endMeeting = vi.fn(() => Promise.resolve());
  const session = { token: 't1', user };
  const wrapper = mountApp(EndConfirm, { rest: { endMeeting }, session });
  const room = joinedRoom('ana');
  useMeetingStore().joined(room, room.meeting);
  // The way back is the one at hand.
  expect(document.activeElement).toBe(buttonOf(wrapper, 'Cancel').element);
  endMeeting.mockRejectedValueOnce(new AppError('unavailable', ''));
  await buttonOf(wrapper, 'End for everyone').trigger('click');
  await flushPromises();
  expect(wrapper.get('[role=alert]').text()).toContain('cannot be reached');
  expect(wrapper.emitted('done')).toBeUndefined();
  await buttonOf(wrapper, 'End for everyone').trigger('click');
  await flushPromises();
  expect(endMeeting).toHaveBeenLastCalledWith(room.meeting.id, 't1');
  expect(wrapper.emitted('done')).toHaveLength(1);
  wrapper.unmount();
});
