import type { CallView, CreateCall } from '@switchroom/protocol';
import { defineStore } from 'pinia';
import { computed, readonly, ref, shallowRef } from 'vue';
import { useParticipantsStore } from './participants.ts';

/** Calls that the meeting makes, until they are participants. */
export const useCallsStore = defineStore('calls', () => {
  const participants = useParticipantsStore();
  const all = ref<CallView[]>([]);
  /** What was dialled from this tab, by call id: only that can be called again. */
  const dialled = shallowRef<ReadonlyMap<string, CreateCall>>(new Map());

  function gone(callId: string): void {
    all.value = all.value.filter((one) => one.id !== callId);
  }

  return {
    /** Those that become somebody new; they have a tile. */
    all: computed(() => all.value.filter((one) => one.participantId === null)),
    /** The one that our own sound is moved to. */
    mine: computed(() =>
      all.value.find((one) => one.participantId === participants.selfId && one.state !== 'joined'),
    ),
    dialled: readonly(dialled),
    entered(calls: readonly CallView[]): void {
      all.value = calls.filter((one) => one.state !== 'joined');
    },
    /** One that was begun, or changed; whoever has joined has a tile of their own. */
    put(call: CallView): void {
      const index = all.value.findIndex((one) => one.id === call.id);
      if (call.state === 'joined') gone(call.id);
      else if (index < 0) all.value.push(call);
      else all.value[index] = call;
    },
    /** One that we began, unless its news was faster than the answer. */
    begun(call: CallView): void {
      if (!all.value.some((one) => one.id === call.id)) all.value.push(call);
    },
    gone,
    remember(callId: string, call: CreateCall): void {
      dialled.value = new Map(dialled.value).set(callId, call);
    },
    clear(): void {
      all.value = [];
      dialled.value = new Map();
    },
  };
});
