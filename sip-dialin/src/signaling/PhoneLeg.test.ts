import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GOODBYE_LIMIT_MS, NO_INPUT_MS } from '../ivr/dialIn.ts';
import { FakePhoneMedia } from '../media/fake/FakePhoneMedia.ts';
import type { FakeLeg } from '../media/fake/FakeLeg.ts';
import { callEnd } from './callEnd.ts';
import { PhoneLeg, MEDIA_LOST_LIMIT_MS } from './PhoneLeg.ts';
import { FakeCall, phoneSdp } from './testing/FakeCall.ts';
import { FakeRooms } from './testing/FakeRooms.ts';

let rooms: FakeRooms;
let media: FakePhoneMedia;
let call: FakeCall;
let leg: PhoneLeg;
let states: string[];
let ends: unknown[];

function make(newCall = new FakeCall(), logger = pino({ level: 'silent' })): void {
  call = newCall;
  states = [];
  ends = [];
  leg = new PhoneLeg({
    id: 'leg1',
    call,
    did: '+15550100',
    trunkId: 'carrier',
    media,
    rooms,
    logger,
  });
  leg.on('statechange', (_old, next) => states.push(next.name));
  leg.on('ended', (end) => ends.push(end));
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const sound = (): FakeLeg => media.leg('leg1');
/** The prompts that were played last, with their language. */
const lastFiles = () =>
  sound()
    .played.at(-1)
    ?.map((file) => file.split('/').slice(-2).join('/').replace('.wav', ''));
/** Their ids. */
const lastPlayed = () => lastFiles()?.map((file) => file.split('/')[1]);

async function answered(): Promise<void> {
  await leg.start();
}

async function joined(): Promise<void> {
  await answered();
  sound().press('123456#');
  await settle();
  rooms.tell({ type: 'joined' });
  expect(leg.state.name).toBe('joined');
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  rooms = new FakeRooms();
  media = new FakePhoneMedia({ promptsEnd: false });
  make();
});

afterEach(async () => {
  await leg.close();
  // Nothing is left of a leg, however it ended.
  expect(vi.getTimerCount()).toBe(0);
  expect(media.legs.size).toBe(0);
  expect(ends).toHaveLength(1);
  vi.useRealTimers();
});

it('logs no number, no key and no PIN, whatever the level', async () => {
  const lines: string[] = [];
  call = new FakeCall();
  const logger = pino(
    { level: 'trace', base: null, timestamp: false },
    { write: (line) => lines.push(line) },
  );
  leg = new PhoneLeg({
    id: 'leg1',
    call,
    did: '+15550100',
    trunkId: 'carrier',
    media,
    rooms,
    logger,
  });
  leg.on('ended', (end) => ends.push(end));
  await answered();
  sound().press('987654#');
  await settle();
  sound().press('123456#');
  await settle();
  await leg.close();
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join('')).not.toMatch(/5550100|5550123|987|123456/);
});

