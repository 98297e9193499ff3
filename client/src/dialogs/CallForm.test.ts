import { AppError } from '@switchroom/protocol';
import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, expect, it, vi } from 'vitest';
import { fakeService, mountApp } from '../testing/mountApp.ts';
import CallForm from './CallForm.vue';

let wrapper: VueWrapper;
afterEach(() => wrapper.unmount());

async function call(create: (wish: unknown) => Promise<void>): Promise<void> {
  wrapper = mountApp(CallForm, { service: fakeService({ calls: { create } }) });
  const [number, name] = wrapper.findAll('input');
  await number?.setValue(' +1 555-0100 ');
  await name?.setValue('Dora');
  await wrapper.get('select').setValue('fr');
  await wrapper.get('form').trigger('submit');
  await flushPromises();
}

it('sends the number as it was written, with name and language, and is done', async () => {
  const create = vi.fn(() => Promise.resolve());
  await call(create);
  expect(create).toHaveBeenCalledWith({ number: '+1 555-0100', name: 'Dora', language: 'fr' });
  expect(wrapper.emitted('done')).toHaveLength(1);
});

it.each([
  ['bad-request', 'Enter an international number, as in +1 555 0100.'],
  ['number-not-allowed', 'This number may not be called from here.'],
] as const)('says %s beside the number, and stays', async (code, words) => {
  await call(() => Promise.reject(new AppError(code, '')));
  const number = wrapper.get('input');
  expect(wrapper.get(`[id="${number.attributes('aria-describedby') ?? ''}"]`).text()).toBe(words);
  expect(document.activeElement).toBe(number.element);
  expect(wrapper.emitted('done')).toBeUndefined();
});
