import { describe, expect, it } from 'vitest';
import type { DialInAction, DialInEvent } from './dialIn.ts';
import { initialInMeeting, stepInMeeting } from './inMeeting.ts';

/** A caller who is in: what each event led to. */
class Caller {
  state = initialInMeeting('m1', false);

  send(event: DialInEvent): readonly DialInAction[] {
    const { state, actions } = stepInMeeting(this.state, event);
    this.state = state;
    return actions;
  }

  key(keys: string): readonly DialInAction[] {
    return Array.from(keys, (key) => this.send({ type: 'key', key })).flat();
  }
}

const play = (...prompts: string[]) => ({ type: 'play', prompts });

describe('inMeeting: keys', () => {
  it('*6 mutes and unmutes, and says which', () => {
    const caller = new Caller();
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: true }, play('muted')]);
    caller.send({ type: 'promptFinished' });
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: false }, play('unmuted')]);
    expect(caller.state).toMatchObject({ muted: false, playing: true });
  });

  it('*9 raises and lowers the hand, and says which', () => {
    const caller = new Caller();
    expect(caller.key('*9')).toEqual([
      { type: 'setHandRaised', handRaised: true },
      play('hand-raised'),
    ]);
    caller.send({ type: 'promptFinished' });
    expect(caller.key('*9')).toEqual([
      { type: 'setHandRaised', handRaised: false },
      play('hand-lowered'),
    ]);
  });

  it('*3 asks for the number of people, and says it', () => {
    const caller = new Caller();
    expect(caller.key('*3')).toEqual([{ type: 'count' }]);
    expect(caller.send({ type: 'counted', people: 3 })).toEqual([
      play('there-are', 'number-3', 'people'),
    ]);
  });

  it('*3 says so when nobody can tell', () => {
    const caller = new Caller();
    caller.key('*3');
    expect(caller.send({ type: 'notCounted' })).toEqual([play('not-possible')]);
  });

  it('*0 says the keys, and any key cuts it', () => {
    const caller = new Caller();
    expect(caller.key('*0')).toEqual([play('help')]);
    expect(caller.key('1')).toEqual([{ type: 'stop' }]);
    expect(caller.key('1')).toEqual([]);
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

  it.each(['6', '0', '123456#', '*5', '*#6', '*56', 'A'])('%s does nothing', (keys) => {
    const caller = new Caller();
    expect(caller.key(keys)).toEqual([]);
    expect(caller.state).toMatchObject({ muted: false, handRaised: false, playing: false });
  });

  it('** means * once', () => {
    expect(new Caller().key('**6')).toContainEqual({ type: 'setMuted', muted: true });
  });
});

describe('inMeeting: what others do', () => {
  it('tells a caller who was muted how to unmute, which *6 then does', () => {
    const caller = new Caller();
    expect(caller.send({ type: 'muted', muted: true })).toEqual([play('muted-by-host')]);
    expect(caller.send({ type: 'muted', muted: true })).toEqual([]);
    caller.send({ type: 'promptFinished' });
    expect(caller.key('*6')).toEqual([{ type: 'setMuted', muted: false }, play('unmuted')]);
  });

  it('tells a caller who was unmuted, and one whose hand was lowered', () => {
    const caller = new Caller();
    caller.key('*6');
    expect(caller.send({ type: 'muted', muted: false })).toEqual([play('unmuted')]);
    caller.key('*9');
    expect(caller.send({ type: 'handRaised', handRaised: false })).toEqual([play('hand-lowered')]);
    expect(caller.send({ type: 'handRaised', handRaised: false })).toEqual([]);
  });
});
