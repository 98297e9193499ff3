import { describe, expect, it } from 'vitest';
import { callEnd } from './callEnd.ts';
import { FakeCall, phoneSdp } from './testing/FakeCall.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

describe('PhoneLeg: the answer', () => {
  it('rings, answers with our SDP and greets', async () => {
    await bench.answered();
    expect(bench.call.sent).toEqual(['180', '200']);
    expect(bench.call.answerSdp).toContain('m=audio');
    expect(bench.lastFiles()).toEqual([
      'en/welcome',
      'es/choose-language',
      'fr/choose-language',
      'de/choose-language',
    ]);
    expect(bench.states).toEqual(['greeting']);
  });

  it('asks where its number leads over its trunk', async () => {
    await bench.answered();
    expect(bench.rooms.resolved).toEqual([{ number: '+15550100', trunkId: 'carrier' }]);
  });

  it('goes straight into the meeting that the number leads to', async () => {
    bench.rooms.meetingId = 'm7';
    await bench.answered();
    expect(bench.rooms.phones.map(({ meetingId }) => meetingId)).toEqual(['m7']);
    expect(bench.sound().played).toEqual([]);
    bench.rooms.tellJoined();
    expect(bench.leg.state.name).toBe('joined');
    expect(bench.rooms.checked).toEqual([]);
  });

  it.each([
    ['forbidden', '403'],
    ['meeting-ended', '410'],
    ['did-unknown', '404'],
    ['unavailable', '503'],
    ['internal', '500'],
  ] as const)('refuses with the status of %s before it rings', async (code, status) => {
    bench.rooms.didError = code;
    await bench.answered();
    expect(bench.call.sent).toEqual([status]);
    expect(bench.leg.state).toMatchObject({ name: 'ended', end: { by: 'us', reason: code } });
  });

  it('refuses SDP without a codec of ours with 488', async () => {
    bench.make(new FakeCall({ offer: phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18') }));
    await bench.answered();
    expect(bench.call.sent).toEqual(['180', '488']);
    await settle();
    expect(bench.ends).toEqual([callEnd.refused(488, 'no-codec')]);
  });

  it('refuses with 503 when the media engine is full', async () => {
    bench.media.unavailable = true;
    await bench.answered();
    expect(bench.call.sent).toEqual(['180', '503']);
  });

  it('stops where it is when the caller gives up before the answer', async () => {
    const gate = Promise.withResolvers<undefined>();
    bench.rooms.didGate = gate.promise;
    const start = bench.leg.start();
    bench.call.emit({ type: 'cancelled' });
    gate.resolve(undefined);
    await start;
    expect(bench.call.sent).toEqual([]);
    expect(bench.ends).toEqual([callEnd.cancelled()]);
  });

  it('says BYE when it was closed while its 200 went out', async () => {
    const sent = Promise.withResolvers<undefined>();
    bench.call.answer = () => sent.promise;
    const start = bench.leg.start();
    await settle();
    const closed = bench.leg.close();
    sent.resolve(undefined);
    await Promise.all([start, closed]);
    expect(bench.call.sent).toContain('BYE');
  });

  it('makes the offer when the INVITE has none, and greets once the ACK has the answer', async () => {
    bench.make(new FakeCall({ offer: '' }));
    await bench.answered();
    expect(bench.call.answerSdp).toContain('m=audio');
    expect(bench.leg.state.name).toBe('ringing');
    bench.call.emit({ type: 'sdpAnswer', sdp: phoneSdp() });
    await settle();
    expect(bench.leg.state.name).toBe('greeting');
  });

  it('says BYE when the ACK has no answer to its offer', async () => {
    bench.make(new FakeCall({ offer: '' }));
    await bench.answered();
    bench.call.emit({ type: 'sdpAnswer', sdp: '' });
    await settle();
    expect(bench.call.sent).toEqual(['180', '200', 'BYE']);
    expect(bench.ends).toEqual([callEnd.mediaFailed()]);
  });

  it('says BYE when the answer to its offer has none of its codecs', async () => {
    bench.make(new FakeCall({ offer: '' }));
    await bench.answered();
    bench.call.emit({ type: 'sdpAnswer', sdp: phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18') });
    await settle();
    expect(bench.call.sent.at(-1)).toBe('BYE');
    expect(bench.ends).toEqual([callEnd.mediaFailed()]);
  });
});

describe('PhoneLeg: the language', () => {
  it('is that of the number that was dialled', async () => {
    bench.rooms.language = 'de';
    await bench.answered();
    expect(bench.lastFiles()).toEqual([
      'de/welcome',
      'en/choose-language',
      'es/choose-language',
      'fr/choose-language',
    ]);
  });

  it('is English where the number has one that nobody has spoken', async () => {
    bench.rooms.language = 'xx';
    await bench.answered();
    expect(bench.lastFiles()?.[0]).toBe('en/welcome');
  });

  it('is the one that the caller chose, to the end', async () => {
    await bench.answered();
    bench.sound().press('*2');
    expect(bench.lastFiles()).toEqual(['es/enter-pin']);
    bench.sound().press('123456#');
    await settle();
    bench.rooms.tellJoined();
    bench.rooms.tell({ type: 'meetingEnded' });
    expect(bench.lastFiles()).toEqual(['es/meeting-ended', 'es/goodbye']);
  });
});
