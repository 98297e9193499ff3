import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { DialledDid } from '../gateway/MeetingRooms.ts';
import type { LegMedia } from '../media/PhoneMedia.ts';
import type { CallAudio } from './CallAudio.ts';
import type { InboundCall } from './InboundCall.ts';
import type { DialledLeg } from './phoneLegOptions.ts';

/** What a leg does while its call is answered. */
export interface Answering {
  isEnded(): boolean;
  /** The leg is the owner of the media from now on. */
  takeMedia(media: LegMedia, led: DialledDid): CallAudio;
}

/** Finds out where a call leads, rings and answers it. False when it ended meanwhile. Errors: what it is to be refused with. */
export async function answerCall(
  { id, call, did, trunkId, media, srtp, rooms }: DialledLeg,
  leg: Answering,
): Promise<boolean> {
  const led = await rooms.resolveDid({ number: did, trunkId });
  if (leg.isEnded()) return false;
  call.ring();
  const made = await media.createLeg(id, srtp === undefined ? {} : { srtp });
  if (leg.isEnded()) {
    await made.close();
    return false;
  }
  const sdp = await leg.takeMedia(made, led).respond(call.offer);
  if (leg.isEnded()) return false;
  await call.answer(sdp);
  return true;
}

/** Answers a call with the media of one that is up, or refuses it. Never rejects. */
export async function answerInstead(
  call: InboundCall,
  audio: CallAudio | undefined,
  isOver: () => boolean,
  logger: Logger,
): Promise<boolean> {
  try {
    const sdp = await audio?.respond(call.offer);
    if (sdp === undefined || isOver()) {
      call.refuse(481);
      return false;
    }
    await call.answer(sdp);
    return true;
  } catch (error) {
    logger.warn({ err: error }, 'call not replaced');
    call.refuse(refusalOf(error).status);
    return false;
  }
}

/** How a call is refused that could not be taken. */
export function refusalOf(error: unknown): { status: number; code: string } {
  return error instanceof AppError ? error : { status: 500, code: 'internal' };
}
