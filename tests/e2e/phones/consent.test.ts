import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsentsView, RecordingView } from '@switchroom/protocol';
import { describe, expect } from 'vitest';
import { levelAt, loudness } from '../../support/audio/goertzel.ts';
import { decodeOggOpus } from '../../support/audio/oggOpus.ts';
import { slice } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt } from '../../support/phones/ivr.ts';
import { hears, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/* Phones in a meeting that is recorded and where everybody has to agree to that. */

const ANNA = 440;
const BERT = 620;
/** That one is heard now is said for so long, s: as one's track begins. */
const SAID = 2.8;
/** By then a voice is as loud as all are, s. */
const LEVELLED = 1.5;

let switchroom: Switchroom;
let line: MeetingLine;
let anna: BaresipPhone;
let bert: BaresipPhone;
const phones: BaresipPhone[] = [];

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  line = await openLine(switchroom, { recording: 'always', consent: 'required' });
  return () => Promise.all(phones.map((phone) => phone.close()));
});

async function caller(frequency: number): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound: tone({ frequency, seconds: 120 }) });
  phones.push(phone);
  return phone;
}

/** What a language's prompts say. */
async function words(language: string): Promise<Record<string, string>> {
  const file = join(import.meta.dirname, `../../../sip-dialin/prompts/${language}.json`);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
}

async function get<T>(path: string): Promise<T> {
  const { status, body } = await switchroom.rest.raw('GET', path);
  expect(status).toBe(200);
  return body as T;
}

describe('consent by phone', () => {
  it('whoever comes is asked, and heard once 1 is pressed', async () => {
    anna = await caller(ANNA);
    await anna.dial(line.uri);
    await hearsPrompt(anna, 'consent-ask');
    await answersKeys(anna, '1', 'consent-given');
  });

  it('one who comes later is asked in their language, and neither heard nor recorded before', async () => {
    const number = `${line.number.slice(0, -1)}${(Number(line.number.at(-1)) + 1) % 10}`;
    const did = { number, meetingId: line.meetingId, language: 'de' };
    expect((await switchroom.rest.raw('POST', '/dids', did)).status).toBe(201);
    bert = await caller(BERT);
    await bert.dial(`sip:${number}@${switchroom.sipAddress}`);
    await hearsPrompt(bert, 'consent-ask', { language: 'de' });
    const [recording] = await switchroom.rest.recordings(line.meetingId);
    const consents = `/recordings/${recording!.id}/consents`;
    await eventually(
      async () => {
        const view = await get<ConsentsView>(consents);
        return view.consents.some(({ how, language }) => how === 'heard' && language === 'de');
      },
      { what: 'the question, heard to its end', within: 30_000 },
    );
    // The keys of the mute do not get around it.
    await bert.key('*6*6');
    await hears(anna, [], [ANNA, BERT], 2);
    expect((await switchroom.rest.recordings(line.meetingId))[0]!.tracks).toHaveLength(1);
    await answersKeys(bert, '1', 'consent-given', { language: 'de' });
    await hears(anna, [BERT], [ANNA], 4);
    await hears(bert, [ANNA], [BERT], 2);
  });

  it('each track holds its own voice from the consent on, and none an announcement', async () => {
    await Promise.all([anna.close(), bert.close()]);
    const recording = await eventually(
      async () => {
        const [found] = await switchroom.rest.recordings(line.meetingId);
        return found?.state === 'sealed' ? found : undefined;
      },
      { what: 'the sealed recording', within: 20_000 },
    );
    const { policy, consents } = await get<ConsentsView>(`/recordings/${recording.id}/consents`);
    expect(policy).toBe('required');
    const agreed = consents.filter(({ how }) => how === 'key');
    expect(agreed.map(({ language, words: text }) => [language, text])).toEqual([
      ['en', (await words('en'))['consent-ask']],
      ['de', (await words('de'))['consent-ask']],
    ]);
    for (const [index, [own, other]] of [
      [ANNA, BERT],
      [BERT, ANNA],
    ].entries()) {
      const track = trackOf(recording, agreed[index]!.participantId);
      expect(track.startMs).toBeGreaterThan(agreed[index]!.atMs - 100);
      const sound = await decodeOggOpus(await switchroom.rest.audio(recording.id, track.id));
      expect(levelAt(slice(sound, 0, 0.5), own!)).toBeGreaterThan(-32);
      expect(levelAt(slice(sound, SAID), own!)).toBeGreaterThan(-32);
      expect(levelAt(sound, other!)).toBeLessThan(-52);
      // Nothing but the tone is in it, whose root mean square is 3 dB below its amplitude.
      const meanwhile = slice(sound, LEVELLED, SAID);
      expect(loudness(meanwhile)).toBeLessThan(levelAt(meanwhile, own!) - 1);
    }
    const mix = await decodeOggOpus(await switchroom.rest.audio(recording.id));
    const first = recording.tracks[0]!.startMs / 1000;
    expect(loudness(slice(mix, 0, first))).toBeLessThan(-60);
  });
});

function trackOf({ tracks }: RecordingView, participantId: string) {
  const found = tracks.filter((track) => track.participantId === participantId);
  expect(found).toHaveLength(1);
  return found[0]!;
}
