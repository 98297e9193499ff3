import type { TrackView } from '@switchroom/protocol';
import { computed, shallowReadonly, shallowRef, type Ref, type ShallowRef } from 'vue';
import { isUnreadable } from './isUnreadable.ts';
import type { Playback } from './Playback.ts';
import type { Sound, Span } from './RecordingsApi.ts';

type Track = Pick<TrackView, 'id' | 'startMs'>;

interface Options {
  tracks: Readonly<Ref<readonly Track[]>>;
  /** Those of them that can be heard alone. */
  readable: Readonly<Ref<readonly Track[]>>;
  playback: Readonly<Ref<Pick<Playback, 'choose'> | undefined>>;
  /** The sound of a track, or without one that of the mix. */
  audio: (trackId?: string) => Promise<Sound>;
}

/** Who of a recording is listened to: all of them by the mix, unless it cannot be read. */
export function useHeardTracks({ tracks, readable, playback, audio }: Options): {
  /** Of all that are readable. */
  everyone: Readonly<Ref<ReadonlySet<string>>>;
  heard: Readonly<ShallowRef<ReadonlySet<string>>>;
  /** What cannot be read at all: the mix, or neither it nor any track. */
  lost: Readonly<ShallowRef<'mix' | 'all' | undefined>>;
  /** Known once the mix is loaded: there is no lane to mark it on. */
  mixDamage: Readonly<ShallowRef<readonly Span[]>>;
  /** Listens to these from now on. Errors: those of `audio`. */
  choose: (next: ReadonlySet<string>) => Promise<void>;
} {
  const everyone = computed<ReadonlySet<string>>(() => new Set(readable.value.map(({ id }) => id)));
  const heard = shallowRef(everyone.value);
  const lost = shallowRef<'mix' | 'all'>();
  const mixDamage = shallowRef<readonly Span[]>([]);

  async function loadMix(): Promise<Blob> {
    const { content, damage } = await audio();
    mixDamage.value = damage;
    return content;
  }

  async function choose(next: ReadonlySet<string>): Promise<void> {
    heard.value = next;
    // All of them is what the mix is: one file instead of many, and who cannot be read alone is in it.
    const isAll = next === everyone.value || next.size === tracks.value.length;
    const isMix = isAll && lost.value === undefined;
    const chosen = readable.value.filter(({ id }) => next.has(id));
    const sources = isMix
      ? [{ id: 'mix', startMs: 0, load: loadMix }]
      : chosen.map(({ id, startMs }) => ({
          ...{ id, startMs },
          load: async () => (await audio(id)).content,
        }));
    try {
      await playback.value?.choose(sources);
    } catch (error) {
      if (!isMix || !isUnreadable(error)) throw error;
      lost.value = readable.value.length > 0 ? 'mix' : 'all';
      await choose(next);
    }
  }

  return {
    ...{ everyone, choose },
    heard: shallowReadonly(heard),
    lost: shallowReadonly(lost),
    mixDamage: shallowReadonly(mixDamage),
  };
}
