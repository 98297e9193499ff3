import { readonly, shallowRef, watch, type ShallowRef } from 'vue';
import { useRest } from '../injection.ts';
import { useMeetingStore } from '../stores/meeting.ts';
import { useParticipantsStore } from '../stores/participants.ts';
import { useSessionStore } from '../stores/session.ts';

/** The PIN by which a host comes by phone, for a host who is signed in; nobody else is ever told. */
export function useModeratorPin(): Readonly<ShallowRef<string | undefined>> {
  const rest = useRest();
  const meeting = useMeetingStore();
  const participants = useParticipantsStore();
  const session = useSessionStore();
  const pin = shallowRef<string>();

  watch(
    () => ({ id: meeting.details?.id, token: session.token, isHost: participants.isHost }),
    async ({ id, token, isHost }) => {
      pin.value = undefined;
      if (id === undefined || token === undefined || !isHost) return;
      // Without it the card is as it is for a guest.
      const view = await rest.meeting(id, token).catch(() => undefined);
      if (id === meeting.details?.id && participants.isHost) pin.value = view?.moderatorPin;
    },
    { immediate: true },
  );
  return readonly(pin);
}
