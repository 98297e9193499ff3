import { directionOf } from '../media/sdp/audio.ts';
import { isAudio, parseSdp } from '../media/sdp/parseSdp.ts';

/**
 * Whether what they describe puts us on hold (RFC 3264 section 8.4): it will not hear us (`sendonly`), or neither way
 * (`inactive`). Of several media the audio counts that is in use: `ours`, our answer to theirs, says which, else they
 * do. Errors: `bad-request` for what is no SDP.
 */
export function isHold(theirs: string, ours = theirs): boolean {
  const session = parseSdp(theirs);
  const index = parseSdp(ours).media.findIndex((media) => isAudio(media) && media.port > 0);
  const media = session.media[index];
  if (media === undefined) return false;
  const direction = directionOf(session, media);
  return direction === 'sendonly' || direction === 'inactive';
}
