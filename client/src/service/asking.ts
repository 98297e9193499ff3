import { AppError, failure } from '@switchroom/protocol';
import type { useNoticeStore } from '../stores/notices.ts';
import type { Attempt } from './Attempt.ts';
import type { Ask, Request } from './MeetSocket.ts';

interface Options {
  /** The meeting this tab is in, or on the way to. */
  attempt: () => Attempt | undefined;
  notices: Pick<ReturnType<typeof useNoticeStore>, 'show'>;
}

/** Requests of whatever attempt there is: `request` rejects, `ask` tells its failure as a notice. */
export function asking({ attempt, notices }: Options): { request: Request; ask: Ask } {
  const request: Request = async (event, payload) => {
    const current = attempt();
    if (current === undefined) throw new AppError('unavailable', 'Not in a meeting.');
    return current.request(event, payload);
  };
  const ask: Ask = async (event, payload) => {
    const before = attempt();
    try {
      return await request(event, payload);
    } catch (error) {
      if (before !== undefined && before === attempt()) {
        notices.show({ about: 'error', code: failure(error).code });
      }
      return undefined;
    }
  };
  return { request, ask };
}
