import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Member } from './Member.ts';
import { RoomRequests } from './RoomRequests.ts';
import { participantView } from './testing/FakeGatewaySocket.ts';

it('wish() stands against news of before it, until the server has answered', async () => {
  const events: object[] = [];
  const media = { id: 'leg', join: async () => {}, leave: () => {} };
  const whose = { meetingId: 'm1', name: 'Ada', number: '+15550123', media };
  const member = new Member({ ...whose, onEvent: (event) => events.push(event) }, 1);
  member.takenIn(participantView());
  const answer = Promise.withResolvers<never>();
  const socket = { request: async () => answer.promise };
  const requests = new RoomRequests('m1', socket, pino({ level: 'silent' }));

  requests.wish(member, { muted: true });
  requests.wish(member, { handRaised: true });
  // Renamed, say, before the server knew of either.
  member.update(participantView({ name: 'Ada L.', muted: false, handRaised: false }));
  expect([events, member.muted, member.handRaised]).toEqual([[], true, true]);

  answer.reject(new Error('the server is away'));
  await expect(answer.promise).rejects.toThrow();
  await Promise.resolve();
  member.update(participantView({ muted: false, handRaised: true }));
  expect(events).toEqual([{ type: 'muted', muted: false }]);
});
