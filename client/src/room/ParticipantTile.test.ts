import { expect, it } from 'vitest';
import { mountApp } from '../testing/mountApp.ts';
import ParticipantTile from './ParticipantTile.vue';

const ana = {
  id: 'a',
  name: 'Ana Souza',
  kind: 'phone',
  role: 'participant',
  state: 'joined',
  muted: false,
  handRaised: false,
  held: false,
  audio: 'phone',
  quality: null,
};

function tile(participant: object, other: object = {}) {
  return mountApp(ParticipantTile, {
    props: { participant: { ...ana, ...participant }, isSelf: false, withMenu: false, ...other },
  });
}

it('is named by the participant alone', () => {
  const wrapper = tile({}, { isSelf: true });
  const named = wrapper.get('li').attributes('aria-labelledby') ?? '';
  expect(wrapper.get(`[id="${named}"]`).text()).toBe('Ana Souza');
  expect(wrapper.text()).toContain('You');
  wrapper.unmount();
});

it('says for screen readers what its icons show', () => {
  const wrapper = tile({ muted: true, handRaised: true });
  expect(wrapper.text()).toContain('by phone');
  const labels = wrapper.findAll('[role=img]').map((one) => one.attributes('aria-label'));
  expect(labels).toEqual(['muted', 'hand raised']);
  wrapper.unmount();
});

it('says that its phone has the call on hold', () => {
  const wrapper = tile({ held: true });
  expect(wrapper.get('.state').text()).toContain('call on hold');
  wrapper.unmount();
});

it('speaks with a level, and not while muted', () => {
  const speaking = tile({}, { level: -20 });
  expect(speaking.get('li').attributes('data-speaking')).toBe('true');
  expect(speaking.text()).toContain('speaking');
  speaking.unmount();
  const muted = tile({ muted: true }, { level: -20 });
  expect(muted.get('li').attributes('data-speaking')).toBe('false');
  muted.unmount();
});

it('is connecting until its audio path is up', () => {
  const wrapper = tile({ state: 'connecting' });
  expect(wrapper.text()).toContain('connecting');
  wrapper.unmount();
});
