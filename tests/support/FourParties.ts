import { setTimeout as delay } from 'node:timers/promises';
import type { MeetingView, ParticipantView, RecordingView } from '@switchroom/protocol';
import { decodeOggOpus } from './audio/oggOpus.ts';
import type { Sound } from './audio/Sound.ts';
import { tone } from './audio/tones.ts';
import { BrowserParticipant } from './browser/BrowserParticipant.ts';
import { eventually } from './eventually.ts';
import { mistakeIn, noiseIn, PARTIES, TONES, type Party } from './hearing.ts';
import { BaresipPhone } from './phones/BaresipPhone.ts';
import { SippPhone } from './phones/SippPhone.ts';
import type { Switchroom } from './Switchroom.ts';

/** As long as any test holds a call, s. */
const LONGEST_SOUND = 240;
/** What is listened to at a time, s. */
const WINDOW = 1.5;

const PHONES: readonly Party[] = ['baresip', 'sipp'];

function soundOf(party: Party, sampleRate: number, seconds: number): Sound {
  return tone({ frequency: TONES[party], seconds, sampleRate });
}

/** Up to two browsers and two phones in one meeting, each saying its own tone. */
export class FourParties {
  readonly meeting: MeetingView;
  /** Participant ids by party, of all that ever joined. */
  readonly ids = new Map<Party, string>();
  readonly #switchroom: Switchroom;
  readonly #browsers = new Map<Party, BrowserParticipant>();
  #baresip: BaresipPhone | undefined;
  #sipp: SippPhone | undefined;

  private constructor(switchroom: Switchroom, meeting: MeetingView) {
    this.#switchroom = switchroom;
    this.meeting = meeting;
  }

  /** A meeting with nobody in it yet, made over REST. */
  static async in(switchroom: Switchroom): Promise<FourParties> {
    const meeting = await switchroom.rest.createMeeting({ title: 'Four', recording: 'always' });
    return new FourParties(switchroom, meeting);
  }

