import type { Destination, DialInStep } from './conversation.ts';
import { askName } from './naming.ts';

/** On into the meeting: where its callers say their names, not before that. */
export function enter(destination: Destination): DialInStep {
  return destination.entry === 'roll-call' ? askName(destination) : join(destination);
}

/** At once: a prompt here would only keep the caller from the meeting. */
export function join(
  { meetingId, role }: Destination,
  { name, callMe = false }: { name?: Uint8Array; callMe?: boolean } = {},
): DialInStep {
  return {
    state: { name: 'joining', muted: false, handRaised: false, callMe },
    actions: [{ type: 'join', meetingId, role, ...(name && { name }) }],
  };
}
