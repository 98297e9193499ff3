import type { AlarmItem } from '@switchroom/protocol';
import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RestClient } from '../api/RestClient.ts';
import { mountApp } from '../testing/mountApp.ts';
import AlarmBanner from './AlarmBanner.vue';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('shows the alarms that last, and none once they are over', async () => {
  const damaged: AlarmItem = {
    ...{
      id: 'a1',
      kind: 'recording-damaged',
      subject: { type: 'recording', id: 'r1', file: 'mix' },
    },
    ...{ meetingId: null, details: {}, raisedAt: '2026-03-01T10:00:00.000Z', clearedAt: null },
    title: null,
  };
  const unrecorded: AlarmItem = {
    ...{ ...damaged, id: 'a2', kind: 'storage-full', title: 'Weekly' },
    subject: { type: 'meeting', id: 'm1' },
  };
  let active = [damaged, unrecorded];
  const rest = { call: () => Promise.resolve({ active, over: [] }) } as unknown as RestClient;
  const wrapper = mountApp(AlarmBanner, { rest });
  await flushPromises();
  expect(wrapper.get('[role=alert]').text()).toMatch(
    /2 alarms now.*damaged: Recording r1, file mix,.*recorded: Meeting “Weekly”,/s,
  );
  expect(wrapper.get('[role=alert] a').attributes('href')).toBe('/recordings/r1');
  active = [];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(wrapper.text()).toBe('');
  wrapper.unmount();
});
