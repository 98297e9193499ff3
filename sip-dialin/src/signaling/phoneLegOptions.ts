import type { CallPlace } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MeetingRooms } from '../gateway/MeetingRooms.ts';
import type { LegMedia, LegMediaOptions, PhoneMedia } from '../media/PhoneMedia.ts';
import type { Call } from './Call.ts';
import type { InboundCall } from './InboundCall.ts';

interface LegOptions {
  /** The id of the call's media, too. */
  id: string;
  rooms: MeetingRooms;
  /** That the call is over. */
  trunkId: string;
  logger: Logger;
}

/** A call that came in: the leg answers it, and asks for a PIN where its number wants one. */
export interface DialledLeg extends LegOptions {
  call: InboundCall;
  /** What was dialled, in E.164. */
  did: string;
  media: Pick<PhoneMedia, 'createLeg'>;
  /** Of the trunk; `optional` unless told. */
  srtp?: LegMediaOptions['srtp'];
}

/** A call of ours that was answered: the leg greets, and lets in whoever presses 1. */
export interface InvitedLeg extends LegOptions {
  call: Call;
  order: CallPlace;
  /** It has taken the SDP answer. The leg is its owner from now on. */
  media: LegMedia;
}

export type PhoneLegOptions = DialledLeg | InvitedLeg;
