import type { ParticipantView, Speaker } from '@switchroom/protocol';
import { useTimeoutFn } from '@vueuse/core';
import { readonly, shallowRef, watch, type ShallowRef } from 'vue';

/** So long a name stays after its last word: a pause between two is no news, ms. */
export const NAME_STAYS_MS = 1_500;

interface Options {
  participants: () => readonly Pick<ParticipantView, 'id' | 'name' | 'muted'>[];
  selfId: () => string | undefined;
  /** dBov by participant id, of those who speak. */
  levels: () => ReadonlyMap<Speaker['participantId'], Speaker['level']>;
}

/** Who speaks, ourselves left out, the loudest of several: their tile may be scrolled away. */
export function useSpeakerName({
  participants,
  selfId,
  levels,
}: Options): Readonly<ShallowRef<string | undefined>> {
  const name = shallowRef<string>();
  const { start } = useTimeoutFn(() => (name.value = undefined), NAME_STAYS_MS, {
    immediate: false,
  });

  watch(levels, (now) => {
    const [loudest] = [...now]
      .filter(([id]) => id !== selfId())
      .sort(([, one], [, other]) => other - one);
    const speaker = participants().find(({ id, muted }) => id === loudest?.[0] && !muted);
    if (speaker === undefined) return;
    name.value = speaker.name;
    start();
  });
  return readonly(name);
}
