import type { ParticipantView } from '@switchroom/protocol';
import { readonly, shallowRef, watch, type ShallowRef } from 'vue';

type Person = Pick<ParticipantView, 'id' | 'name' | 'handRaised'>;

/** Something a screen reader says; `key` is a message key. */
export interface Announcement {
  key:
    | 'joined'
    | 'left'
    | 'handRaised'
    | 'recordingStarted'
    | 'recordingStopped'
    | 'recordingPaused'
    | 'recordingResumed'
    | 'muted'
    | 'unmuted'
    | 'waiting'
    | 'locked'
    | 'unlocked';
  name: string;
}

interface Options {
  participants: () => readonly Person[];
  selfId: () => string | undefined;
  /** Those in the lobby. */
  waiting: () => readonly Person[];
  recording: () => boolean;
  paused: () => boolean;
  locked: () => boolean;
  muted: () => boolean;
}

/** What changed from `before` to `after`, our own comings and goings left out. */
export function changesOf(
  before: readonly Person[],
  after: readonly Person[],
  selfId: string | undefined,
): Announcement[] {
  const changes: Announcement[] = [];
  for (const { id, name, handRaised } of after) {
    if (id === selfId) continue;
    const earlier = before.find((one) => one.id === id);
    if (earlier === undefined) changes.push({ key: 'joined', name });
    if (handRaised && earlier?.handRaised !== true) changes.push({ key: 'handRaised', name });
  }
  for (const { id, name } of before) {
    if (!after.some((one) => one.id === id)) changes.push({ key: 'left', name });
  }
  return changes;
}

/** Who came into the lobby; those who leave it come into the room, or were turned away by a host. */
function knocksOf(before: readonly Person[], after: readonly Person[]): Announcement[] {
  return changesOf(before, after, undefined)
    .filter(({ key }) => key === 'joined')
    .map(({ name }) => ({ key: 'waiting', name }));
}

/** The latest news of the room for a live region. */
export function useAnnouncements(options: Options): Readonly<ShallowRef<readonly Announcement[]>> {
  const latest = shallowRef<readonly Announcement[]>([]);
  const { participants, waiting, selfId, recording, paused, locked, muted } = options;

  // Compared as copies, since the list is changed in place.
  watch(
    () => ({
      self: selfId(),
      people: participants().map((one) => ({ ...one })),
      waiting: [...waiting()],
    }),
    (after, before) => {
      // Another id of our own is a reconnect: everybody else has a new id too, and nobody came.
      if (after.self === undefined || after.self !== before.self) return;
      const changes = [
        ...changesOf(before.people, after.people, after.self),
        ...knocksOf(before.waiting, after.waiting),
      ];
      if (changes.length > 0) latest.value = changes;
    },
  );
  watch(recording, (on) => {
    latest.value = [{ key: on ? 'recordingStarted' : 'recordingStopped', name: '' }];
  });
  watch(paused, (on) => {
    // At its end, the end of the recording is the news.
    if (!recording()) return;
    latest.value = [{ key: on ? 'recordingPaused' : 'recordingResumed', name: '' }];
  });
  watch(locked, (on) => {
    latest.value = [{ key: on ? 'locked' : 'unlocked', name: '' }];
  });
  watch(muted, (off) => {
    latest.value = [{ key: off ? 'muted' : 'unmuted', name: '' }];
  });
  return readonly(latest);
}
