import { AppError, type gatewayRequests, type GatewayResults } from '@switchroom/protocol';
import { pinFailed } from '../../audit/callEntries.ts';
import { isModeratorPin, joinable } from '../../meetings/MeetingStore.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** From a dialled number to a meeting. */
export function pinHandlers(
  session: GatewaySession,
  { dialPlan, meetings, pins, trail }: GatewayDeps,
): Pick<Handlers<typeof gatewayRequests, GatewayResults>, 'did:resolve' | 'pin:check'> {
  return {
    async 'did:resolve'({ number: dialled, trunkId }) {
      session.mustBe('sip-dialin');
      if (!dialPlan.openTrunks.some(({ id }) => id === trunkId)) {
        throw new AppError('forbidden', 'This trunk is closed.');
      }
      const { number, language, meetingId } = known(dialPlan.find(dialled, trunkId));
      if (meetingId === null) return { number, language, meetingId, entry: 'none' };
      const { entry } = joinable(await meetings.byId(meetingId));
      return { number, language, meetingId, entry };
    },

    async 'pin:check'({ pin, callId, ...by }) {
      session.mustBe('sip-dialin');
      // A number of one meeting asks for no PIN.
      const { did, trunkId } = by;
      const asked = dialPlan.find(did);
      known(asked?.meetingId === null ? asked : undefined);
      const meeting = await orNoted(
        pins.check(by, () => meetings.byPin(pin)),
        (code) => trail.append(pinFailed({ callId, did, trunkId, code })),
      );
      const { id: meetingId, title, entry } = meeting;
      return {
        meetingId,
        title,
        role: isModeratorPin(meeting, pin) ? 'host' : 'participant',
        entry,
      };
    },
  };
}

/** Errors: `did-unknown`. */
function known<T>(found: T | undefined): T {
  if (found === undefined) throw new AppError('did-unknown', 'This number is not ours.');
  return found;
}

/** What is refused is written down first; who has to wait was not. */
async function orNoted<T>(check: Promise<T>, note: (code: string) => Promise<unknown>): Promise<T> {
  try {
    return await check;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'pin-later') await note(error.code);
    throw error;
  }
}
