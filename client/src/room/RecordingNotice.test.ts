import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { RECORDING_WORDS, type ConsentPolicy, type ParticipantView } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consent } from '../service/Consent.ts';
import { joinedRoom, participant } from '../service/testing/fakeMedia.ts';
import { useMeetingStore } from '../stores/meeting.ts';
import { useParticipantsStore } from '../stores/participants.ts';
import { buttonOf, fakeService, mountApp } from '../testing/mountApp.ts';
import RecordingNotice from './RecordingNotice.vue';

let wrapper: VueWrapper;
/** What the server was told, and how often we left. */
let told: unknown[];
let left: number;

beforeEach(() => {
  [told, left] = [[], 0];
  const request = async (_event: string, payload: unknown): Promise<never> => {
    told.push(payload);
    return {} as never;
  };
  const consent = new Consent({ request, ask: request });
  const service = fakeService({ consent, leave: () => void (left += 1) });
  wrapper = mountApp(RecordingNotice, { service });
});
afterEach(() => wrapper.unmount());

async function recorded(policy: ConsentPolicy, own: ParticipantView['consent']): Promise<void> {
  const room = { ...joinedRoom('ana'), recording: true, consent: policy };
  useParticipantsStore().entered('ana', [participant('ana', { consent: own })]);
  useMeetingStore().joined(room, room.meeting);
  await flushPromises();
}

describe('RecordingNotice', () => {
  it('is not there without a recording, nor for who has agreed', async () => {
    expect(wrapper.text()).toBe('');
    await recorded('required', 'given');
    expect(wrapper.text()).toBe('');
    expect(told).toEqual([]);
  });

  it('shows the words that it tells, and tells who agrees to them', async () => {
    await recorded('required', 'awaited');
    const words = RECORDING_WORDS.en.required;
    expect(wrapper.text()).toContain(words);
    expect(told).toEqual([{ how: 'shown', language: 'en', words }]);
    await buttonOf(wrapper, 'I agree').trigger('click');
    expect(told[1]).toEqual({ how: 'button', language: 'en', words });
    useParticipantsStore().put(participant('ana', { consent: 'given' }));
    await flushPromises();
    expect(wrapper.text()).toBe('');
    expect(told).toHaveLength(2);
  });

  it('whoever does not agree can leave', async () => {
    await recorded('required', 'awaited');
    await buttonOf(wrapper, 'Leave meeting').trigger('click');
    expect(left).toBe(1);
  });

  it('says other words where nobody has to agree, and changes them with the policy', async () => {
    await recorded('notice', 'none');
    expect(wrapper.text()).toContain(RECORDING_WORDS.en.notice);
    buttonOf(wrapper, 'Understood');
    useMeetingStore().recordingChanged({ recording: true, paused: false, consent: 'required' });
    await flushPromises();
    expect(wrapper.text()).toContain(RECORDING_WORDS.en.required);
    expect(told.map((one) => (one as { words: string }).words)).toEqual([
      RECORDING_WORDS.en.notice,
      RECORDING_WORDS.en.required,
    ]);
  });
});
