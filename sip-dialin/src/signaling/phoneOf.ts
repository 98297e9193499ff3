import { maskNumber } from '@switchroom/protocol';
import type { Phone } from '../gateway/MeetingRooms.ts';
import type { PhoneLegOptions } from './phoneLegOptions.ts';

/** Whose call it is, as the meeting is told. One that we called is named by the server, which knows whom it ordered. */
export function phoneOf(options: PhoneLegOptions): Pick<Phone, 'name' | 'number' | 'callId'> {
  if (!('order' in options)) return options.call.caller;
  const { number, callId } = options.order;
  return { name: maskNumber(number), number, callId };
}
