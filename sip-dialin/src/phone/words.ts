import type { CallRefused } from '../signaling/SipCaller.ts';

/** SIP failures as somebody says them who knows no SIP (RFC 3261 section 21). */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'the far end could not read the call',
  401: 'the far end asks for a password',
  403: 'the far end does not take calls from here',
  404: 'there is no such number',
  405: 'the far end takes no calls',
  407: 'the way there asks for a password',
  408: 'nobody answered there',
  410: 'the number is no longer in use',
  415: 'the far end does not speak SDP',
  480: 'nobody is there at the moment',
  481: 'the far end does not know the call',
  484: 'the number is not complete',
  486: 'the line is busy',
  487: 'the call was given up',
  488: 'the far end has no audio codec of ours',
  500: 'the far end failed',
  502: 'the way to the far end failed',
  503: 'the far end takes no calls at the moment',
  504: 'the way to the far end took too long',
  600: 'the line is busy everywhere',
  603: 'the call was declined',
  604: 'there is no such number anywhere',
};

/** Why a call came to nothing: `there is no such number (404 Not Found)`. */
export function refusalInWords(refused: CallRefused): string {
  const kind = refused.status >= 600 ? 600 : Math.floor(refused.status / 100) * 100;
  const meaning = MEANINGS[refused.status] ?? MEANINGS[kind] ?? 'the call was not taken';
  return `${meaning} (${refused.message})`;
}
