import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import type { VueWrapper } from '@vue/test-utils';
import { useMicrophoneStore } from '../stores/microphone.ts';
import { usePreferencesStore } from '../stores/preferences.ts';
import { buttonOf, fakeService, mountApp } from '../testing/mountApp.ts';
import PreJoin from './PreJoin.vue';

const preview = { title: 'Planning', rtpCapabilities: {}, recording: 'off' };
let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

describe('PreJoin', () => {
  it('asks for no microphone before it is told to', async () => {
    const open = vi.fn(() => Promise.resolve());
    const service = fakeService();
    service.microphone.open = open as never;
    wrapper = mountApp(PreJoin, { props: { preview, busy: false }, service });
    await nextTick();
    expect(open).not.toHaveBeenCalled();
    await buttonOf(wrapper, 'Check microphone').trigger('click');
    expect(open).toHaveBeenCalledOnce();
  });

  it('joins with the name, which it remembers', async () => {
    wrapper = mountApp(PreJoin, { props: { preview, busy: false } });
    await wrapper.get('input').setValue('  Ana ');
    await wrapper.get('form').trigger('submit');
    expect(wrapper.emitted('join')).toEqual([[{ name: 'Ana', withMicrophone: true }]]);
    expect(usePreferencesStore().name).toBe('Ana');
  });

  it('takes a name of which nothing is seen for none', async () => {
    wrapper = mountApp(PreJoin, { props: { preview, busy: false } });
    await wrapper.get('input').setValue('\u200b\u200b');
    await wrapper.get('form').trigger('submit');
    expect(wrapper.text()).toContain('Enter your name');
    expect(wrapper.emitted('join')).toBeUndefined();
  });

  it('joins to listen only', async () => {
    wrapper = mountApp(PreJoin, { props: { preview, busy: false } });
    await wrapper.get('input').setValue('Ana');
    await buttonOf(wrapper, 'Listen only').trigger('click');
    expect(wrapper.emitted('join')).toEqual([[{ name: 'Ana', withMicrophone: false }]]);
  });

  it('asks for a name in words, at the field, and takes the focus there', async () => {
    wrapper = mountApp(PreJoin, { props: { preview, busy: false } });
    await wrapper.get('form').trigger('submit');
    const input = wrapper.get('input');
    const described = input.attributes('aria-describedby') ?? '';
    expect(wrapper.get(`[id="${described}"]`).text()).toContain('Enter your name');
    expect(document.activeElement).toBe(input.element);
    expect(wrapper.emitted('join')).toBeUndefined();
  });

  it.each([
    ['refused', 'Microphone access is blocked'],
    ['absent', 'No microphone found'],
    ['busy', 'The microphone is busy'],
    ['unsupported', 'No microphone access here'],
  ] as const)('has words for a microphone that is %s, and a way to listen', async (why, words) => {
    wrapper = mountApp(PreJoin, { props: { preview, busy: false } });
    useMicrophoneStore().failed(why);
    await nextTick();
    expect(wrapper.get('[role=alert]').text()).toContain(words);
    expect(buttonOf(wrapper, 'Listen only').exists()).toBe(true);
  });

  it.each([
    ['always', 'This meeting is recorded.'],
    ['on-demand', 'The host may record this meeting.'],
  ])('says what recording %s means', (recording, words) => {
    wrapper = mountApp(PreJoin, { props: { preview: { ...preview, recording }, busy: false } });
    expect(wrapper.get('[role=note]').text()).toBe(words);
  });
});
