import type { ParticipantView, Speaker } from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { computed, readonly, ref, shallowRef } from 'vue';

/** Everybody in the room in order of arrival, and who speaks. */
export const useParticipantsStore = defineStore('participants', () => {
  const all = ref<ParticipantView[]>([]);
  const selfId = ref<string>();
  const speakers = shallowRef<readonly Speaker[]>([]);

  const self = computed(() => all.value.find((one) => one.id === selfId.value));
  /** Level by participant id, dBov; only those who speak are in it. */
  const levels = computed(() => new Map(speakers.value.map((s) => [s.participantId, s.level])));

  return {
    all: readonly(all),
    selfId: readonly(selfId),
    self,
    levels,
    entered(own: string, everybody: ParticipantView[]): void {
      selfId.value = own;
      all.value = [...everybody];
      speakers.value = [];
    },
    /** One who came, or one who changed. */
    put(participant: ParticipantView): void {
      const index = all.value.findIndex((one) => one.id === participant.id);
      if (index < 0) all.value.push(participant);
      else all.value[index] = participant;
    },
    /** What we changed of ourselves: the server tells the others only. */
    changeSelf(change: Partial<Pick<ParticipantView, 'muted' | 'handRaised'>>): void {
      if (self.value !== undefined) Object.assign(self.value, change);
    },
    left(participantId: string): void {
      all.value = all.value.filter((one) => one.id !== participantId);
      speakers.value = speakers.value.filter((one) => one.participantId !== participantId);
    },
    speaking(next: Speaker[]): void {
      speakers.value = next;
    },
    clear(): void {
      all.value = [];
      selfId.value = undefined;
      speakers.value = [];
    },
  };
});
