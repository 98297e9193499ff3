import { describe, expect, it } from 'vitest';
import { AFTER_KEY_MS, LONGEST_TURN_WAIT_MS, NO_INPUT_MS } from './askingPin.ts';
import { GOODBYE_LIMIT_MS } from './farewell.ts';
import { Conversation, destination, JOINED } from './testing/Conversation.ts';

function answered(): Conversation {
  const conversation = new Conversation();
  conversation.send({ type: 'answered' });
  return conversation;
}

function joined(): Conversation {
  const conversation = answered();
  conversation.key('123456#');
  conversation.send({ type: 'pinAccepted', destination }, JOINED);
  return conversation;
}

const goodbye = (...prompts: string[]) => [
  { type: 'play', prompts: [...prompts, 'goodbye'] },
  { type: 'startTimer', ms: GOODBYE_LIMIT_MS },
];
const checkPin = (pin: string) => [{ type: 'stopTimer' }, { type: 'checkPin', pin }];

describe('dialIn: asking for the PIN', () => {
  it('welcomes who was answered, and waits ten seconds once the welcome has ended', () => {
    const caller = new Conversation();
    expect(caller.send({ type: 'answered' })).toEqual([
      { type: 'stopTimer' },
      { type: 'play', prompts: ['welcome', 'choose-language'] },
    ]);
    expect(caller.state).toMatchObject({ name: 'asking', greeting: true });
    expect(caller.send({ type: 'promptFinished' })).toEqual([
      { type: 'startTimer', ms: NO_INPUT_MS },
    ]);
  });

  it('stops the prompt at the first key, which counts', () => {
    const caller = answered();
    expect(caller.key('1')).toEqual([{ type: 'stop' }, { type: 'startTimer', ms: AFTER_KEY_MS }]);
    expect(caller.state).toMatchObject({ greeting: false, digits: '1' });
    expect(caller.key('2')).toEqual([{ type: 'startTimer', ms: AFTER_KEY_MS }]);
    expect(caller.key('#')).toEqual(checkPin('12'));
  });

  it('does not count the end of a prompt that a key had stopped', () => {
    const caller = answered();
    caller.key('1');
    expect(caller.send({ type: 'promptFinished' })).toEqual([]);
  });

  it('submits by itself four seconds after the last key', () => {
    const caller = answered();
    caller.key('123456');
    expect(caller.send({ type: 'timer' })).toEqual(checkPin('123456'));
  });

  it('clears with * and waits for a new PIN', () => {
    const caller = answered();
    caller.key('999');
    expect(caller.key('*')).toEqual([{ type: 'startTimer', ms: NO_INPUT_MS }]);
    expect(caller.key('123456#')).toEqual(checkPin('123456'));
  });

  it('asks again in the language that is chosen by * and a digit', () => {
    const caller = answered();
    expect(caller.key('*')).toEqual([{ type: 'stop' }, { type: 'startTimer', ms: NO_INPUT_MS }]);
    expect(caller.key('3')).toEqual([
      { type: 'setLanguage', language: 'fr' },
      { type: 'stopTimer' },
      { type: 'play', prompts: ['enter-pin'] },
    ]);
    expect(caller.key('123456#')).toEqual(checkPin('123456'));
  });

  it('takes another language as often as it is chosen, and costs no try', () => {
    const caller = answered();
    for (const [key, language] of [
      ['2', 'es'],
      ['4', 'de'],
      ['1', 'en'],
    ] as const) {
      expect(caller.key(`*${key}`)).toContainEqual({ type: 'setLanguage', language });
      expect(caller.state).toMatchObject({ name: 'asking', tries: 3, digits: '' });
    }
  });

  it('takes * and a key without a language as the beginning of a PIN', () => {
    const caller = answered();
    expect(caller.key('*512345#')).toEqual(checkPin('512345'));
  });

  it('does not take a PIN for a language after * has cleared digits', () => {
    const caller = answered();
    expect(caller.key('9**123456#')).toEqual(checkPin('123456'));
  });

  it('does not submit nothing, and does not count A to D', () => {
    const caller = answered();
    expect(caller.key('#')).toEqual([{ type: 'stop' }, { type: 'startTimer', ms: NO_INPUT_MS }]);
    expect(caller.key('A1D2#')).toEqual(checkPin('12'));
  });

  it('says the prompt again twice to a silent caller, then goodbye, then hangs up', () => {
    const caller = answered();
    for (let repeat = 0; repeat < 2; repeat += 1) {
      caller.send({ type: 'promptFinished' });
      expect(caller.send({ type: 'timer' })).toEqual([
        { type: 'stopTimer' },
        { type: 'play', prompts: ['enter-pin'] },
      ]);
    }
    caller.send({ type: 'promptFinished' });
    expect(caller.send({ type: 'timer' })).toEqual(goodbye());
    expect(caller.send({ type: 'promptFinished' })).toEqual([
      { type: 'stopTimer' },
      { type: 'hangup', farewell: 'no-input' },
    ]);
    expect(caller.state).toEqual({ name: 'ended' });
  });
});

