import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FourParties } from '../support/FourParties.ts';
import { eventually } from '../support/eventually.ts';
import { mistakeIn, PARTIES } from '../support/hearing.ts';
import { childOf, childrenOf, hasOpen } from '../support/process/childOf.ts';
import { Switchroom } from '../support/Switchroom.ts';

/*
 * One of the processes is killed in the middle of a meeting. It is started again, and nobody has to
 * dial or click.
 */
let switchroom: Switchroom;
let four: FourParties;

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});

beforeEach(async () => {
  four = await FourParties.in(switchroom);
  await four.join(...PARTIES);
  await four.allHearTheOthers();
});

afterEach(() => four.close());

async function kill(script: string): Promise<void> {
  process.kill((await childOf(switchroom.pid!, script))!, 'SIGKILL');
}

/** The one of the recorders that has this meeting. */
async function killRecorder(): Promise<void> {
  for (const pid of await childrenOf(switchroom.pid!, 'recordings/src/main.ts')) {
    if (await hasOpen(pid, '.sealed')) process.kill(pid, 'SIGKILL');
  }
}

const recordings = () => switchroom.rest.recordings(four.meeting.id);

describe('a meeting in which a process dies', () => {
  it('the recorder: what it had is sealed, and recording goes on in a second one', async () => {
    // Being told that it is recorded, a phone says nothing: most of both its tracks is to be its tone.
    await four.talkFor(3);
    await killRecorder();
    await eventually(async () => (await recordings()).some(({ state }) => state === 'sealed'), {
      what: 'the first recording, sealed by who came after',
    });
    await eventually(async () => (await recordings()).some(({ state }) => state === 'recording'), {
      what: 'a second recording',
    });
    await four.talkFor(6);
    await four.allHearTheOthers();
    await switchroom.rest.endMeeting(four.meeting.id);
    await eventually(async () => (await recordings()).every(({ state }) => state === 'sealed'), {
      what: 'both recordings sealed',
    });
    const both = await recordings();
    expect(both).toHaveLength(2);
    for (const recording of both) {
      for (const party of PARTIES) {
        expect(mistakeIn(await four.recorded(recording, party), [party])).toBeUndefined();
      }
    }
  });

  it('the server: everybody is back by itself, hears the others, and is recorded', async () => {
    await kill('server/src/main.ts');
    await eventually(() => four.participants().then(() => true), { what: 'the server again' });
    await four.backAgain();
    await four.allHearTheOthers();
    await eventually(async () => (await recordings()).some(({ state }) => state === 'recording'), {
      what: 'a recording that goes on',
    });
    await four.talkFor(3);
    await switchroom.rest.endMeeting(four.meeting.id);
    await eventually(async () => (await recordings()).every(({ state }) => state === 'sealed'), {
      what: 'the recordings sealed',
    });
    const [recording] = await recordings();
    for (const party of PARTIES) {
      expect(mistakeIn(await four.recorded(recording!, party), [party])).toBeUndefined();
    }
  });
});
