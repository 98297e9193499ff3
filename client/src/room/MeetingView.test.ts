import { AppError, type LeaveReason } from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useMeetingStore } from '../stores/meeting.ts';
import { fakeService, mountApp } from '../testing/mountApp.ts';
import MeetingView from './MeetingView.vue';

const preview = {
  title: 'Planning',
  rtpCapabilities: {},
  recording: 'off' as const,
  consent: 'notice' as const,
};
let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

async function show(previewJoin = () => Promise.resolve(preview), service = fakeService()) {
  wrapper = mountApp(MeetingView, {
    props: { joinToken: 'abcdefghij' },
    rest: { previewJoin },
    service,
  });
  await flushPromises();
  return useMeetingStore();
}

describe('MeetingView', () => {
  it('prepares the Device while the user looks at the pre-join page', async () => {
    const prepare = vi.fn();
    await show(undefined, fakeService({ prepare }));
    expect(prepare).toHaveBeenCalledWith(preview);
    expect(wrapper.text()).toContain('Planning');
  });

  it.each([
    ['not-found', 'Meeting not found'],
    ['unavailable', 'You cannot join right now'],
    ['meeting-ended', 'The meeting has ended'],
  ] as const)('says so when the link is refused with %s', async (code, words) => {
    await show(() => Promise.reject(new AppError(code, '')));
    expect(wrapper.get('h1').text()).toBe(words);
  });

  it('has words while connecting', async () => {
    const meeting = await show();
    meeting.connecting();
    await flushPromises();
    expect(wrapper.get('[role=status]').text()).toContain('Connecting');
  });

  it.each([
    ['left', 'You left the meeting'],
    ['removed', 'You were removed from the meeting'],
    ['meeting-ended', 'The meeting has ended'],
    ['media-failed', 'The audio connection failed'],
    ['connection-lost', 'The connection was lost'],
  ] as [LeaveReason, string][])('has words for the end %s', async (reason, words) => {
    const meeting = await show();
    meeting.ended(reason);
    await flushPromises();
    expect(wrapper.get('h1').text()).toBe(words);
    expect(document.activeElement).toBe(wrapper.get('h1').element);
  });

  it('leaves the meeting, and lets go of the microphone, when the page is left', async () => {
    const leave = vi.fn();
    const service = fakeService({ leave });
    const close = vi.spyOn(service.microphone, 'close');
    await show(undefined, service);
    leave.mockClear();
    close.mockClear();
    wrapper.unmount();
    expect(leave).toHaveBeenCalledOnce();
    expect(close).toHaveBeenCalledOnce();
  });
});
