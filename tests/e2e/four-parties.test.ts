import { describe, expect } from 'vitest';
import type { RecordingView } from '@switchroom/protocol';
import { slice } from '../support/audio/Sound.ts';
import { FourParties } from '../support/FourParties.ts';
import { mistakeIn, PARTIES } from '../support/hearing.ts';
import { it } from '../support/sharedSwitchroom.ts';
import type { Switchroom } from '../support/Switchroom.ts';

/*
 * The main thing: two browsers and two phones in one meeting, made over REST and recorded.
 */
let switchroom: Switchroom;
let four: FourParties;
let recording: RecordingView;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  four = await FourParties.in(switchroom);
  return () => four.close();
});

describe('two browsers and two phones in one meeting', () => {
  it('are all participants, of their kinds', async () => {
    await four.join(...PARTIES);
    const kinds = (await four.participants()).map(({ id, kind, state }) => ({ id, kind, state }));
    const expected = PARTIES.map((party) => ({
      id: four.ids.get(party),
      kind: party === 'anna' || party === 'bert' ? 'browser' : 'phone',
      state: 'joined',
    }));
    expect(kinds).toHaveLength(4);
    expect(kinds).toEqual(expect.arrayContaining(expected));
  });

  it('each hear the other three and not itself', async () => {
    await four.allHearTheOthers();
  });

  it('are recorded when the meeting is over: a track each, sealed', async () => {
    await switchroom.rest.endMeeting(four.meeting.id);
    recording = await four.sealedRecording();
    expect(recording.tracks).toHaveLength(4);
    expect(recording.tracks.map(({ participantId }) => participantId).sort()).toEqual(
      PARTIES.map((party) => four.ids.get(party)).sort(),
    );
  });

  it('are all in the mix', async () => {
    const { from, to } = four.together(recording, PARTIES);
    const mix = await four.recorded(recording);
    expect(to - from).toBeGreaterThan(1);
    expect(mistakeIn(slice(mix, from, to), PARTIES)).toBeUndefined();
  });

  it.each(PARTIES)('has just %s in the track of %s', async (party) => {
    expect(mistakeIn(await four.recorded(recording, party), [party])).toBeUndefined();
  });

  it('leave a log without PIN, token or secret', () => {
    expect(switchroom.log).not.toContain(four.meeting.pin);
    expect(switchroom.log).not.toContain(four.meeting.joinUrl.split('/').at(-1));
    expect(switchroom.log).not.toMatch(/AGE-SECRET-KEY|Bearer |correct horse/);
  });
});
