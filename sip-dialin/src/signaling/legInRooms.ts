import { AppError, maskNumber } from '@switchroom/protocol';
import type { Membership, Phone, PinResult } from '../gateway/MeetingRooms.ts';
import type { DialInAction } from '../ivr/conversation.ts';
import type { PhoneLegOptions } from './phoneLegOptions.ts';

/** Asks for the meeting behind a PIN. Errors: as of `MeetingRooms.checkPin`. */
export async function checkPinOf(options: PhoneLegOptions, pin: string): Promise<PinResult> {
  if ('order' in options) throw new AppError('forbidden', 'It was invited.');
  const { id: callId, call, did, trunkId, rooms } = options;
  const { key } = call.caller;
  const by = key === '' ? { caller: call.source, anonymous: true } : { caller: key };
  return rooms.checkPin({ callId, did, trunkId, pin, ...by });
}

/** Brings a leg into a meeting, with the name that its caller has said. */
export function enterRoom(
  options: PhoneLegOptions,
  { meetingId, role, name }: Extract<DialInAction, { type: 'join' }>,
  phone: Pick<Phone, 'media' | 'onEvent'>,
): Membership {
  const said = name && { recordedName: name };
  return options.rooms.enter({ ...whoCalls(options), meetingId, role, ...said, ...phone });
}

/** As the meeting is told. One that we called is named by the server, which knows whom it ordered. */
function whoCalls(options: PhoneLegOptions): Pick<Phone, 'name' | 'number' | 'callId'> {
  if (!('order' in options)) {
    const { name, number } = options.call.caller;
    return { name, number };
  }
  const { number, callId } = options.order;
  return { name: maskNumber(number), number, callId };
}