describe('dialIn: the answer to a PIN', () => {
  it('joins at once, with nothing played in between', () => {
    const caller = answered();
    caller.key('123456#');
    expect(caller.send({ type: 'pinAccepted', destination })).toEqual([
      { type: 'join', meetingId: 'm1', role: 'participant' },
    ]);
    expect(caller.send(JOINED)).toEqual([]);
    expect(caller.state).toMatchObject({ name: 'joined', muted: false });
  });

  it('tells of a wrong PIN, gives two more tries, then goodbye and hang up', () => {
    const caller = answered();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      caller.key('000000#');
      expect(caller.send({ type: 'pinRejected' })).toEqual([
        { type: 'stopTimer' },
        { type: 'play', prompts: ['pin-wrong', 'enter-pin'] },
      ]);
    }
    caller.key('000000#');
    expect(caller.send({ type: 'pinRejected' })).toEqual(goodbye('pin-wrong'));
    expect(caller.send({ type: 'promptFinished' })).toContainEqual({
      type: 'hangup',
      farewell: 'pin-wrong',
    });
  });

  it('takes the right PIN on the third try', () => {
    const caller = answered();
    caller.key('1#');
    caller.send({ type: 'pinRejected' });
    caller.key('2#');
    caller.send({ type: 'pinRejected' });
    expect(caller.key('123456#')).toEqual(checkPin('123456'));
  });

  it('takes a PIN longer than any as wrong, and does not cut it to one that could be right', () => {
    const caller = answered();
    expect(caller.key('12345678901234567#')).toContainEqual({
      type: 'play',
      prompts: ['pin-wrong', 'enter-pin'],
    });
  });

  describe('that has to wait for its turn', () => {
    const later = (ms: number) => ({ type: 'pinLater', ms }) as const;
    function asked(): Conversation {
      const caller = answered();
      caller.key('123456#');
      return caller;
    }

    it('plays music, and asks again when it is time', () => {
      const caller = asked();
      expect(caller.send(later(20_000))).toEqual([
        { type: 'play', prompts: ['waiting-music'], loop: true },
        { type: 'startTimer', ms: 20_000 },
      ]);
      expect(caller.key('*9#')).toEqual([]);
      expect(caller.send({ type: 'timer' })).toEqual([{ type: 'checkPin', pin: '123456' }]);
      // The music goes on.
      expect(caller.send(later(21_000))).toEqual([{ type: 'startTimer', ms: 21_000 }]);
    });

    it('stops the music and joins once the PIN is right', () => {
      const caller = asked();
      caller.send(later(20_000), { type: 'timer' });
      expect(caller.send({ type: 'pinAccepted', destination })).toEqual([
        { type: 'stop' },
        { type: 'join', meetingId: 'm1', role: 'participant' },
      ]);
    });

    it('tells of a wrong PIN as ever, and the next one may have to wait, too', () => {
      const caller = asked();
      caller.send(later(20_000), { type: 'timer' });
      expect(caller.send({ type: 'pinRejected' })).toEqual([
        { type: 'stopTimer' },
        { type: 'play', prompts: ['pin-wrong', 'enter-pin'] },
      ]);
      caller.key('654321#');
      expect(caller.send(later(20_000))).toHaveLength(2);
      expect(caller.state).toMatchObject({ pin: '654321', waitedMs: 20_000, tries: 2 });
    });

    it('is given up after two minutes', () => {
      const caller = asked();
      caller.send(later(LONGEST_TURN_WAIT_MS), { type: 'timer' });
      expect(caller.send(later(1))).toEqual(goodbye('too-many-tries'));
    });

    it('is forgotten when the caller hangs up', () => {
      const caller = asked();
      caller.send(later(20_000));
      expect(caller.send({ type: 'hangup' })).toEqual([{ type: 'stopTimer' }]);
    });
  });

  it('ignores keys while a PIN is looked up', () => {
    const caller = answered();
    caller.key('123456#');
    expect(caller.key('9#')).toEqual([]);
    expect(caller.state.name).toBe('checking');
  });

  it.each([
    ['rateLimited', ['too-many-tries'], 'rate-limited'],
    ['unreachable', ['unreachable'], 'unreachable'],
    ['meetingEnded', ['meeting-ended'], 'meeting-ended'],
  ] as const)('says so and hangs up on %s', (type, prompts, farewell) => {
    const caller = answered();
    caller.key('123456#');
    expect(caller.send({ type })).toEqual(goodbye(...prompts));
    expect(caller.send({ type: 'promptFinished' })).toContainEqual({ type: 'hangup', farewell });
  });
});

