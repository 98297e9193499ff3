import { describe, expect, it, vi } from 'vitest';
import { GOODBYE_LIMIT_MS } from '../ivr/farewell.ts';
import { callEnd } from './callEnd.ts';
import { MEDIA_LOST_LIMIT_MS } from './MediaWatch.ts';
import { FakeCall, phoneSdp } from './testing/FakeCall.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

describe('PhoneLeg: keys in the meeting', () => {
  it('*6 mutes at once, tells the server and the caller', async () => {
    await bench.joined();
    bench.sound().press('*6');
    expect(bench.sound().muted).toBe(true);
    expect(bench.rooms.wishes).toEqual([{ muted: true }]);
    expect(bench.lastPlayed()).toEqual(['muted']);
    bench.sound().finishPrompt();
    await settle();
    bench.sound().press('*6');
    expect(bench.sound().muted).toBe(false);
    expect(bench.rooms.wishes).toEqual([{ muted: true }, { muted: false }]);
    expect(bench.lastPlayed()).toEqual(['unmuted']);
    expect(bench.leg.state.name).toBe('joined');
  });

  it('does not unmute a call that is on hold', async () => {
    bench.make(new FakeCall({ offer: phoneSdp('sendonly') }));
    await bench.joined();
    bench.sound().press('*6*6');
    expect(bench.rooms.wishes).toEqual([{ held: true }, { muted: true }, { muted: false }]);
    expect(bench.sound().muted).toBe(true);
  });

  it('who has to agree to be recorded is not heard before, whatever they key, and is from then on', async () => {
    await bench.joined();
    bench.rooms.tell({ type: 'consent', consent: 'awaited' });
    expect(bench.sound().muted).toBe(true);
    expect(bench.lastPlayed()).toEqual(['consent-ask']);
    bench.sound().press('*6*6');
    expect(bench.sound().muted).toBe(true);
    bench.sound().finishPrompt();
    await settle();
    bench.sound().press('1');
    expect(bench.sound().muted).toBe(true);
    const words =
      'This meeting is recorded. To agree, press one. Until then nobody hears you. If you do not agree, please hang up.';
    const asked = { policy: 'required', language: 'en', words };
    expect(bench.rooms.told).toEqual([
      { how: 'heard', ...asked },
      { how: 'key', ...asked },
    ]);
    bench.rooms.tell({ type: 'consent', consent: 'given' });
    expect(bench.sound().muted).toBe(false);
    expect(bench.lastPlayed()).toEqual(['consent-given']);
  });

  it('*9 raises the hand, and the caller hears when it is lowered', async () => {
    await bench.joined();
    bench.sound().press('*9');
    expect(bench.rooms.wishes).toEqual([{ handRaised: true }]);
    expect(bench.lastPlayed()).toEqual(['hand-raised']);
    bench.sound().finishPrompt();
    await settle();
    bench.rooms.tell({ type: 'handRaised', handRaised: false });
    expect(bench.lastPlayed()).toEqual(['hand-lowered']);
  });

  it('*3 says how many are in', async () => {
    await bench.joined();
    bench.sound().press('*3');
    await settle();
    expect(bench.lastPlayed()).toEqual(['alone']);
  });

  it('*3 says that it cannot when the server is away', async () => {
    bench.rooms.countError = 'unavailable';
    await bench.joined();
    bench.sound().press('*3');
    await settle();
    expect(bench.lastPlayed()).toEqual(['not-possible']);
  });

  it('*0 says the keys, and a key cuts that', async () => {
    await bench.joined();
    bench.sound().press('*0');
    expect(bench.lastPlayed()).toEqual(['help']);
    bench.sound().press('#');
    expect(bench.sound().playing).toBe(false);
  });

  it('tells a caller who is muted by somebody else how to unmute', async () => {
    await bench.joined();
    bench.rooms.tell({ type: 'muted', muted: true });
    expect(bench.lastPlayed()).toEqual(['muted-by-host']);
    bench.sound().press('*6');
    expect(bench.sound().muted).toBe(false);
    expect(bench.rooms.wishes).toEqual([{ muted: false }]);
  });
});

