import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, expect, it } from 'vitest';
import { mountApp } from '../testing/mountApp.ts';
import ReasonDialog from './ReasonDialog.vue';

let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

async function give(reason: string): Promise<void> {
  const dialog = document.querySelector('[role=dialog]')!;
  const input = dialog.querySelector('input')!;
  input.value = reason;
  input.dispatchEvent(new Event('input'));
  dialog.querySelector('form')!.dispatchEvent(new Event('submit'));
  await flushPromises();
}

it('takes a reason that says something, in one line, and asks again for any other', async () => {
  const words = { heading: 'Delete', hint: 'Why?', submit: 'Delete' };
  wrapper = mountApp(ReasonDialog, { props: { ...words, open: true } });
  await flushPromises();
  expect(document.activeElement?.tagName).toBe('INPUT');
  for (const none of ['', ' ', '\u200b', '\u3164', '?!']) {
    await give(none);
    expect(document.querySelector('[role=dialog]')!.textContent).toContain('Enter a reason.');
  }
  expect(wrapper.emitted('given')).toBeUndefined();
  // Whoever has no mouse can type at once, and again.
  expect(document.activeElement?.tagName).toBe('INPUT');
  await give(' Case\u200b  7 ');
  expect(wrapper.emitted('given')).toEqual([['Case 7']]);
});
