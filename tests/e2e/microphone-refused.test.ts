import { describe, expect } from 'vitest';
import { levelAt } from '../support/audio/goertzel.ts';
import { tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import { it } from '../support/sharedSwitchroom.ts';
import type { Switchroom } from '../support/Switchroom.ts';

let switchroom: Switchroom;

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

describe('somebody whose microphone is refused', () => {
  it('is told so, joins to listen, and hears the others', async () => {
    const { id, joinUrl } = await switchroom.rest.createMeeting();
    const microphone = tone({ frequency: 440, seconds: 10, sampleRate: 48_000 });
    const speaker = await BrowserParticipant.join({ name: 'Anna', joinUrl, microphone });
    const listener = await BrowserParticipant.open({
      name: 'Lena',
      joinUrl,
      microphone: 'refused',
    });
    try {
      const { page } = listener;
      await page.getByRole('button', { name: 'Check microphone' }).click();
      await page.getByText('Microphone access is blocked').waitFor();
      await page.getByRole('textbox', { name: 'Your name' }).fill('Lena');
      await page.getByRole('button', { name: 'Listen only' }).click();
      await listener.inRoom();
      await eventually(
        async () => {
          const [sound] = (await listener.heard(1)).values();
          return sound !== undefined && levelAt(sound, 440) > -30;
        },
        { what: 'Anna on the ears of Lena' },
      );
      const names = (await switchroom.rest.participants(id)).map(({ name }) => name);
      expect(names.sort()).toEqual(['Anna', 'Lena']);
    } finally {
      await listener.close();
      await speaker.close();
    }
  });

  it('is told so on pressing Join, too, and may then join to listen', async () => {
    const { joinUrl } = await switchroom.rest.createMeeting();
    const listener = await BrowserParticipant.open({
      name: 'Lena',
      joinUrl,
      microphone: 'refused',
    });
    try {
      const { page } = listener;
      await page.getByRole('textbox', { name: 'Your name' }).fill('Lena');
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await page.getByText('Microphone access is blocked').waitFor();
      await page.getByRole('button', { name: 'Listen only' }).click();
      await listener.inRoom();
    } finally {
      await listener.close();
    }
  });
});