describe('PhoneLeg: the answer', () => {
  it('rings, answers with our SDP and greets', async () => {
    await answered();
    expect(call.sent).toEqual(['180', '200']);
    expect(call.answerSdp).toContain('m=audio');
    expect(lastFiles()).toEqual([
      'en/welcome',
      'es/choose-language',
      'fr/choose-language',
      'de/choose-language',
    ]);
    expect(states).toEqual(['greeting']);
  });

  it('asks where its number leads over its trunk', async () => {
    await answered();
    expect(rooms.resolved).toEqual([{ number: '+15550100', trunkId: 'carrier' }]);
  });

  it('goes straight into the meeting that the number leads to', async () => {
    rooms.meetingId = 'm7';
    await answered();
    expect(rooms.phones.map(({ meetingId }) => meetingId)).toEqual(['m7']);
    expect(sound().played).toEqual([]);
    rooms.tell({ type: 'joined' });
    expect(leg.state.name).toBe('joined');
    expect(rooms.checked).toEqual([]);
  });

  it.each([
    ['forbidden', '403'],
    ['meeting-ended', '410'],
    ['did-unknown', '404'],
    ['unavailable', '503'],
    ['internal', '500'],
  ] as const)('refuses with the status of %s before it rings', async (code, status) => {
    rooms.didError = code;
    await answered();
    expect(call.sent).toEqual([status]);
    expect(leg.state).toMatchObject({ name: 'ended', end: { by: 'us', reason: code } });
  });

  it('refuses SDP without a codec of ours with 488', async () => {
    make(new FakeCall({ offer: phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18') }));
    await answered();
    expect(call.sent).toEqual(['180', '488']);
    await settle();
    expect(ends).toEqual([callEnd.refused(488, 'no-codec')]);
  });

  it('refuses with 503 when the media engine is full', async () => {
    media.unavailable = true;
    await answered();
    expect(call.sent).toEqual(['180', '503']);
  });

  it('stops where it is when the caller gives up before the answer', async () => {
    const gate = Promise.withResolvers<undefined>();
    rooms.didGate = gate.promise;
    const start = leg.start();
    call.emit({ type: 'cancelled' });
    gate.resolve(undefined);
    await start;
    expect(call.sent).toEqual([]);
    expect(ends).toEqual([callEnd.cancelled()]);
  });

  it('says BYE when it was closed while its 200 went out', async () => {
    const sent = Promise.withResolvers<undefined>();
    call.answer = () => sent.promise;
    const start = leg.start();
    await settle();
    const closed = leg.close();
    sent.resolve(undefined);
    await Promise.all([start, closed]);
    expect(call.sent).toContain('BYE');
  });

  it('makes the offer when the INVITE has none, and greets once the ACK has the answer', async () => {
    make(new FakeCall({ offer: '' }));
    await answered();
    expect(call.answerSdp).toContain('m=audio');
    expect(leg.state.name).toBe('ringing');
    call.emit({ type: 'sdpAnswer', sdp: phoneSdp() });
    await settle();
    expect(leg.state.name).toBe('greeting');
  });

  it('says BYE when the ACK has no answer to its offer', async () => {
    make(new FakeCall({ offer: '' }));
    await answered();
    call.emit({ type: 'sdpAnswer', sdp: '' });
    await settle();
    expect(call.sent).toEqual(['180', '200', 'BYE']);
    expect(ends).toEqual([callEnd.mediaFailed()]);
  });

  it('says BYE when the answer to its offer has none of its codecs', async () => {
    make(new FakeCall({ offer: '' }));
    await answered();
    call.emit({ type: 'sdpAnswer', sdp: phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18') });
    await settle();
    expect(call.sent.at(-1)).toBe('BYE');
    expect(ends).toEqual([callEnd.mediaFailed()]);
  });
});

describe('PhoneLeg: what it logs', () => {
  it('is nothing of the caller, not even the last digits, and no PIN', async () => {
    let logs = '';
    const stream = { write: (line: string) => void (logs += line) };
    make(new FakeCall(), pino({ level: 'trace', timestamp: false, base: {} }, stream));
    await answered();
    sound().press('654321#');
    await settle();
    sound().press('123456#');
    await settle();
    rooms.tell({ type: 'joined' });
    call.emit({ type: 'ended', lost: false });
    await settle();
    expect(logs).toContain('call comes in');
    for (const secret of ['0123', 'Ada', '654321', '123456']) expect(logs).not.toContain(secret);
  });
});

describe('PhoneLeg: keys in the meeting', () => {
  it('*6 mutes at once, tells the server and the caller', async () => {
    await joined();
    sound().press('*6');
    expect(sound().muted).toBe(true);
    expect(rooms.wishes).toEqual([{ muted: true }]);
    expect(lastPlayed()).toEqual(['muted']);
    sound().finishPrompt();
    await settle();
    sound().press('*6');
    expect(sound().muted).toBe(false);
    expect(rooms.wishes).toEqual([{ muted: true }, { muted: false }]);
    expect(lastPlayed()).toEqual(['unmuted']);
    expect(leg.state.name).toBe('joined');
  });

  it('does not unmute a call that is on hold', async () => {
    make(new FakeCall({ offer: phoneSdp('sendonly') }));
    await joined();
    sound().press('*6*6');
    expect(rooms.wishes).toEqual([{ muted: true }, { muted: false }]);
    expect(sound().muted).toBe(true);
  });

  it('*9 raises the hand, and the caller hears when it is lowered', async () => {
    await joined();
    sound().press('*9');
    expect(rooms.wishes).toEqual([{ handRaised: true }]);
    expect(lastPlayed()).toEqual(['hand-raised']);
    rooms.tell({ type: 'handRaised', handRaised: false });
    expect(lastPlayed()).toEqual(['hand-lowered']);
  });

  it('*3 says how many are in', async () => {
    await joined();
    sound().press('*3');
    await settle();
    expect(lastPlayed()).toEqual(['alone']);
  });

  it('*3 says that it cannot when the server is away', async () => {
    rooms.countError = 'unavailable';
    await joined();
    sound().press('*3');
    await settle();
    expect(lastPlayed()).toEqual(['not-possible']);
  });

  it('*0 says the keys, and a key cuts that', async () => {
    await joined();
    sound().press('*0');
    expect(lastPlayed()).toEqual(['help']);
    sound().press('#');
    expect(sound().playing).toBe(false);
  });

  it('tells a caller who is muted by somebody else how to unmute', async () => {
    await joined();
    rooms.tell({ type: 'muted', muted: true });
    expect(lastPlayed()).toEqual(['muted-by-host']);
    sound().press('*6');
    expect(sound().muted).toBe(false);
    expect(rooms.wishes).toEqual([{ muted: false }]);
  });
});

describe('PhoneLeg: the language', () => {
  it('is that of the number that was dialled', async () => {
    rooms.language = 'de';
    await answered();
    expect(lastFiles()).toEqual([
      'de/welcome',
      'en/choose-language',
      'es/choose-language',
      'fr/choose-language',
    ]);
  });

  it('is English where the number has one that nobody has spoken', async () => {
    rooms.language = 'xx';
    await answered();
    expect(lastFiles()?.[0]).toBe('en/welcome');
  });

  it('is the one that the caller chose, to the end', async () => {
    await answered();
    sound().press('*2');
    expect(lastFiles()).toEqual(['es/enter-pin']);
    sound().press('123456#');
    await settle();
    rooms.tell({ type: 'joined' });
    rooms.tell({ type: 'meetingEnded' });
    expect(lastFiles()).toEqual(['es/meeting-ended', 'es/goodbye']);
  });
});

describe('PhoneLeg: the PIN', () => {
  it('joins on the right PIN without a word, and stops the prompt', async () => {
    await joined();
    expect(states).toEqual(['greeting', 'askingPin', 'joining', 'joined']);
    expect(rooms.checked).toMatchObject([
      { trunkId: 'carrier', pin: '123456', caller: '+15550123' },
    ]);
    expect(rooms.phones[0]).toMatchObject({ meetingId: 'm1', name: 'Ada', number: '+15550123' });
    expect(sound().played).toHaveLength(1);
    expect(sound().playing).toBe(false);
  });

  it('takes keys from SIP INFO as well', async () => {
    await answered();
    for (const key of '123456#') call.emit({ type: 'key', key });
    await settle();
    expect(leg.state.name).toBe('joining');
  });

  it('tells of wrong PINs and says BYE after the third', async () => {
    await answered();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      sound().press('000000#');
      await settle();
      expect(lastPlayed()).toEqual(['pin-wrong', 'enter-pin']);
    }
    sound().press('000000#');
    await settle();
    expect(lastPlayed()).toEqual(['pin-wrong', 'goodbye']);
    expect(leg.state.name).toBe('leaving');
    sound().finishPrompt();
    await settle();
    expect(call.sent.at(-1)).toBe('BYE');
    expect(ends).toEqual([callEnd.farewell('pin-wrong')]);
  });

  it('repeats the prompt to a silent caller, and the end of an old prompt means nothing', async () => {
    await answered();
    sound().finishPrompt();
    await vi.advanceTimersByTimeAsync(NO_INPUT_MS);
    expect(lastPlayed()).toEqual(['enter-pin']);
    // The new prompt plays: no timer runs yet.
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['unavailable', 'unreachable'],
    ['rate-limited', 'too-many-tries'],
    ['meeting-ended', 'meeting-ended'],
  ] as const)('says so and hangs up when the PIN check fails with %s', async (code, prompt) => {
    rooms.pinError = code;
    await answered();
    sound().press('123456#');
    await settle();
    expect(lastPlayed()).toEqual([prompt, 'goodbye']);
    sound().finishPrompt();
    await settle();
    expect(call.sent.at(-1)).toBe('BYE');
  });

  it('throttles a withheld number by where it comes from', async () => {
    make(new FakeCall({ source: '127.0.0.9' }));
    Object.assign(call.caller, { name: 'Phone', number: '' });
    await answered();
    sound().press('1#');
    await settle();
    expect(rooms.checked[0]?.caller).toBe('127.0.0.9');
  });
});

describe('PhoneLeg: in the meeting', () => {
  it.each([
    ['meetingEnded', 'meeting-ended'],
    ['removed', 'removed'],
    ['unreachable', 'unreachable'],
  ] as const)('leaves, says goodbye and BYE on %s', async (type, prompt) => {
    await joined();
    await media.createRoom('m1');
    await sound().join('m1', 1);
    rooms.tell({ type });
    expect(rooms.left).toHaveLength(1);
    expect(lastPlayed()).toEqual([prompt, 'goodbye']);
    // Neither hears nor is heard there any more, also between two prompts.
    expect(sound().joined).toBeUndefined();
    sound().finishPrompt();
    await settle();
    expect(call.sent.at(-1)).toBe('BYE');
  });

  it('says BYE though the goodbye never ends', async () => {
    await joined();
    rooms.tell({ type: 'removed' });
    await vi.advanceTimersByTimeAsync(GOODBYE_LIMIT_MS);
    expect(call.sent.at(-1)).toBe('BYE');
  });

  it('leaves its room when the caller hangs up, also while joining', async () => {
    await answered();
    sound().press('123456#');
    await settle();
    call.emit({ type: 'ended', lost: false });
    await settle();
    expect(rooms.left).toHaveLength(1);
    expect(call.sent.filter((each) => each === '180' || each === '200')).toEqual(['180', '200']);
    expect(ends).toEqual([callEnd.hungUp()]);
  });

  it('is muted while the server says so, and while it is on hold', async () => {
    await joined();
    const accept = vi.fn();
    const reoffer = (offer: string) =>
      call.emit({ type: 'reoffer', offer, accept, refuse: vi.fn() });
    reoffer(phoneSdp('sendonly'));
    await settle();
    expect(sound().muted).toBe(true);
    reoffer(phoneSdp('sendrecv'));
    await settle();
    expect(sound().muted).toBe(false);
    expect(accept).toHaveBeenCalledTimes(2);
    rooms.tell({ type: 'muted', muted: true });
    expect(sound().muted).toBe(true);
    rooms.tell({ type: 'muted', muted: false });
    expect(sound().muted).toBe(false);
  });

  it('refuses a re-INVITE without our codecs with 488, and the call goes on', async () => {
    await joined();
    const refuse = vi.fn();
    const offer = phoneSdp().replace('RTP/AVP 0 101', 'RTP/AVP 18');
    call.emit({ type: 'reoffer', offer, accept: vi.fn(), refuse });
    await settle();
    expect(refuse).toHaveBeenCalledExactlyOnceWith(488);
    expect(leg.state.name).toBe('joined');
  });

  it('offers in a re-INVITE without SDP', async () => {
    await joined();
    const accept = vi.fn<(sdp: string) => void>();
    call.emit({ type: 'reoffer', offer: '', accept, refuse: vi.fn() });
    await settle();
    expect(accept.mock.calls[0]?.[0]).toContain('m=audio');
    call.emit({ type: 'sdpAnswer', sdp: phoneSdp() });
    await settle();
    expect(leg.state.name).toBe('joined');
  });
});

describe('PhoneLeg: media', () => {
  it('ends a call that sends nothing for thirty seconds', async () => {
    await joined();
    sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS - 10_001);
    expect(leg.state.name).toBe('joined');
    await vi.advanceTimersByTimeAsync(1);
    expect(call.sent.at(-1)).toBe('BYE');
    expect(ends).toEqual([callEnd.mediaLost()]);
  });

  it('goes on when media comes back in time', async () => {
    await joined();
    sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    sound().emit({ type: 'mediaUp' });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS);
    expect(leg.state.name).toBe('joined');
  });

  it('lets a call on hold be silent', async () => {
    await joined();
    sound().emit({ type: 'mediaLost', silentMs: 10_000 });
    const hold = { offer: phoneSdp('inactive'), accept: vi.fn(), refuse: vi.fn() };
    call.emit({ type: 'reoffer', ...hold });
    await settle();
    sound().emit({ type: 'mediaLost', silentMs: 60_000 });
    await vi.advanceTimersByTimeAsync(MEDIA_LOST_LIMIT_MS);
    expect(leg.state.name).toBe('joined');
  });
});

describe('PhoneLeg: closing', () => {
  it('close() says BYE, leaves the room and frees the media', async () => {
    await joined();
    await leg.close();
    expect(call.sent.at(-1)).toBe('BYE');
    expect(rooms.left).toHaveLength(1);
    expect(media.legs.size).toBe(0);
    expect(ends).toEqual([callEnd.shutdown()]);
  });

  it('close() twice is silent, and so is what comes after', async () => {
    await joined();
    await leg.close();
    await leg.close();
    call.emit({ type: 'key', key: '1' });
    call.emit({ type: 'ended', lost: false });
    rooms.tell({ type: 'removed' });
    expect(call.sent.filter((each) => each === 'BYE')).toHaveLength(1);
  });

  it('close() before the answer refuses the call', async () => {
    const gate = Promise.withResolvers<undefined>();
    rooms.didGate = gate.promise;
    const start = leg.start();
    await leg.close();
    gate.resolve(undefined);
    await start;
    expect(call.sent).toEqual(['503']);
  });

  it('ends though its media cannot be closed', async () => {
    await joined();
    const close = sound().close.bind(sound());
    sound().close = async () => {
      await close();
      throw new Error('The engine is gone.');
    };
    await leg.close();
    expect(ends).toEqual([callEnd.shutdown()]);
  });

  it('knows that the network ended it', async () => {
    await answered();
    call.emit({ type: 'ended', lost: true });
    await settle();
    expect(ends).toEqual([callEnd.signalingLost()]);
  });
});
