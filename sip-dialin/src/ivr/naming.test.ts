import { describe, expect, it } from 'vitest';
import { NAME_LIMIT_MS, NAME_REVIEW_MS } from './naming.ts';
import { Conversation, destination, play } from './testing/Conversation.ts';

const ROLL_CALL = { ...destination, entry: 'roll-call' } as const;
const NAME = Uint8Array.of(1, 2, 3);
const JOIN = { type: 'join', meetingId: 'm1', role: 'participant' };

/** A caller who hears the tone. */
function asked(): Conversation {
  const caller = new Conversation();
  caller.send({ type: 'answered' });
  caller.key('123456#');
  expect(caller.send({ type: 'pinAccepted', destination: ROLL_CALL })).toEqual([
    { type: 'stopTimer' },
    play('say-name', 'record-tone'),
  ]);
  expect(caller.send({ type: 'promptFinished' })).toEqual([
    { type: 'record', maxMs: NAME_LIMIT_MS },
  ]);
  return caller;
}

const review = [{ type: 'stopTimer' }, play('you-said', NAME, 'name-review')];

describe('naming', () => {
  it('records until a key, plays it back, and goes on with 1', () => {
    const caller = asked();
    expect(caller.key('#')).toEqual([{ type: 'stop' }]);
    expect(caller.send({ type: 'recorded', name: NAME })).toEqual(review);
    expect(caller.key('1')).toEqual([
      { type: 'stop' },
      { type: 'stopTimer' },
      { ...JOIN, name: NAME },
    ]);
    expect(caller.state.name).toBe('joining');
  });

  it('takes the name as it is from a caller who says nothing to it', () => {
    const caller = asked();
    caller.send({ type: 'recorded', name: NAME });
    expect(caller.key('7')).toEqual([]);
    expect(caller.send({ type: 'promptFinished' })).toEqual([
      { type: 'startTimer', ms: NAME_REVIEW_MS },
    ]);
    expect(caller.send({ type: 'timer' })).toEqual([
      { type: 'stopTimer' },
      { ...JOIN, name: NAME },
    ]);
  });

  it('records again with 2, three times in all', () => {
    const caller = asked();
    const last = Uint8Array.of(9);
    for (let again = 0; again < 2; again += 1) {
      caller.send({ type: 'recorded', name: NAME });
      expect(caller.key('2')).toContainEqual(play('say-name', 'record-tone'));
      caller.send({ type: 'promptFinished' });
    }
    caller.send({ type: 'recorded', name: last });
    expect(caller.key('2')).toContainEqual({ ...JOIN, name: last });
  });

  it('asks once more when nothing was said, then goes on without a name', () => {
    const caller = asked();
    expect(caller.send({ type: 'recorded', name: new Uint8Array() })).toContainEqual(
      play('name-not-heard', 'say-name', 'record-tone'),
    );
    caller.send({ type: 'promptFinished' });
    expect(caller.send({ type: 'recorded', name: new Uint8Array() })).toContainEqual(JOIN);
  });

  it('keeps the name that was said before a silence', () => {
    const caller = asked();
    caller.send({ type: 'recorded', name: NAME });
    caller.key('2');
    caller.send({ type: 'promptFinished' }, { type: 'recorded', name: new Uint8Array() });
    caller.send({ type: 'promptFinished' });
    expect(caller.send({ type: 'recorded', name: new Uint8Array() })).toContainEqual({
      ...JOIN,
      name: NAME,
    });
  });

  it('goes straight to the tone with #', () => {
    const caller = new Conversation();
    caller.send({ type: 'answered', destination: ROLL_CALL });
    expect(caller.key('1')).toEqual([]);
    expect(caller.key('#')).toContainEqual(play('record-tone'));
    expect(caller.send({ type: 'promptFinished' })).toEqual([
      { type: 'record', maxMs: NAME_LIMIT_MS },
    ]);
  });
});
