import { describe, expect, expectTypeOf, it } from 'vitest';
import { gatewayRequests, type GatewayClientToServer, type GatewayResults } from './gateway.ts';
import { meetRequests, type MeetClientToServer, type MeetPayload } from './meet.ts';
import { createMeetingSchema, listRecordingsQuerySchema } from './meeting.ts';
import type { Ack } from './errors.ts';

const capabilities = { codecs: [{ mimeType: 'audio/opus', kind: 'audio' }] };

describe('meet requests', () => {
  it('room:join trims the name and refuses an empty one', () => {
    const join = { joinToken: 't', name: '  Ada ', rtpCapabilities: capabilities };
    expect(meetRequests['room:join'].parse(join).name).toBe('Ada');
    expect(meetRequests['room:join'].safeParse({ ...join, name: '   ' }).success).toBe(false);
    expect(meetRequests['room:join'].safeParse({ ...join, name: 'x'.repeat(61) }).success).toBe(
      false,
    );
  });

  it('producer:create takes audio only', () => {
    const request = {
      transportId: 't',
      kind: 'video',
      muted: false,
      rtpParameters: { codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000 }] },
    };
    expect(meetRequests['producer:create'].safeParse(request).success).toBe(false);
    expect(meetRequests['producer:create'].safeParse({ ...request, kind: 'audio' }).success).toBe(
      true,
    );
  });

  it('keeps the rest of mediasoup capabilities', () => {
    const rich = { codecs: [{ mimeType: 'audio/opus', kind: 'audio', clockRate: 48000 }] };
    const parsed = meetRequests['room:join'].parse({
      joinToken: 't',
      name: 'Ada',
      rtpCapabilities: rich,
    });
    expect(parsed.rtpCapabilities).toEqual(rich);
  });
});

describe('gateway requests', () => {
  it.each(['', '12a4', '1'.repeat(17), '12 4'])('pin:check refuses the PIN %j', (pin) => {
    const request = { did: '+15550100', pin, caller: 'x' };
    expect(gatewayRequests['pin:check'].safeParse(request).success).toBe(false);
  });

  it.each([0, 2 ** 32, 1.5])('phone:join refuses the SSRC %d', (ssrc) => {
    const request = { meetingId: 'm', name: 'Ada', number: '', ssrc };
    expect(gatewayRequests['phone:join'].safeParse(request).success).toBe(false);
  });

  it('transport:connect refuses what is not an address', () => {
    const request = { transportId: 't', ip: 'example.org', port: 4000 };
    expect(gatewayRequests['transport:connect'].safeParse(request).success).toBe(false);
  });
});

describe('REST bodies', () => {
  it('a meeting needs nothing', () => {
    expect(createMeetingSchema.parse({})).toEqual({});
  });

  it('a recording policy is one of three', () => {
    expect(createMeetingSchema.safeParse({ recording: 'sometimes' }).success).toBe(false);
  });

  it('number privacy is one of three', () => {
    expect(createMeetingSchema.parse({ numberPrivacy: 'none' })).toEqual({ numberPrivacy: 'none' });
    expect(createMeetingSchema.safeParse({ numberPrivacy: 'half' }).success).toBe(false);
  });

  it('recordings can be asked for by time or by day, and an empty filter is none', () => {
    const { from, to } = listRecordingsQuerySchema.parse({ from: '2026-01-31', to: '2026-01-31' });
    expect([from, to]).toEqual(['2026-01-31T00:00:00.000Z', '2026-01-31T23:59:59.999Z']);
    const time = '2026-01-31T09:30:00+01:00';
    expect(listRecordingsQuerySchema.parse({ from: time }).from).toBe(time);
    const none = { meetingId: '', from: '', to: '', cursor: '' };
    const parsed = listRecordingsQuerySchema.parse({ ...none, q: '' });
    expect(parsed).toMatchObject({ meetingId: undefined, from: undefined, to: undefined });
    for (const wrong of ['yesterday', '2026-02-30', '2026-01-31T09:30']) {
      expect(listRecordingsQuerySchema.safeParse({ from: wrong }).success).toBe(false);
    }
  });

  it.each(['q', 'title', 'participant', 'number', 'meetingId', 'cursor'])(
    'recordings are looked for by a %s without control characters',
    (name) => {
      expect(listRecordingsQuerySchema.parse({ [name]: ' Ann\t' })).toMatchObject({
        [name]: 'Ann',
      });
      for (const text of ['\u0000abc', 'a\u0007b', 'a\nb', 'a\u0085b', '\u007f']) {
        expect(listRecordingsQuerySchema.safeParse({ [name]: text }).success).toBe(false);
      }
    },
  );

  it('a page of recordings is bounded', () => {
    expect(listRecordingsQuerySchema.parse({}).limit).toBe(50);
    expect(listRecordingsQuerySchema.safeParse({ limit: '201' }).success).toBe(false);
  });
});

it('every request is typed with its payload and what it is acknowledged with', () => {
  expectTypeOf<MeetClientToServer['room:join']>()
    .parameter(0)
    .toEqualTypeOf<MeetPayload<'room:join'>>();
  expectTypeOf<GatewayClientToServer['phone:join']>()
    .parameter(1)
    .toEqualTypeOf<Ack<GatewayResults['phone:join']>>();
});
