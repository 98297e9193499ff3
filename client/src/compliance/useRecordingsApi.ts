import { computed, type ComputedRef } from 'vue';
import { useRest } from '../injection.ts';
import { useSessionStore } from '../stores/session.ts';
import { RecordingsApi } from './RecordingsApi.ts';

/** The calls of this page, as who is signed in. */
export function useRecordingsApi(): ComputedRef<RecordingsApi> {
  const rest = useRest();
  const session = useSessionStore();
  return computed(() => new RecordingsApi(rest, session.token ?? ''));
}
