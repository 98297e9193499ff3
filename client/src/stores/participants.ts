import type { ParticipantView, Speaker } from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { computed, readonly, ref, shallowRef } from 'vue';

/** Everybody in the room and, for a host, in the lobby, in order of arrival; and who speaks. */
export const useParticipantsStore = defineStore('participants', () => {
  const known = ref<ParticipantView[]>([]);
  const selfId = ref<string>();
  const speakers = shallowRef<readonly Speaker[]>([]);

  const all = computed(() => known.value.filter((one) => one.state !== 'lobby'));
  const waiting = computed(() =>
    known.value.filter((one) => one.state === 'lobby' && one.id !== selfId.value),
  );
  const self = computed(() => known.value.find((one) => one.id === selfId.value));
  /** Level by participant id, dBov; only those who speak are in it. */
  const levels = computed(() => new Map(speakers.value.map((s) => [s.participantId, s.level])));

  return {
    /** Those in the room. */
    all: readonly(all),
    /** Those in the lobby, whom only hosts see. */
    waiting: readonly(waiting),
    selfId: readonly(selfId),
    self,
    isHost: computed(() => self.value?.role === 'host'),
    /** Whether our own sound is on a phone. */
    onPhone: computed(() => self.value?.audio === 'phone'),
    levels,
    entered(own: string, everybody: ParticipantView[]): void {
      selfId.value = own;
      known.value = [...everybody];
      speakers.value = [];
    },
    /** One who came, or one who changed. */
    put(participant: ParticipantView): void {
      const index = known.value.findIndex((one) => one.id === participant.id);
      if (index < 0) known.value.push(participant);
      else known.value[index] = participant;
    },
    /** What we changed of ourselves: the server tells the others only. */
    changeSelf(change: Partial<Pick<ParticipantView, 'muted' | 'handRaised' | 'name'>>): void {
      if (self.value !== undefined) Object.assign(self.value, change);
    },
    left(participantId: string): void {
      known.value = known.value.filter((one) => one.id !== participantId);
      speakers.value = speakers.value.filter((one) => one.participantId !== participantId);
    },
    speaking(next: Speaker[]): void {
      speakers.value = next;
    },
    clear(): void {
      known.value = [];
      selfId.value = undefined;
      speakers.value = [];
    },
  };
});