describe('PhoneLeg: in the meeting', () => {
  it.each([
    ['meetingEnded', 'meeting-ended'],
    ['removed', 'removed'],
    ['unreachable', 'unreachable'],
  ] as const)('leaves, says goodbye and BYE on %s', async (type, prompt) => {
    await bench.joined();
    await bench.media.createRoom('m1');
    await bench.sound().join('m1', 1);
    bench.rooms.tell({ type });
    expect(bench.rooms.left).toHaveLength(1);
    expect(bench.lastPlayed()).toEqual([prompt, 'goodbye']);
    // Neither hears nor is heard there any more, also between two prompts.
    expect(bench.sound().joined).toBeUndefined();
    bench.sound().finishPrompt();
    await settle();
    expect(bench.call.sent.at(-1)).toBe('BYE');
  });

  it('says BYE though the goodbye never ends', async () => {
    await bench.joined();
    bench.rooms.tell({ type: 'removed' });
    await vi.advanceTimersByTimeAsync(GOODBYE_LIMIT_MS);
    expect(bench.call.sent.at(-1)).toBe('BYE');
  });

  it('leaves its room when the caller hangs up, also while joining', async () => {
    await bench.answered();
    bench.sound().press('123456#');
    await settle();
    bench.call.emit({ type: 'ended', lost: false });
    await settle();
    expect(bench.rooms.left).toHaveLength(1);
    expect(bench.call.sent.filter((each) => each === '180' || each === '200')).toEqual([
      '180',
      '200',
    ]);
    expect(bench.ends).toEqual([callEnd.hungUp()]);
  });

  it('is muted while the server says so, and while it is on hold', async () => {
    await bench.joined();
    const accept = vi.fn();
    const reoffer = (offer: string) =>
      bench.call.emit({ type: 'reoffer', offer, accept, refuse: vi.fn() });
    reoffer(phoneSdp('sendonly'));
    await settle();
    expect(bench.sound().muted).toBe(true);
    reoffer(phoneSdp('inactive'));
    await settle();
    reoffer(phoneSdp('sendrecv'));
    await settle();
    expect(bench.sound().muted).toBe(false);
    expect(accept).toHaveBeenCalledTimes(3);
    expect(bench.rooms.wishes).toEqual([{ held: true }, { held: false }]);
    bench.rooms.tell({ type: 'muted', muted: true });
    expect(bench.sound().muted).toBe(true);
    bench.rooms.tell({ type: 'muted', muted: false });
    expect(bench.sound().muted).toBe(false);
  });

  it('says what was to be said on hold once the caller is back, also from before it was let in', async () => {
    await bench.answered();
    bench.sound().press('123456#');
    await settle();
    const reoffer = (direction: string) =>
      bench.call.emit({
        ...{ type: 'reoffer', offer: phoneSdp(direction), accept: vi.fn(), refuse: vi.fn() },
      });
    reoffer('inactive');
    await settle();
    bench.rooms.tellJoined({ recording: true });
    expect(bench.sound().playing).toBe(false);
    await settle();
    expect(bench.rooms.told).toEqual([]);
    reoffer('sendrecv');
    await settle();
    expect(bench.sound().playing).toBe(true);
    expect(bench.lastPlayed()).toEqual(['recording-on']);
    bench.sound().finishPrompt();
    await settle();
    expect(bench.rooms.told).toMatchObject([{ how: 'heard', policy: 'notice' }]);
  });

  it('refuses a re-INVITE without our codecs with 488, and the call goes on', async () => {
    await bench.joined();
    const refuse = vi.fn();
    const offer = phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18');
    bench.call.emit({ type: 'reoffer', offer, accept: vi.fn(), refuse });
    await settle();
    expect(refuse).toHaveBeenCalledExactlyOnceWith(488);
    expect(bench.leg.state.name).toBe('joined');
  });

  it('offers in a re-INVITE without SDP', async () => {
    await bench.joined();
    const accept = vi.fn<(sdp: string) => void>();
    bench.call.emit({ type: 'reoffer', offer: '', accept, refuse: vi.fn() });
    await settle();
    expect(accept.mock.calls[0]?.[0]).toContain('m=audio');
    bench.call.emit({ type: 'sdpAnswer', sdp: phoneSdp() });
    await settle();
    expect(bench.leg.state.name).toBe('joined');
  });

  it('takes no offer while its own waits for an answer (RFC 3311 section 5.2)', async () => {
    await bench.joined();
    bench.call.emit({ type: 'reoffer', offer: '', accept: vi.fn(), refuse: vi.fn() });
    await settle();
    const [accept, refuse] = [vi.fn(), vi.fn()];
    bench.call.emit({ type: 'reoffer', offer: phoneSdp(), accept, refuse });
    await settle();
    expect(refuse).toHaveBeenCalledExactlyOnceWith(491);
    expect(accept).not.toHaveBeenCalled();
    bench.call.emit({ type: 'sdpAnswer', sdp: phoneSdp() });
    await settle();
    bench.call.emit({ type: 'reoffer', offer: phoneSdp(), accept, refuse });
    await settle();
    expect(accept).toHaveBeenCalledOnce();
  });

  it('is on hold by its answer to such an offer as well, and stays so until it answers otherwise', async () => {
    await bench.joined();
    const answering = async (direction: string): Promise<void> => {
      bench.call.emit({ type: 'reoffer', offer: '', accept: vi.fn(), refuse: vi.fn() });
      await settle();
      bench.call.emit({ type: 'sdpAnswer', sdp: phoneSdp(direction) });
      await settle();
    };
    await answering('sendonly');
    expect(bench.sound().muted).toBe(true);
    await answering('sendonly');
    expect(bench.rooms.wishes).toEqual([{ held: true }]);
    await answering('sendrecv');
    expect(bench.sound().muted).toBe(false);
    expect(bench.rooms.wishes).toEqual([{ held: true }, { held: false }]);
  });
});

describe('PhoneLeg: media', () => {
  it('ends a call that sends nothing for thirty seconds', async () => {
    await bench.joined();
    bench.sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS - 10_001);
    expect(bench.leg.state.name).toBe('joined');
    await vi.advanceTimersByTimeAsync(1);
    expect(bench.call.sent.at(-1)).toBe('BYE');
    expect(bench.ends).toEqual([callEnd.mediaLost()]);
  });

  it('goes on when media comes back in time', async () => {
    await bench.joined();
    bench.sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    bench.sound().emit({ type: 'mediaUp' });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS);
    expect(bench.leg.state.name).toBe('joined');
  });

  it('ends a call at once whose media the engine has lost for good', async () => {
    await bench.joined();
    bench.sound().emit({ type: 'mediaLost', silentMs: Infinity });
    await settle();
    expect(bench.call.sent.at(-1)).toBe('BYE');
    expect(bench.ends).toEqual([callEnd.mediaFailed()]);
  });

  it('lets a call on hold be silent', async () => {
    await bench.joined();
    bench.sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    const hold = { offer: phoneSdp('inactive'), accept: vi.fn(), refuse: vi.fn() };
    bench.call.emit({ type: 'reoffer', ...hold });
    await settle();
    bench.sound().emit({ type: 'mediaLost', silentMs: 60_000 });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS);
    expect(bench.leg.state.name).toBe('joined');
  });
});
