import { effectScope, nextTick, ref } from 'vue';
import { describe, expect, it } from 'vitest';
import { changesOf, useAnnouncements } from './useAnnouncements.ts';

const one = (id: string, handRaised = false) => ({ id, name: id.toUpperCase(), handRaised });

describe('changesOf()', () => {
  it('names who came, who left and who raised a hand', () => {
    expect(changesOf([one('a'), one('b')], [one('a', true), one('c')], 'me')).toEqual([
      { key: 'handRaised', name: 'A' },
      { key: 'joined', name: 'C' },
      { key: 'left', name: 'B' },
    ]);
  });

  it('says nothing of ourselves', () => {
    expect(changesOf([], [one('me', true)], 'me')).toEqual([]);
  });
});

describe('useAnnouncements()', () => {
  it('tells arrivals, and nothing after a reconnect that renamed everybody', async () => {
    const participants = ref([one('me'), one('a')]);
    const self = ref('me');
    const recording = ref(false);
    const paused = ref(false);
    const waiting = ref<ReturnType<typeof one>[]>([]);
    const locked = ref(false);
    const scope = effectScope();
    const news = scope.run(() =>
      useAnnouncements({
        participants: () => participants.value,
        selfId: () => self.value,
        waiting: () => waiting.value,
        recording: () => recording.value,
        paused: () => paused.value,
        locked: () => locked.value,
        muted: () => false,
      }),
    )!;
    participants.value.push(one('b'));
    await nextTick();
    expect(news.value).toEqual([{ key: 'joined', name: 'B' }]);
    participants.value = [one('me2'), one('a2')];
    self.value = 'me2';
    await nextTick();
    expect(news.value).toEqual([{ key: 'joined', name: 'B' }]);
    recording.value = true;
    await nextTick();
    expect(news.value).toEqual([{ key: 'recordingStarted', name: '' }]);
    paused.value = true;
    await nextTick();
    expect(news.value).toEqual([{ key: 'recordingPaused', name: '' }]);
    paused.value = false;
    await nextTick();
    expect(news.value).toEqual([{ key: 'recordingResumed', name: '' }]);
    waiting.value = [one('w')];
    await nextTick();
    expect(news.value).toEqual([{ key: 'waiting', name: 'W' }]);
    waiting.value = [];
    participants.value.push(one('w'));
    await nextTick();
    expect(news.value).toEqual([{ key: 'joined', name: 'W' }]);
    locked.value = true;
    await nextTick();
    expect(news.value).toEqual([{ key: 'locked', name: '' }]);
    scope.stop();
  });
});