describe('dialIn: in the meeting', () => {
  it('takes keys, and knows that it was muted while it joined', () => {
    const caller = answered();
    caller.key('123456#');
    caller.send({ type: 'pinAccepted', destination });
    expect(caller.key('*6')).toEqual([]);
    expect(caller.send({ type: 'muted', muted: true }, JOINED)).toEqual([
      { type: 'play', prompts: ['muted'] },
    ]);
    expect(caller.key('*6')).toEqual([
      { type: 'setMuted', muted: false },
      { type: 'play', prompts: ['unmuted'] },
    ]);
  });

  it.each([
    ['meetingEnded', ['meeting-ended']],
    ['removed', ['removed']],
    ['unreachable', ['unreachable']],
    ['meetingLocked', ['meeting-locked']],
    ['timeUp', ['time-over']],
  ] as const)('leaves the room and says goodbye on %s', (type, prompts) => {
    expect(joined().send({ type })).toEqual([{ type: 'leave' }, ...goodbye(...prompts)]);
  });

  it('says goodbye also when the meeting ends while the caller joins', () => {
    const caller = answered();
    caller.key('123456#');
    caller.send({ type: 'pinAccepted', destination });
    expect(caller.send({ type: 'meetingEnded' })).toEqual([
      { type: 'leave' },
      ...goodbye('meeting-ended'),
    ]);
    expect(caller.send(JOINED)).toEqual([]);
    expect(caller.state.name).toBe('leaving');
  });

  it('hangs up though the goodbye never ends', () => {
    const caller = joined();
    caller.send({ type: 'removed' });
    expect(caller.send({ type: 'timer' })).toContainEqual({ type: 'hangup', farewell: 'removed' });
  });

  it('says one goodbye, whatever else happens meanwhile', () => {
    const caller = joined();
    caller.send({ type: 'removed' });
    expect(caller.send({ type: 'meetingEnded' })).toEqual([]);
    expect(caller.key('1')).toEqual([]);
  });
});

describe('dialIn: the caller hangs up', () => {
  it('ends in every state, and only stops the timer', () => {
    const asking = answered();
    const checking = answered();
    checking.key('1#');
    const leaving = joined();
    leaving.send({ type: 'removed' });
    for (const caller of [new Conversation(), asking, checking, joined(), leaving]) {
      expect(caller.send({ type: 'hangup' })).toEqual([{ type: 'stopTimer' }]);
      expect(caller.state).toEqual({ name: 'ended' });
    }
  });

  it('does nothing more once ended', () => {
    const caller = joined();
    caller.send({ type: 'hangup' });
    expect(caller.send({ type: 'hangup' })).toEqual([]);
    expect(caller.send({ type: 'promptFinished' })).toEqual([]);
  });
});
