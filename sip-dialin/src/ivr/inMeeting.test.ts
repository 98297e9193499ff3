import { describe, expect, it } from 'vitest';
import type { DialInAction, DialInEvent } from './conversation.ts';
import { arrive, stepInMeeting, type InMeeting } from './inMeeting.ts';
import { play } from './testing/Conversation.ts';

type Arrival = Parameters<typeof arrive>[0];

/** A caller who is in: what each event led to. */
class Caller {
  state: InMeeting;
  /** What was done as it came in. */
  readonly arrival: readonly DialInAction[];

  constructor(as: Partial<Arrival> = {}) {
    const nothing = { consent: 'none', recording: false, paused: false, waiting: 0 } as const;
    const { state, actions } = arrive({ role: 'participant', ...nothing, ...as }, false);
    this.state = state;
    this.arrival = actions;
  }

  send(event: DialInEvent): readonly DialInAction[] {
    const { state, actions } = stepInMeeting(this.state, event);
    this.state = state;
    return actions;
  }

  key(keys: string): readonly DialInAction[] {
    return Array.from(keys, (key) => this.send({ type: 'key', key })).flat();
  }

  heard(): readonly DialInAction[] {
    return this.send({ type: 'promptFinished' });
  }
}

const changed = (recording: boolean, waiting = 0, paused = false): DialInEvent => ({
  type: 'roomChanged',
  recording,
  paused,
  waiting,
});

describe('inMeeting: keys', () => {
  it('*6 mutes and unmutes, and says which', () => {
    const caller = new Caller();
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: true }, play('muted')]);
    caller.heard();
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: false }, play('unmuted')]);
    expect(caller.state).toMatchObject({ muted: false, speaking: ['unmuted'] });
  });

  it('*9 raises and lowers the hand, and says which', () => {
    const caller = new Caller();
    expect(caller.key('*9')).toEqual([
      { type: 'setHandRaised', handRaised: true },
      play('hand-raised'),
    ]);
    caller.heard();
    expect(caller.key('*9')).toEqual([
      { type: 'setHandRaised', handRaised: false },
      play('hand-lowered'),
    ]);
  });

  it('*3 asks who is there, and says how many and the names of those who have said one', () => {
    const caller = new Caller();
    expect(caller.key('*3')).toEqual([{ type: 'attendance' }]);
    const [ada, bea] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(caller.send({ type: 'attended', people: 3, names: [ada, bea] })).toEqual([
      play('there-are', 'number-3', 'people', ada, bea),
    ]);
  });

  it('says so when something cannot be done', () => {
    const caller = new Caller();
    caller.key('*3');
    expect(caller.send({ type: 'notPossible' })).toEqual([play('not-possible')]);
  });

  it('*0 says the keys, to a host some more, and any key cuts it', () => {
    const caller = new Caller();
    expect(caller.key('*0')).toEqual([play('help')]);
    expect(caller.key('1')).toEqual([{ type: 'stop' }]);
    expect(caller.key('1')).toEqual([]);
    expect(new Caller({ role: 'host' }).key('*0')).toEqual([play('help', 'help-host')]);
  });

  it('*1 and *4 go up and down by steps, to an end that is told', () => {
    const caller = new Caller();
    for (const db of [3, 6, 9]) {
      expect(caller.key('*1')).toEqual([{ type: 'setVolume', db }, play('step')]);
      caller.heard();
    }
    expect(caller.key('*1')).toEqual([{ type: 'setVolume', db: 12 }, play('loudest')]);
    caller.heard();
    expect(caller.key('*1')).toEqual([play('loudest')]);
    caller.heard();
    expect(caller.key('*4')).toEqual([{ type: 'setVolume', db: 9 }, play('step')]);
    for (let step = 0; step < 7; step += 1) {
      caller.heard();
      caller.key('*4');
    }
    expect(caller.state).toMatchObject({ volume: -12, speaking: ['quietest'] });
  });

  it('cuts a prompt that plays before it does what the keys say', () => {
    const caller = new Caller();
    caller.key('*0');
    expect(caller.key('*6')).toEqual([
      { type: 'stop' },
      { type: 'setMuted', muted: true },
      play('muted'),
    ]);
  });

  it.each(['6', '0', '123456#', '*A', '*56'.slice(1)])('%s does nothing', (keys) => {
    const caller = new Caller();
    expect(caller.key(keys)).toEqual([]);
    expect(caller.state).toMatchObject({ muted: false, handRaised: false, speaking: [] });
  });

  it('** means * once', () => {
    expect(new Caller().key('**6')).toContainEqual({ type: 'setMuted', muted: true });
  });
});

