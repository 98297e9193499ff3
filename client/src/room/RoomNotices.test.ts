import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { useMeetingStore } from '../stores/meeting.ts';
import { useMicrophoneStore } from '../stores/microphone.ts';
import { useNoticeStore } from '../stores/notices.ts';
import { buttonOf, mountApp } from '../testing/mountApp.ts';
import RoomNotices from './RoomNotices.vue';

afterEach(() => vi.useRealTimers());

describe('RoomNotices', () => {
  it('says that we are reconnecting', async () => {
    const wrapper = mountApp(RoomNotices);
    useMeetingStore().reconnecting();
    await nextTick();
    expect(wrapper.text()).toContain('Connection lost. Reconnecting');
    wrapper.unmount();
  });

  it('tells a host what must be seen to, for as long as it lasts', async () => {
    const wrapper = mountApp(RoomNotices);
    useMeetingStore().alarmsChanged(['storage-full', 'recording-incomplete']);
    await nextTick();
    expect(wrapper.text()).toContain('storage is nearly full');
    expect(wrapper.text()).toContain('missing sound');
    useMeetingStore().alarmsChanged([]);
    await nextTick();
    expect(wrapper.text()).toBe('');
    wrapper.unmount();
  });

  it('shows a notice for a while, and one about the microphone until it is dismissed', async () => {
    vi.useFakeTimers();
    const wrapper = mountApp(RoomNotices);
    useNoticeStore().show({ about: 'muted-by-host' });
    await nextTick();
    expect(wrapper.text()).toContain('You were muted');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(wrapper.text()).toBe('');
    useMicrophoneStore().failed('absent');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wrapper.text()).toContain('No microphone found');
    await buttonOf(wrapper, 'Dismiss').trigger('click');
    expect(wrapper.text()).toBe('');
    wrapper.unmount();
  });
});
