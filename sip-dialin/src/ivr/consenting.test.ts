import { describe, expect, it } from 'vitest';
import { CONSENT_EARLIEST_MS, CONSENT_LATER_MS, CONSENT_SOON_MS } from './consenting.ts';
import type { DialInAction, DialInEvent } from './conversation.ts';
import { play, Conversation, destination, JOINED } from './testing/Conversation.ts';

/** A caller who is in a meeting. */
function caller(as: Partial<Extract<DialInEvent, { type: 'joined' }>> = {}): Conversation {
  const conversation = new Conversation();
  conversation.send({ type: 'answered', destination }, { ...JOINED, ...as });
  return conversation;
}

const AWAITED: DialInEvent = { type: 'consent', consent: 'awaited' };
const GIVEN: DialInEvent = { type: 'consent', consent: 'given' };
const HEARD: DialInEvent = { type: 'promptFinished' };
/** Enough of the question to answer it. */
const SOME_HEARD: DialInEvent = { type: 'timer' };
const told = (how: 'heard' | 'key', prompt: 'consent-ask' | 'recording-on'): DialInAction => ({
  type: 'tellConsent',
  how,
  prompt,
});
const timer = (ms: number): DialInAction => ({ type: 'startTimer', ms });
const changed = (recording: boolean): DialInEvent => ({
  ...{ type: 'roomChanged', recording, paused: false, waiting: 0 },
});

describe('consenting', () => {
  it('asks who is in as a recording begins, and who comes while it runs; not who has agreed', () => {
    const here = caller();
    expect(here.send(AWAITED)).toEqual([play('consent-ask'), timer(CONSENT_EARLIEST_MS)]);
    // The question says that it is recorded.
    expect(here.send(changed(true))).toEqual([]);
    const late = new Conversation();
    late.send({ type: 'answered', destination });
    const arrived = { ...JOINED, recording: true, consent: 'awaited' } as const;
    expect(late.send(arrived)).toEqual([play('consent-ask'), timer(CONSENT_EARLIEST_MS)]);
    const agreed = caller({ consent: 'given' });
    expect(agreed.send(changed(true))).toEqual([play('recording-on')]);
  });

  it('tells what was heard to its end, and asks again: three times soon, then each minute', () => {
    const here = caller();
    here.send(AWAITED);
    for (const ms of [CONSENT_SOON_MS, CONSENT_SOON_MS, CONSENT_LATER_MS, CONSENT_LATER_MS]) {
      expect(here.send(HEARD)).toEqual([told('heard', 'consent-ask'), timer(ms)]);
      expect(here.send({ type: 'timer' })).toEqual([play('consent-ask')]);
    }
  });

  it('takes no 1 that can be no answer yet: the second press of one for what was asked before', () => {
    const here = caller();
    here.send(AWAITED);
    expect(here.key('1')).toEqual([]);
    expect(here.state).toMatchObject({ consent: 'awaited', speaking: ['consent-ask'] });
    expect(here.send(SOME_HEARD)).toEqual([]);
    expect(here.key('1')).toContainEqual(told('key', 'consent-ask'));
    // What stands before it is no question.
    const late = caller({ recording: true });
    expect(late.send(HEARD, AWAITED)).toContainEqual(timer(CONSENT_EARLIEST_MS));
    expect(late.key('*6')).toContainEqual(timer(2 * CONSENT_EARLIEST_MS));
  });

  it('asks anew who is asked for another recording', () => {
    const here = caller();
    here.send(AWAITED, HEARD, GIVEN, { type: 'consent', consent: 'none' }, AWAITED);
    expect(here.key('1')).toEqual([]);
  });

  it('takes 1 while it asks, and says that the caller is heard once the server says so', () => {
    const here = caller();
    here.send(AWAITED, SOME_HEARD);
    const during = here.key('1');
    expect(during[0]).toEqual({ type: 'stop' });
    expect(during).toContainEqual(told('key', 'consent-ask'));
    expect(here.send(GIVEN)).toContainEqual(play('consent-given'));
    expect(here.send(HEARD)).toEqual([]);
    expect(here.send({ type: 'timer' })).toEqual([]);
    expect(here.key('1')).toEqual([]);
  });

  it('takes 1 for an answer, whatever was begun with a * before the question', () => {
    for (const asked of [AWAITED, { type: 'timer' } as const]) {
      const here = caller();
      if (asked !== AWAITED) here.send(AWAITED, HEARD);
      here.key('*');
      here.send(asked, SOME_HEARD);
      expect(here.key('1')).toContainEqual(told('key', 'consent-ask'));
    }
  });

  it('asks again when the server does not answer to 1', () => {
    const here = caller();
    here.send(AWAITED, HEARD);
    here.key('1');
    expect(here.send({ type: 'timer' })).toEqual([play('consent-ask')]);
  });

  it('*1 is louder, other keys nothing: none of them agrees, and none cuts the question', () => {
    const here = caller();
    here.send(AWAITED);
    for (const keys of ['2', '#', '*6', '*9', '*1', '*', '0']) {
      const actions = Array.from(keys, (key) => here.send({ type: 'key', key })).flat();
      expect(actions).not.toContainEqual(told('key', 'consent-ask'));
      expect(actions).not.toContainEqual({ type: 'stop' });
      expect(here.state).toMatchObject({ consent: 'awaited' });
    }
    expect(here.state.name === 'joined' && here.state.speaking).toContain('consent-ask');
  });

  it('*6 does not get around it: who unmutes is told that they are asked', () => {
    const here = caller();
    here.send(AWAITED, HEARD);
    here.key('*6');
    here.send(HEARD);
    expect(here.key('*6')).toContainEqual(play('unmuted', 'consent-ask'));
  });

  it('is over when the recording did not begin, or has ended', () => {
    const here = caller();
    here.send(AWAITED);
    expect(here.send({ type: 'consent', consent: 'none' })).toContainEqual({ type: 'stop' });
    expect(here.send({ type: 'timer' })).toEqual([]);
    expect(here.state).toMatchObject({ speaking: [], pending: [] });
  });

  it('what else is to be told is not lost with the question', () => {
    const here = caller({ recording: true, paused: true, consent: 'awaited' });
    expect(here.state).toMatchObject({ speaking: ['consent-ask', 'recording-paused'] });
    here.send(SOME_HEARD);
    expect(here.key('1')).toContainEqual(play('recording-paused'));
  });

  it('where nobody has to agree, it is told that the announcement was heard', () => {
    const here = caller({ recording: true });
    expect(here.send(HEARD)).toEqual([told('heard', 'recording-on')]);
    expect(here.key('1')).toEqual([]);
  });
});
