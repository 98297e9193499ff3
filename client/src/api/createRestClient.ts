import type { Pinia } from 'pinia';
import { useSessionStore } from '../stores/session.ts';
import { RestClient, type Fetch } from './RestClient.ts';

/** The client of the app: whichever call is told that its session is over, it is over for all that is on the screen. */
export function createRestClient(pinia: Pinia, fetch?: Fetch): RestClient {
  return new RestClient({
    ...(fetch && { fetch }),
    sessionEnded: (token) => useSessionStore(pinia).ended(token),
  });
}