  /** Who is in the meeting now. */
  get present(): Party[] {
    const isThere = { baresip: this.#baresip !== undefined, sipp: this.#sipp !== undefined };
    return PARTIES.filter((party) =>
      party === 'baresip' || party === 'sipp' ? isThere[party] : this.#browsers.has(party),
    );
  }

  participants(): Promise<ParticipantView[]> {
    return this.#switchroom.rest.participants(this.meeting.id);
  }

  /** All at once. */
  async join(...parties: Party[]): Promise<void> {
    // Also when one could not: what has been started is there to be closed.
    const entered = await Promise.allSettled(parties.map((party) => this.#enter(party)));
    for (const one of entered) if (one.status === 'rejected') throw one.reason;
    await this.#everybodyIsIn('everybody in the meeting');
  }

  /** After a restart of the server, when everybody is somebody new. */
  async backAgain(): Promise<void> {
    await this.#everybodyIsIn('everybody back in the meeting');
  }

  /** Hangs up, or closes the tab's meeting. */
  async leave(...parties: Party[]): Promise<void> {
    for (const party of parties) {
      if (party === 'baresip') {
        await this.#baresip?.close();
        this.#baresip = undefined;
      } else if (party === 'sipp') {
        await this.#sipp?.close();
        this.#sipp = undefined;
      } else {
        const browser = this.#browsers.get(party);
        this.#browsers.delete(party);
        await browser?.leave();
        await browser?.close();
      }
      const id = this.ids.get(party);
      await eventually(async () => (await this.participants()).every((one) => one.id !== id), {
        what: `${party} gone from the participants`,
      });
    }
  }

  browser(party: Party): BrowserParticipant | undefined {
    return this.#browsers.get(party);
  }

  /** Lets everybody speak for so long: sound takes its time, and a recording is measured by it. */
  talkFor(seconds: number): Promise<void> {
    return delay(seconds * 1000);
  }

  /** baresip puts its call on hold, or resumes it, until the server knows. */
  async hold(on: boolean): Promise<void> {
    await this.#baresip?.hold(on);
    const id = this.ids.get('baresip');
    await eventually(
      async () => (await this.participants()).some((one) => one.id === id && one.held === on),
      { what: on ? 'the hold' : 'the end of the hold' },
    );
  }

  /** Waits until everybody present hears all the others and not itself. */
  async allHearTheOthers(): Promise<void> {
    const { present } = this;
    await Promise.all(
      present.map((party) =>
        this.#hears(
          party,
          present.filter((other) => other !== party),
        ),
      ),
    );
  }

  /** Waits for a stretch in which a phone hears nobody; silence may also be nothing at all. */
  async staysQuiet(phone: 'baresip' | 'sipp', seconds: number): Promise<void> {
    const since = performance.now();
    await eventually(
      async () => {
        if (performance.now() - since < seconds * 1000) return false;
        const noise = noiseIn(await this.#heardOnPhone(phone, seconds * 0.8));
        if (noise !== undefined) throw new Error(noise);
        return true;
      },
      { what: `silence on ${phone}`, within: (seconds + 10) * 1000 },
    );
  }

  /** The recording, once it is sealed. */
  async sealedRecording(): Promise<RecordingView> {
    return eventually(
      async () => {
        const [recording] = await this.#switchroom.rest.recordings(this.meeting.id);
        return recording?.state === 'sealed' ? recording : undefined;
      },
      { what: 'the sealed recording', within: 20_000 },
    );
  }

  /** The mix, or what one party said, of a recording. */
  async recorded(recording: RecordingView, party?: Party): Promise<Sound> {
    const { rest } = this.#switchroom;
    if (party === undefined) return decodeOggOpus(await rest.audio(recording.id));
    const track = recording.tracks.find((one) => one.participantId === this.ids.get(party));
    if (track === undefined) throw new Error(`There is no track of ${party}.`);
    return decodeOggOpus(await rest.audio(recording.id, track.id));
  }

  /** The time that all these parties were in, with a margin at both ends, s on the recording's clock. */
  together(recording: RecordingView, parties: readonly Party[]): { from: number; to: number } {
    const tracks = recording.tracks.filter(({ participantId }) =>
      parties.some((party) => this.ids.get(party) === participantId),
    );
    const ends = tracks.map(({ endMs }) => endMs ?? recording.durationMs ?? 0);
    const from = Math.max(...tracks.map(({ startMs }) => startMs)) / 1000 + 0.5;
    return { from, to: Math.min(...ends) / 1000 - 0.5 };
  }

  /** Everybody out, without a word. */
  async close(): Promise<void> {
    await Promise.allSettled([
      this.#baresip?.close(),
      this.#sipp?.close(),
      ...[...this.#browsers.values()].map((browser) => browser.close()),
    ]);
  }

  /** Who is who is told by name. */
  async #everybodyIsIn(what: string): Promise<void> {
    const names = new Map(this.present.map((party) => [party === 'sipp' ? 'SIPp' : party, party]));
    const all = await eventually(
      async () => {
        const joined = (await this.participants()).filter(({ state }) => state === 'joined');
        return joined.length === names.size ? joined : undefined;
      },
      { what, within: 40_000 },
    );
    for (const { id, name } of all) {
      const party = names.get(name);
      if (party !== undefined) this.ids.set(party, id);
    }
  }

  async #enter(party: Party): Promise<void> {
    const sipUri = this.meeting.dialIn[0]!.sipUri;
    const keys = `${this.meeting.pin}#`;
    if (party === 'baresip') {
      const sound = soundOf(party, 8000, LONGEST_SOUND);
      this.#baresip = await BaresipPhone.start({ sound });
      await this.#baresip.dial(sipUri);
      await this.#baresip.key(keys);
    } else if (party === 'sipp') {
      const sound = soundOf(party, 8000, LONGEST_SOUND);
      this.#sipp = await SippPhone.dial({ uri: sipUri, sound, keys, keysBy: 'info' });
    } else {
      // The fake microphone begins anew at the end: whole periods, so that no click is heard.
      const microphone = soundOf(party, 48_000, 10);
      const { joinUrl } = this.meeting;
      this.#browsers.set(
        party,
        await BrowserParticipant.join({ name: party, joinUrl, microphone }),
      );
    }
  }

  async #hears(party: Party, others: readonly Party[]): Promise<void> {
    const listen = PHONES.includes(party)
      ? () => this.#mistakeOnPhone(party, others)
      : () => this.#mistakeInBrowser(party, others);
    await eventually(
      async () => {
        const mistake = await listen();
        if (mistake !== undefined) throw new Error(mistake);
        return true;
      },
      { what: `${party} hears ${others.join(', ')} and not itself`, within: 25_000, every: 200 },
    );
  }

  async #mistakeOnPhone(party: Party, others: readonly Party[]): Promise<string | undefined> {
    return mistakeIn(await this.#heardOnPhone(party, WINDOW), others);
  }

  async #heardOnPhone(party: Party, seconds: number): Promise<Sound> {
    const heard =
      party === 'sipp' ? this.#sipp?.heard(seconds) : await this.#baresip?.heard(seconds);
    if (heard === undefined) throw new Error(`${party} is not there.`);
    return heard;
  }

  /** In a browser each other is a stream of its own, and holds its own tone only. */
  async #mistakeInBrowser(party: Party, others: readonly Party[]): Promise<string | undefined> {
    const heard = (await this.#browsers.get(party)?.heard(WINDOW)) ?? new Map<string, Sound>();
    for (const other of others) {
      const mistake = mistakeIn(heard.get(this.ids.get(other) ?? ''), [other]);
      if (mistake !== undefined) return `in ${party}'s stream of ${other}: ${mistake}`;
    }
    if (heard.size === others.length) return undefined;
    return `${heard.size} streams, of ${others.length} others`;
  }
}
