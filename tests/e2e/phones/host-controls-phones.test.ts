import { afterAll, describe, expect } from 'vitest';
import type { MeetingView, ParticipantView } from '@switchroom/protocol';
import { levelAt } from '../../support/audio/goertzel.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt, heardUntil } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { RoomWatcher } from '../../support/RoomWatcher.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/* What hosts do with a phone, over REST as from the room; the watcher is a browser that is told of it. */

const CALLER = 440;
const OTHER = 620;

let switchroom: Switchroom;
let line: MeetingLine;
let meeting: MeetingView;
let watcher: RoomWatcher;
let phone: BaresipPhone;
let other: SippPhone;
let id: string;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  line = await openLine(switchroom, { lobby: true });
  meeting = await switchroom.rest.meeting(line.meetingId);
  watcher = await RoomWatcher.join(switchroom, meeting);
  phone = await BaresipPhone.start({ sound: tone({ frequency: CALLER, seconds: 120 }) });
  await phone.dial(line.uri);
});

afterAll(async () => {
  watcher.close();
  await Promise.all([phone.close(), other.close()]);
});

async function patch(change: object): Promise<void> {
  const path = `/meetings/${line.meetingId}/participants/${id}`;
  const { status, body } = await switchroom.rest.raw('PATCH', path, change);
  expect(status, JSON.stringify(body)).toBe(200);
}

/** Waits until the room was told so of the phone. */
async function told(expected: Partial<ParticipantView>): Promise<void> {
  await eventually(
    () => {
      const seen = watcher.people.get(id);
      expect(seen).toMatchObject(expected);
      return true;
    },
    { what: `${JSON.stringify(expected)} told in the room` },
  );
}

describe('a host, with a phone, one thing after the other', () => {
  it('admits it: it hears so, and is heard', async () => {
    id = await eventually(
      () => [...watcher.people.values()].find(({ state }) => state === 'lobby')?.id,
      { what: 'the phone in the lobby' },
    );
    await hearsPrompt(phone, 'lobby-wait');
    await patch({ admitted: true });
    await hearsPrompt(phone, 'admitted');
    await told({ state: 'joined', kind: 'phone', audio: 'phone' });
    await switchroom.rest.raw('PATCH', `/meetings/${line.meetingId}`, { lobby: false });
    const sound = tone({ frequency: OTHER, seconds: 120 });
    other = await SippPhone.dial({ uri: line.uri, sound });
    await membersOf(switchroom, line, 2);
    await hears(other, [CALLER], [OTHER]);
  });

  it('sees how loud it is, as loud as the others hear it', async () => {
    await eventually(
      () => {
        const speakers = watcher.speakers.at(-1) ?? [];
        const level = speakers.find(({ participantId }) => participantId === id)?.level;
        // A sine's level is 3 dB below its peak.
        const heard = levelAt(other.heard(1), CALLER) - 3;
        if (level !== undefined && Math.abs(level - heard) < 6) return true;
        throw new Error(`${String(level)} dB told, ${heard.toFixed(1)} dB heard`);
      },
      { what: 'the level told', within: 5000 },
    );
  });

  it('sees how good its sound is', async () => {
    const quality = await eventually(() => watcher.people.get(id)?.quality ?? undefined, {
      what: 'a quality',
    });
    expect(quality).toBeGreaterThanOrEqual(3.5);
    expect(quality).toBeLessThanOrEqual(4.5);
  });

  it('renames it', async () => {
    await patch({ name: 'Dora' });
    await told({ name: 'Dora' });
  });

  it('mutes it: it hears so, and how to ask to speak, and nobody hears it', async () => {
    const before = await heardUntil(phone);
    await patch({ muted: true });
    await hearsPrompt(phone, 'muted-by-host', { since: before });
    await told({ muted: true });
    await hears(other, [], [CALLER], 1.5);
    // As the prompt says.
    await answersKeys(phone, '*9', 'hand-raised');
    await told({ handRaised: true });
  });

  it('asks it to unmute: it hears so, and unmutes itself', async () => {
    const before = await heardUntil(phone);
    await patch({ muted: false });
    await hearsPrompt(phone, 'unmute-asked', { since: before });
    await told({ muted: true });
    await answersKeys(phone, '*6', 'unmuted');
    await told({ muted: false });
    await hears(other, [CALLER], [OTHER]);
  });

  it('lowers its hand: it hears so', async () => {
    const before = await heardUntil(phone);
    await patch({ handRaised: false });
    await hearsPrompt(phone, 'hand-lowered', { since: before });
    await told({ handRaised: false });
  });

  it('removes it: it hears so, and goodbye, and is hung up', async () => {
    const before = await heardUntil(phone);
    const path = `/meetings/${line.meetingId}/participants/${id}`;
    expect((await switchroom.rest.raw('DELETE', path)).status).toBe(204);
    await hearsPrompt(phone, 'removed', { since: before });
    await hearsPrompt(phone, 'goodbye', { since: before });
    await phone.ended();
    await eventually(() => !watcher.people.has(id), { what: 'the phone gone from the room' });
    await hears(other, [], [CALLER], 1);
  });
});
