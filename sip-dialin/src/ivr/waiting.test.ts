import { describe, expect, it } from 'vitest';
import { Conversation, destination, JOINED, play } from './testing/Conversation.ts';
import { WAITING_REMINDER_MS } from './waiting.ts';

/** A caller whom the server has put into the lobby. */
function waiting(): Conversation {
  const caller = new Conversation();
  caller.send({ type: 'answered', destination });
  expect(caller.send({ type: 'waiting' })).toEqual([{ type: 'stopTimer' }, play('lobby-wait')]);
  return caller;
}

describe('waiting', () => {
  it('hears what it waits for, then music, and now and then a word again', () => {
    const caller = waiting();
    for (let round = 0; round < 2; round += 1) {
      expect(caller.send({ type: 'promptFinished' })).toEqual([
        { type: 'play', prompts: ['waiting-music'], loop: true },
        { type: 'startTimer', ms: WAITING_REMINDER_MS },
      ]);
      expect(caller.send({ type: 'timer' })).toContainEqual(play('lobby-wait'));
    }
    expect(caller.send({ type: 'waiting' })).toEqual([]);
  });

  it('hears nothing for a while where the music cannot be played', () => {
    const caller = waiting();
    caller.send({ type: 'promptFinished' });
    expect(caller.send({ type: 'promptFinished' })).toEqual([]);
    expect(caller.send({ type: 'timer' })).toContainEqual(play('lobby-wait'));
  });

  it('hears that it is let in, and that it is recorded', () => {
    const caller = waiting();
    expect(caller.send({ ...JOINED, recording: true })).toEqual([
      { type: 'stopTimer' },
      play('admitted', 'recording-on'),
    ]);
    expect(caller.state).toMatchObject({ name: 'joined', recording: true });
  });

  it('takes no keys, and stays muted if it was muted there', () => {
    const caller = waiting();
    expect(caller.key('*6*9*0')).toEqual([]);
    caller.send({ type: 'muted', muted: true }, JOINED);
    expect(caller.state).toMatchObject({ name: 'joined', muted: true });
  });

  it.each([
    ['removed', 'removed'],
    ['meetingEnded', 'meeting-ended'],
    ['unreachable', 'unreachable'],
  ] as const)('says goodbye on %s', (type, prompt) => {
    const actions = waiting().send({ type });
    expect(actions.slice(0, 2)).toEqual([{ type: 'leave' }, play(prompt, 'goodbye')]);
  });

  it('hears as it is let in that a host has muted it meanwhile, and how to ask to speak', () => {
    const caller = new Conversation();
    caller.send({ type: 'answered', destination }, { type: 'waiting' });
    caller.send({ type: 'muted', muted: true });
    expect(caller.send(JOINED)).toContainEqual(play('admitted', 'muted-by-host'));
  });

  it('hears that it is muted, and not by whom, where it muted itself before it went back there', () => {
    const caller = new Conversation();
    caller.send({ type: 'answered', destination }, JOINED);
    caller.key('*6');
    caller.send({ type: 'waiting' }, { type: 'promptFinished' }, { type: 'timer' });
    expect(caller.send(JOINED)).toContainEqual(play('admitted', 'muted'));
  });

  it('finds the meeting as loud, and the hand as it was, after it went back there', () => {
    const caller = new Conversation();
    caller.send({ type: 'answered', destination }, JOINED);
    caller.key('*1*1*9');
    caller.send({ type: 'waiting' }, JOINED, { type: 'promptFinished' });
    expect(caller.key('*4')).toContainEqual({ type: 'setVolume', db: 3 });
    expect(caller.key('*9')).toContainEqual({ type: 'setHandRaised', handRaised: false });
    caller.key('*9');
    caller.send({ type: 'waiting' }, { type: 'handRaised', handRaised: false }, JOINED);
    expect(caller.key('*9')).toContainEqual({ type: 'setHandRaised', handRaised: true });
  });

  it('goes back there from the meeting', () => {
    const caller = waiting();
    caller.send(JOINED);
    expect(caller.send({ type: 'waiting' })).toEqual([{ type: 'stopTimer' }, play('lobby-wait')]);
    expect(caller.state.name).toBe('waiting');
  });
});
