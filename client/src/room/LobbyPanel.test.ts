import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { VueWrapper } from '@vue/test-utils';
import { participant } from '../service/testing/fakeMedia.ts';
import { buttonOf, fakeService, mountApp } from '../testing/mountApp.ts';
import LobbyPanel from './LobbyPanel.vue';

const dora = participant('d', { name: 'Dora', state: 'lobby' });
const emil = participant('e', { name: 'Emil', state: 'lobby', kind: 'phone', audio: 'phone' });
const host = { admit: vi.fn(), admitAll: vi.fn(), remove: vi.fn() };
let wrapper: VueWrapper;

beforeEach(() => {
  vi.clearAllMocks();
  wrapper = mountApp(LobbyPanel, {
    props: { waiting: [dora, emil] },
    service: fakeService({ host }),
  });
});
afterEach(() => wrapper.unmount());

it('names who waits and how they come, and lets them in one by one or all at once', async () => {
  expect(wrapper.get('h2').text()).toBe('Waiting to be let in (2)');
  expect(wrapper.findAll('li').map((one) => one.text())).toEqual([
    expect.stringMatching(/Dora\s*in a browser/),
    expect.stringMatching(/Emil\s*by phone/),
  ]);
  await buttonOf(wrapper, 'Admit Emil').trigger('click');
  expect(host.admit).toHaveBeenCalledWith('e');
  await buttonOf(wrapper, 'Turn Dora away').trigger('click');
  expect(host.remove).toHaveBeenCalledWith('d');
  await buttonOf(wrapper, 'Admit all').trigger('click');
  expect(host.admitAll).toHaveBeenCalledOnce();
});

it('says who was removed before', async () => {
  await wrapper.setProps({ waiting: [{ ...dora, wasRemoved: true }, emil] });
  const rows = wrapper.findAll('li').map((one) => one.text());
  expect(rows.map((text) => text.includes('Was removed before'))).toEqual([true, false]);
});

it('keeps the keyboard at the list when the row that had it is gone', async () => {
  const button = buttonOf(wrapper, 'Admit Dora').element;
  button.focus();
  await wrapper.setProps({ waiting: [emil] });
  await vi.waitFor(() => expect(document.activeElement).toBe(wrapper.get('h2').element));
  expect(wrapper.text()).not.toContain('Admit all');
});
