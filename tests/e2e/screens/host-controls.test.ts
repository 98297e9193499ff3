import { describe, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { BrowserParticipant } from '../../support/browser/BrowserParticipant.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import { ADMIN } from '../../support/Switchroom.ts';

const ACCOUNT = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
let joinUrl: string;
let moderatorPin: string;
let anna: BrowserParticipant;
let bert: BrowserParticipant;

const guest = (name: string) => ({
  name,
  joinUrl,
  microphone: tone({ frequency: 620, seconds: 10, sampleRate: 48_000 }),
});
const isMuted = (who: BrowserParticipant, name: string) =>
  who.tile(name).getByRole('img', { name: 'muted' });

it.beforeAll(async ({ switchroom }) => {
  ({ joinUrl, moderatorPin } = await switchroom.rest.createMeeting());
  [anna, bert] = await Promise.all([
    BrowserParticipant.join({ ...guest('Anna'), account: ACCOUNT }),
    BrowserParticipant.join(guest('Bert')),
  ]);
  await anna.tile('Bert').waitFor();
  return () => Promise.all([anna.close(), bert.close()]);
});

describe('a host and a guest, one thing after the other', () => {
  it('only the host has the menus and the host PIN', async () => {
    await anna.page.getByText('Host PIN', { exact: true }).waitFor();
    const shown = await anna.page.getByRole('region', { name: 'Dial in' }).innerText();
    expect(shown.replaceAll(/\s/g, '')).toContain(moderatorPin);
    expect(await bert.page.getByText('Host PIN').count()).toBe(0);
    expect(await bert.page.getByRole('button', { name: 'Actions for Anna' }).count()).toBe(0);
    // By the dial-out policy, a guest's phone is not called either.
    expect(await bert.page.getByRole('button', { name: 'Meeting menu' }).count()).toBe(0);
  });

  it('the host mutes a guest, who is told, and asks them to unmute, which they do', async () => {
    await anna.choose('Bert', 'Mute');
    await isMuted(anna, 'Bert').waitFor();
    await bert.page.getByText('You were muted. Unmute to speak.').waitFor();
    await anna.choose('Bert', 'Ask to unmute');
    await bert.page.getByText('Anna asks you to unmute.').waitFor();
    await bert.page.getByRole('button', { name: 'Unmute now' }).click();
    await isMuted(anna, 'Bert').waitFor({ state: 'detached' });
    await bert.page.getByText('Anna asks you to unmute.').waitFor({ state: 'detached' });
  });

  it('the host mutes everyone but themselves', async () => {
    await anna.chooseInMeeting('Mute everyone');
    await isMuted(anna, 'Bert').waitFor();
    expect(await isMuted(anna, 'Anna').count()).toBe(0);
    await bert.page.getByRole('button', { name: 'Unmute', exact: true }).click();
    await isMuted(anna, 'Bert').waitFor({ state: 'detached' });
  });

  it('the host lowers a hand', async () => {
    await bert.page.getByRole('button', { name: 'Raise hand' }).click();
    await anna.tile('Bert').getByRole('img', { name: 'hand raised' }).waitFor();
    await anna.choose('Bert', 'Lower hand');
    await bert.page.getByRole('button', { name: 'Raise hand' }).waitFor();
    expect(await anna.tile('Bert').getByRole('img', { name: 'hand raised' }).count()).toBe(0);
  });

  it('the host renames a guest, and a guest themselves; by keyboard, and the focus comes back', async () => {
    const menu = anna.page.getByRole('button', { name: 'Actions for Bert' });
    await menu.focus();
    await anna.page.keyboard.press('Enter');
    await anna.page.getByRole('menuitem', { name: 'Rename' }).press('Enter');
    const name = anna.page.getByRole('dialog').getByRole('textbox', { name: 'Name' });
    await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true);
    await name.fill('Bertram');
    await name.press('Enter');
    await bert.tile('Bertram').waitFor();
    const renamed = anna.page.getByRole('button', { name: 'Actions for Bertram' });
    await expect
      .poll(() => renamed.evaluate((button) => button === document.activeElement))
      .toBe(true);

    await bert.choose('Bertram', 'Rename');
    await bert.page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Bert B.');
    await bert.page.getByRole('button', { name: 'Save' }).click();
    await anna.tile('Bert B.').waitFor();
    await bert.tile('Bert B.').waitFor();
  });

  it('nobody comes into a locked meeting, until it is unlocked', async () => {
    await anna.chooseInMeeting('Lock meeting');
    await bert.page.getByText('Locked', { exact: true }).waitFor();
    const carl = await BrowserParticipant.open(guest('Carl'));
    try {
      const join = carl.page.getByRole('button', { name: 'Join', exact: true });
      await carl.page.getByRole('textbox', { name: 'Your name' }).fill('Carl');
      await join.click();
      await carl.page.getByText('The meeting is locked. A host can unlock it.').waitFor();
      await anna.chooseInMeeting('Unlock meeting');
      await bert.page.getByText('Locked', { exact: true }).waitFor({ state: 'detached' });
      await carl.page.getByRole('button', { name: 'Try again' }).click();
      await join.click();
      await carl.inRoom();
    } finally {
      await carl.close();
    }
  });

  it('the host removes a guest, having been asked whether they mean it', async () => {
    await anna.choose('Bert B.', 'Remove');
    const dialog = anna.page.getByRole('dialog', { name: 'Remove Bert B.?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await anna.tile('Bert B.').count()).toBe(1);
    await anna.choose('Bert B.', 'Remove');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await bert.page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
    await anna.tile('Bert B.').waitFor({ state: 'detached' });
  });

  it('who was removed and opens the link in a new tab waits, and the host sees who that is', async () => {
    const page = await bert.page.context().newPage();
    await page.goto(joinUrl);
    await page.getByRole('textbox', { name: 'Your name' }).fill('Somebody new');
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await page.getByRole('heading', { name: 'Waiting for the host' }).waitFor();
    await anna.page.getByRole('listitem').filter({ hasText: 'Was removed before' }).waitFor();
    expect(await anna.tile('Somebody new').count()).toBe(0);
    await anna.page.getByRole('button', { name: 'Admit Somebody new' }).click();
    await anna.tile('Somebody new').waitFor();
  });

  it('says nothing in the console', () => {
    expect([...anna.errors, ...bert.errors]).toEqual([]);
  });
});
