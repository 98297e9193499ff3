import type { Logger } from 'pino';
import type { Call } from './Call.ts';
import type { CallAudio } from './CallAudio.ts';
import type { CallEnd } from './callEnd.ts';
import type { InboundCall } from './InboundCall.ts';

export interface Ending {
  end: CallEnd;
  /** To be told by a BYE; before the answer by a refusal. Both are silent where the caller was faster. */
  call: { answered: Call } | { unanswered: InboundCall };
  audio: CallAudio | undefined;
  logger: Logger;
}

/** Lets go of a call and of its media. Never rejects. */
export async function releaseCall({ end, call, audio, logger }: Ending): Promise<void> {
  // At the same time: a BYE that nobody answers takes 32 s to give up.
  const done = await Promise.allSettled([tellCaller(call, end), audio?.close()]);
  for (const result of done) {
    if (result.status === 'fulfilled') continue;
    logger.error({ err: result.reason as unknown }, 'call not released');
  }
}

async function tellCaller(call: Ending['call'], end: CallEnd): Promise<void> {
  if ('answered' in call) await call.answered.bye();
  else if (end.by === 'us') call.unanswered.refuse(end.code === 200 ? 503 : end.code);
}
