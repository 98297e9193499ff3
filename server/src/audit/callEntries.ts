import {
  maskNumber,
  type CallEventNews,
  type CallView,
  type NumberPrivacy,
} from '@switchroom/protocol';
import type { CallOrder } from '../calls/Call.ts';
import { phoneName } from '../meetings/phoneName.ts';
import { SYSTEM, type AuditDraft } from './AuditTrail.ts';
import { given } from './given.ts';

/** What a gateway told of a call. Its number is as `privacy` of the meeting has it; masked without a meeting. */
export function callEntry(event: CallEventNews, privacy: NumberPrivacy | undefined): AuditDraft {
  const { callId, type, source, number, at, ...details } = event;
  return {
    ...SYSTEM,
    address: source ?? null,
    action: `call.${type}`,
    ...(type === 'refused' && { outcome: 'refused' as const }),
    subject: { type: 'call', id: callId ?? null },
    details: given({ ...details, number: shown(number ?? '', privacy), gatewayTime: at }),
  };
}

/** Neither the PIN nor the number: whether a meeting lets that be seen is not known yet. */
export function pinFailed(failed: {
  callId: string | undefined;
  did: string;
  trunkId: string | undefined;
  code: string;
}): AuditDraft {
  const { callId, ...details } = failed;
  return {
    ...{ ...SYSTEM, action: 'call.pin-failed', outcome: 'refused' },
    subject: { type: 'call', id: callId ?? null },
    details: given(details),
  };
}

/** While the server was away for longer than a gateway remembers. */
export function eventsLost(count: number): AuditDraft {
  return {
    ...{ ...SYSTEM, action: 'call.events-lost', outcome: 'failed' },
    ...{ subject: { type: 'call', id: null }, details: { count } },
  };
}

/** A call to the outside, by whom it was asked for. Its number is in its name as the meeting lets it be seen. */
export function orderedCall({ id, meetingId, name, callMe, askedBy }: CallOrder): AuditDraft {
  const isUser = 'userId' in askedBy;
  const actor: AuditDraft['actor'] = {
    kind: isUser ? 'user' : 'participant',
    id: isUser ? askedBy.userId : askedBy.participantId,
    ...{ name: null, roles: [] },
  };
  return {
    ...{ actor, address: null, action: 'call.ordered', subject: { type: 'call', id } },
    details: { meetingId, name, callMe: callMe !== null },
  };
}

/** Of a call to the outside that came to nothing; all else is told by the gateway. */
export function failedCall(meetingId: string, { id, state, reason }: CallView) {
  if (state !== 'failed') return undefined;
  return {
    ...{ ...SYSTEM, action: 'call.failed', outcome: 'failed' as const },
    ...{
      subject: { type: 'call', id },
      details: given({ meetingId, reason: reason ?? undefined }),
    },
  };
}

function shown(number: string, privacy: NumberPrivacy | undefined): string | undefined {
  if (number === '') return undefined;
  if (privacy === undefined) return maskNumber(number);
  return privacy === 'none' ? undefined : phoneName({ name: number, number }, privacy);
}
