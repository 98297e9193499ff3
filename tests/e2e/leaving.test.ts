import { afterEach, beforeEach, describe, expect } from 'vitest';
import { slice } from '../support/audio/Sound.ts';
import { FourParties } from '../support/FourParties.ts';
import { mistakeIn, PARTIES, type Party } from '../support/hearing.ts';
import { it } from '../support/sharedSwitchroom.ts';
import type { Switchroom } from '../support/Switchroom.ts';

let switchroom: Switchroom;
let four: FourParties;

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

beforeEach(async () => {
  four = await FourParties.in(switchroom);
});

afterEach(() => four.close());

describe.each<{ who: string; leavers: Party[]; stayers: Party[] }>([
  { who: 'the phones', leavers: ['sipp', 'baresip'], stayers: ['anna', 'bert'] },
  { who: 'the browsers', leavers: ['anna', 'bert'], stayers: ['baresip', 'sipp'] },
])('when $who leave first', ({ leavers, stayers }) => {
  it('the others go on hearing each other, and the recording holds each as long as it was there', async () => {
    await four.join(...PARTIES);
    await four.allHearTheOthers();
    await four.leave(...leavers);
    expect(four.present).toEqual(stayers);
    await four.talkFor(2);
    await four.allHearTheOthers();
    await four.leave(...stayers);

    const recording = await four.sealedRecording();
    expect(recording.tracks).toHaveLength(4);
    const mix = await four.recorded(recording);
    const all = four.together(recording, PARTIES);
    expect(mistakeIn(slice(mix, all.from, all.to), PARTIES)).toBeUndefined();
    const later = four.together(recording, stayers);
    const leftAt = four.together(recording, leavers.slice(-1)).to + 1.5;
    expect(mistakeIn(slice(mix, leftAt, later.to), stayers)).toBeUndefined();
    for (const party of PARTIES) {
      expect(mistakeIn(await four.recorded(recording, party), [party])).toBeUndefined();
    }
  });
});

describe('a phone alone in a meeting', () => {
  it('hears nobody, not itself either, and is recorded', async () => {
    await four.join('baresip');
    // Being told that it is recorded, it is not in the meeting: most of its track is to be its tone.
    await four.talkFor(4);
    await four.staysQuiet('baresip', 5);
    await four.leave('baresip');

    const recording = await four.sealedRecording();
    expect(recording.tracks).toHaveLength(1);
    expect(recording.tracks[0]).toMatchObject({ kind: 'phone' });
    expect(mistakeIn(await four.recorded(recording, 'baresip'), ['baresip'])).toBeUndefined();
    expect(mistakeIn(await four.recorded(recording), ['baresip'])).toBeUndefined();
  });

  it('is joined by a browser, and both hear the other', async () => {
    await four.join('sipp', 'anna');
    await four.allHearTheOthers();
    await four.leave('anna');
    await four.staysQuiet('sipp', 2);
  });
});
