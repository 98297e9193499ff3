import { AppError } from '@switchroom/protocol';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission } from './Admission.ts';
import { LatestNews } from './LatestNews.ts';
import type { Member } from './Member.ts';
import { Members } from './Members.ts';
import { participantView } from './testing/FakeGatewaySocket.ts';

let members: Members;
let events: string[];
let joinMedia: ReturnType<typeof vi.fn<() => Promise<void>>>;
let entered: number;
let view = participantView();
/** What was asked of the server. */
let asked: string[];
let admission: Admission;

/** A phone that has just come. */
function comes(): Member {
  const media = { id: 'leg', join: joinMedia, leave: () => events.push('out of the mix') };
  return members.enter(
    {
      ...{ meetingId: 'm1', name: 'Ada', number: '+15550123', media },
      onEvent: ({ type }) => events.push(type),
    },
    [],
  );
}

beforeEach(() => {
  [members, events, asked, entered, view] = [new Members(), [], [], 0, participantView()];
  joinMedia = vi.fn(async () => {});
  admission = new Admission({
    ...{ meetingId: 'm1', members, news: new LatestNews(() => {}) },
    connection: { isOpen: () => true },
    opening: {
      ...{ latest: Promise.resolve(), isAway: () => false },
      ...{ pause: async () => {}, phonesAreBack: () => events.push('all are back') },
    },
    requests: {
      join: async () => {
        const room = { entry: 'none', locked: false, recording: false, paused: false } as const;
        return { participantId: view.id, participant: view, ...room };
      },
      tellWish: async (id, wish) => void asked.push(`${id} ${JSON.stringify(wish)}`),
      leave: (id) => void asked.push(`${id} leaves`),
    },
    doorbell: { signal: 'none', phoneEntered: () => (entered += 1) },
    drop: (member, event) => {
      members.delete(member);
      member.end(event);
    },
    logger: pino({ level: 'silent' }),
  });
});

describe('Admission', () => {
  it('makes a phone a participant, and puts it in the mix', async () => {
    const member = comes();
    await admission.join(member);
    expect(member).toMatchObject({ participantId: 'p1', place: 'media' });
    expect(events).toEqual(['all are back', 'joined']);
    expect(joinMedia).toHaveBeenCalledWith('m1', member.ssrc);
    expect(entered).toBe(1);
  });

  it('keeps one out of the mix for as long as the server has it in the lobby', async () => {
    view = participantView({ state: 'lobby' });
    await admission.join(comes());
    expect(joinMedia).not.toHaveBeenCalled();
    expect(admission.updated(participantView())).toBe(true);
    await vi.waitFor(() => expect(events.at(-1)).toBe('joined'));
    expect(admission.updated(view)).toBe(true);
    expect(events.slice(1)).toEqual(['waiting', 'joined', 'out of the mix', 'waiting']);
  });

  it('tells the server again what the caller wanted before it was away', async () => {
    const member = comes();
    member.wish({ muted: true });
    await admission.join(member);
    expect(asked).toEqual(['p1 {"muted":true}']);
    expect(member.muted).toBe(true);
  });

  it('heeds what was told of a phone before the answer to its join', async () => {
    const joining = admission.join(comes());
    expect(admission.left('p1', 'removed')).toBe(false);
    await joining;
    expect(events).toEqual(['all are back', 'removed']);
    expect(joinMedia).not.toHaveBeenCalled();
  });

  it('drops a phone whose media does not join', async () => {
    joinMedia.mockRejectedValue(new AppError('media-unavailable', 'no'));
    await admission.join(comes());
    expect(events).toEqual(['all are back', 'unreachable']);
    expect([members.size, entered]).toEqual([0, 0]);
  });

  it('takes back at the server who has gone meanwhile, unless it is closed', async () => {
    for (const isClosed of [false, true]) {
      const member = comes();
      const joining = admission.join(member);
      // The request is out.
      await Promise.resolve();
      member.end();
      if (isClosed) admission.close();
      await joining;
    }
    expect(asked).toEqual(['p1 leaves']);
  });

  it('knows nothing of those who are no phones of ours', () => {
    expect(admission.updated(participantView({ id: 'b1' }))).toBe(false);
    expect(admission.left('b1', 'left')).toBe(false);
  });
});
