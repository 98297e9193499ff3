import { describe, expect, it } from 'vitest';
import { CONFIRM_MS } from './confirming.ts';
import { Conversation, destination, JOINED, play } from './testing/Conversation.ts';

function invited(callMe = false): Conversation {
  const called = new Conversation();
  expect(called.send({ type: 'invited', destination, callMe })).toEqual([
    { type: 'stopTimer' },
    play(callMe ? 'invited-call-me' : 'invited'),
  ]);
  return called;
}

describe('confirming', () => {
  it.each([false, true])('joins whoever presses 1 (call me: %s)', (callMe) => {
    expect(invited(callMe).key('1')).toEqual([
      { type: 'stop' },
      { type: 'stopTimer' },
      { type: 'join', meetingId: 'm1', role: 'participant' },
    ]);
  });

  it('invites three times, then hangs up without a word', () => {
    const called = invited();
    for (let again = 0; again < 2; again += 1) {
      expect(called.send({ type: 'promptFinished' })).toEqual([
        { type: 'startTimer', ms: CONFIRM_MS },
      ]);
      expect(called.send({ type: 'timer' })).toContainEqual(play('invited'));
    }
    called.send({ type: 'promptFinished' });
    expect(called.send({ type: 'timer' })).toEqual([
      { type: 'stopTimer' },
      { type: 'hangup', farewell: 'not-confirmed' },
    ]);
  });

  it.each([
    [true, 'muted'],
    [false, 'muted-by-host'],
  ] as const)('who has a browser may have muted there (call me: %s)', (callMe, prompt) => {
    const called = invited(callMe);
    called.key('1');
    called.send(JOINED);
    expect(called.send({ type: 'muted', muted: true })).toEqual([play(prompt)]);
  });

  it('knows of the hand that was raised in the browser, and lowers it by *9', () => {
    const called = invited(true);
    called.key('1');
    called.send({ type: 'handRaised', handRaised: true });
    expect(called.send(JOINED)).toEqual([play('hand-raised')]);
    expect(called.key('*9')).toContainEqual({ type: 'setHandRaised', handRaised: false });
  });

  it('takes no other key', () => {
    const called = invited();
    expect(called.key('023456789*#')).toEqual([]);
    expect(called.state.name).toBe('confirming');
  });
});