describe('inMeeting: keys of a moderator', () => {
  it.each([
    ['*7', 'toggleLock'],
    ['*5', 'toggleRecording'],
    ['*#', 'togglePause'],
    ['*8', 'muteAll'],
    ['*2', 'admitAll'],
  ] as const)('%s is %s, and not possible for anybody else', (keys, command) => {
    expect(new Caller({ role: 'host' }).key(keys)).toEqual([{ type: 'command', command }]);
    expect(new Caller().key(keys)).toEqual([play('not-possible')]);
  });

  it.each([
    [{ command: 'toggleLock', locked: true }, 'locked'],
    [{ command: 'toggleLock', locked: false }, 'unlocked'],
    [{ command: 'toggleRecording', recording: true }, 'recording-on'],
    [{ command: 'muteAll' }, 'all-muted'],
    [{ command: 'admitAll', admitted: 2 }, 'let-in'],
    [{ command: 'admitAll', admitted: 0 }, 'nobody-waiting'],
  ] as const)('%o is told as %s', (done, prompt) => {
    const caller = new Caller({ role: 'host' });
    expect(caller.send({ type: 'commandDone', done })).toEqual([play(prompt)]);
  });

  it('hears once that the recording runs, whichever news of it is the first', () => {
    const done = { command: 'toggleRecording', recording: true } as const;
    const first = new Caller({ role: 'host' });
    expect(first.send(changed(true))).toEqual([play('recording-on')]);
    expect(first.send({ type: 'commandDone', done })).toEqual([]);
    const second = new Caller({ role: 'host' });
    expect(second.send({ type: 'commandDone', done })).toEqual([play('recording-on')]);
    expect(second.send(changed(true))).toEqual([]);
    expect(second.heard()).toEqual([{ type: 'tellConsent', how: 'heard', prompt: 'recording-on' }]);
  });

  it('hears once that the recording is paused and goes on, whichever news is the first', () => {
    const host = new Caller({ role: 'host', recording: true });
    host.heard();
    const done = { command: 'togglePause', recording: true, paused: true } as const;
    expect(host.send({ type: 'commandDone', done })).toEqual([play('recording-paused')]);
    expect(host.send(changed(true, 0, true))).toEqual([]);
    expect(host.key('1')).toEqual([]);
    host.heard();
    expect(host.send(changed(true))).toEqual([play('recording-resumed')]);
  });

  it('hears that somebody waits, and each time that one more does', () => {
    const host = new Caller({ role: 'host', waiting: 1 });
    expect(host.arrival).toEqual([play('somebody-waiting')]);
    host.heard();
    expect(host.send(changed(false, 2))).toEqual([play('somebody-waiting')]);
    host.heard();
    expect(host.send(changed(false, 0))).toEqual([]);
    expect(new Caller({ waiting: 3 }).send(changed(false, 4))).toEqual([]);
  });
});

describe('inMeeting: what others do', () => {
  it('tells a caller who was muted how to unmute, which *6 then does', () => {
    const caller = new Caller();
    expect(caller.send({ type: 'muted', muted: true })).toEqual([play('muted-by-host')]);
    expect(caller.send({ type: 'muted', muted: true })).toEqual([]);
    caller.heard();
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: false }, play('unmuted')]);
  });

  it('tells a caller who was unmuted, and one whose hand was lowered', () => {
    const caller = new Caller();
    caller.key('*6');
    caller.heard();
    expect(caller.send({ type: 'muted', muted: false })).toEqual([play('unmuted')]);
    caller.key('*9');
    caller.heard();
    expect(caller.send({ type: 'handRaised', handRaised: false })).toEqual([play('hand-lowered')]);
    expect(caller.send({ type: 'handRaised', handRaised: false })).toEqual([]);
  });

  it('asks a muted caller to unmute, and nobody else', () => {
    const caller = new Caller();
    expect(caller.send({ type: 'unmuteAsked' })).toEqual([]);
    caller.key('*6');
    caller.heard();
    expect(caller.send({ type: 'unmuteAsked' })).toEqual([play('unmute-asked')]);
  });

  it('tells everybody that a recording starts and stops, and who comes while it runs', () => {
    const caller = new Caller();
    expect(caller.send(changed(true))).toEqual([play('recording-on')]);
    caller.heard();
    expect(caller.send(changed(true))).toEqual([]);
    expect(caller.send(changed(false))).toEqual([play('recording-off')]);
    expect(new Caller({ recording: true }).arrival).toEqual([play('recording-on')]);
    const late = new Caller({ recording: true, paused: true });
    expect(late.arrival).toEqual([play('recording-on', 'recording-paused')]);
  });

  it('tells news after what plays, each once', () => {
    const host = new Caller({ role: 'host' });
    host.key('*0');
    expect(host.send(changed(true, 1))).toEqual([]);
    expect(host.send(changed(true, 2))).toEqual([]);
    expect(host.heard()).toEqual([play('recording-on', 'somebody-waiting')]);
    expect(host.heard()).toEqual([{ type: 'tellConsent', how: 'heard', prompt: 'recording-on' }]);
    expect(host.heard()).toEqual([]);
  });

  it('hears last how it is, however often it changed meanwhile', () => {
    const caller = new Caller();
    caller.key('*0');
    for (const recording of [true, false, true]) caller.send(changed(recording));
    for (const muted of [true, false, true]) caller.send({ type: 'muted', muted });
    expect(caller.heard()).toEqual([play('recording-on', 'muted-by-host')]);
    // An off that is to come is the last no longer.
    for (const recording of [false, true]) caller.send(changed(recording));
    expect(caller.heard()).toContainEqual(play('recording-on'));
  });

  it('is not told after its own *6 what a host did before that', () => {
    const caller = new Caller();
    caller.send(changed(true));
    caller.send({ type: 'muted', muted: true });
    expect(caller.key('*6')).toContainEqual(play('unmuted', 'recording-on'));
    expect(caller.heard()).not.toContainEqual(play('muted-by-host'));
  });

  it('tells what is left at once when a key cuts what plays', () => {
    const caller = new Caller();
    caller.key('*0');
    caller.send(changed(true));
    expect(caller.key('1')).toEqual([play('recording-on')]);
  });

  it('lets no key cut that the meeting is recorded', () => {
    const caller = new Caller({ recording: true });
    expect(caller.key('1')).toEqual([]);
    expect(caller.key('*6')).toEqual([
      { type: 'setMuted', muted: true },
      play('muted', 'recording-on'),
    ]);
  });
});

describe('inMeeting: on hold', () => {
  const held = (now: boolean): DialInEvent => ({ type: 'held', held: now });

  it('says what came meanwhile once the caller is back, each as it is by then', () => {
    const caller = new Caller({ role: 'host' });
    expect(caller.send(held(true))).toEqual([]);
    for (const event of [changed(true), changed(false), changed(true), changed(true, 1)]) {
      expect(caller.send(event)).toEqual([]);
    }
    expect(caller.send({ type: 'muted', muted: true })).toEqual([]);
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: false }]);
    expect(caller.send(held(false))).toEqual([play('recording-on', 'somebody-waiting', 'unmuted')]);
    expect(caller.heard()).toContainEqual({
      ...{ type: 'tellConsent', how: 'heard', prompt: 'recording-on' },
    });
  });

  it('begins anew what was being said, and counts nothing of it as heard before', () => {
    const caller = new Caller({ consent: 'awaited' });
    expect(caller.arrival).toContainEqual(play('consent-ask'));
    expect(caller.send(held(true))).toEqual([{ type: 'stop' }]);
    // The timer of the question still runs.
    expect(caller.send({ type: 'timer' })).toEqual([]);
    expect(caller.key('1')).toEqual([]);
    expect(caller.send(held(true))).toEqual([]);
    expect(caller.send(held(false))).toContainEqual(play('consent-ask'));
    expect(caller.send({ type: 'timer' })).toEqual([]);
    expect(caller.key('1')).toContainEqual({
      ...{ type: 'tellConsent', how: 'key', prompt: 'consent-ask' },
    });
  });

  it('forgets the question when the recording it was about is over', () => {
    const caller = new Caller({ consent: 'awaited' });
    caller.send(held(true));
    expect(caller.send({ type: 'consent', consent: 'none' })).toEqual([{ type: 'stopTimer' }]);
    expect(caller.send(held(false))).toEqual([]);
  });
});
