import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { BrowserParticipant } from '../../support/browser/BrowserParticipant.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import { ADMIN, type Switchroom } from '../../support/Switchroom.ts';

const SCHEMES = ['light', 'dark'] as const;
const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1440, height: 900 };

let switchroom: Switchroom;
let browser: BrowserParticipant;
let guest: BrowserParticipant | undefined;
let page: Page;

let looks = 0;

/**
 * What axe-core finds serious or critical on the screen as it is now, narrow and wide, one of them light and the other
 * dark: for the next screen it is the other way round, since each look takes a second or two.
 */
async function violations(page: Page): Promise<string[]> {
  const found = new Set<string>();
  looks += 1;
  for (const [index, viewport] of [NARROW, WIDE].entries()) {
    const colorScheme = SCHEMES[(looks + index) % SCHEMES.length]!;
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // There are no frames here: no need of a page beside it in which their results are put together.
    const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
    const { violations } = await axe.analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      const where = nodes
        .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`)
        .join('\n  ');
      found.add(`${id} (${colorScheme}, ${String(viewport.width)} px):\n  ${where}`);
    }
  }
  return [...found];
}

let shots = 0;

/** For who wants to look at the screens: into the folder SCREENSHOTS. */
async function shoot(screen: Page): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  shots += 1;
  for (const viewport of [NARROW, WIDE]) {
    await screen.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await screen.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await screen.screenshot({ path: `${folder}/${shots}-${viewport.width}-${colorScheme}.png` });
    }
  }
}

/** Whether anything is wider than a small phone. */
async function overflow(page: Page): Promise<number> {
  await page.setViewportSize(NARROW);
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

async function isFit(screen = page): Promise<void> {
  await shoot(screen);
  expect(await violations(screen)).toEqual([]);
  // What stands where is decided by script, too, a frame after the resize.
  await expect.poll(() => overflow(screen)).toBe(0);
}

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  browser = await BrowserParticipant.open({
    name: 'Ann',
    joinUrl: switchroom.url,
    microphone: tone({ frequency: 440, seconds: 10, sampleRate: 48_000 }),
    // Most violations are told in the console; one that is caught, e.g. of eval, only here.
    initScript: () =>
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`CSP: ${violatedDirective} ${blockedURI}`),
      ),
  });
  page = browser.page;
  return async () => {
    await guest?.close();
    await browser.close();
  };
});

const button = (name: string) => page.getByRole('button', { name, exact: true });

describe('the screens, one after the other as a host meets them, are fit for everybody', () => {
  it('home, sign-in and its failure', async () => {
    await isFit();
    await button('Start a meeting').click();
    await page.getByLabel('E-mail').fill(ADMIN.ADMIN_EMAIL);
    await page.getByLabel('Password').fill('a wrong password');
    await button('Sign in').click();
    await page.getByText('E-mail or password is wrong.').waitFor();
    await isFit();
  });

  it('the meeting form and the meeting that is ready', async () => {
    await page.getByLabel('Password').fill(ADMIN.ADMIN_PASSWORD);
    await button('Sign in').click();
    await button('Create meeting').waitFor();
    await isFit();
    await page.getByRole('switch', { name: 'Lobby' }).click();
    await page.getByText('Phone callers').click();
    await isFit();
    const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
    await page.getByLabel('Title').fill(`Quarterly planning with ${long}`);
    await button('Create meeting').click();
    await page.getByText('Your meeting is ready').waitFor();
    await isFit();
  });

  it('pre-join, before and after the microphone', async () => {
    await page.getByRole('link', { name: 'Join now' }).click();
    await button('Join').click();
    await page.getByText('Enter your name').waitFor();
    await isFit();
    await button('Check microphone').click();
    await page.getByRole('meter', { name: 'Microphone level' }).waitFor();
    await page.getByLabel('Speaker').waitFor();
    await isFit();
  });

  it('the room, alone, with hand and mute, and its dialogs', async () => {
    await page.getByRole('textbox', { name: 'Your name' }).fill('Bartholomäus Featherstonehaugh');
    await button('Join').click();
    await browser.inRoom();
    await isFit();
    await button('Mute').click();
    await button('Raise hand').click();
    await button('Lower hand').waitFor();
    await isFit();
    await button('Invite').click();
    await page.getByRole('dialog', { name: 'Invite' }).waitFor();
    await isFit();
    await page.setViewportSize(NARROW);
    await page.keyboard.press('Escape');
    await button('Audio').click();
    await page.getByRole('dialog', { name: 'Audio settings' }).waitFor();
    await isFit();
    await page.keyboard.press('Escape');
  });

  it('a recording: its notice, running and paused', async () => {
    await button('Record').click();
    await button('Understood').waitFor();
    await isFit();
    await button('Understood').click();
    await page.getByText('You are being recorded').waitFor({ state: 'detached' });
    await isFit();
    await browser.chooseInMeeting('Pause recording');
    await page.getByText('Paused', { exact: true }).waitFor();
    await isFit();
    await button('Stop recording').click();
    await button('Record').waitFor();
  });

  it('the controls of a host fit a small phone', async () => {
    await page.setViewportSize(NARROW);
    for (const name of ['Unmute', 'Lower hand', 'Record', 'Invite', 'Audio', 'Leave']) {
      const box = await button(name).boundingBox();
      expect(box?.x, name).toBeGreaterThanOrEqual(8);
      expect((box?.x ?? 0) + (box?.width ?? 0), name).toBeLessThanOrEqual(NARROW.width - 8);
    }
  });

  it('the lobby, from both sides, and what a host may do', async () => {
    guest = await BrowserParticipant.knock({
      name: 'Maximiliane Featherstonehaugh',
      joinUrl: page.url(),
      microphone: tone({ frequency: 620, seconds: 10, sampleRate: 48_000 }),
    });
    await isFit(guest.page);
    await button('Admit Maximiliane Featherstonehaugh').waitFor();
    await isFit();
    await button('Admit Maximiliane Featherstonehaugh').click();
    await guest.inRoom();
    await button('Actions for Maximiliane Featherstonehaugh').click();
    await page.getByRole('menuitem', { name: 'Remove' }).waitFor();
    await isFit();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog', { name: 'Rename' }).waitFor();
    await isFit();
    await page.keyboard.press('Escape');
    await browser.choose('Maximiliane Featherstonehaugh', 'Mute');
    await browser.choose('Maximiliane Featherstonehaugh', 'Ask to unmute');
    await guest.page.getByRole('button', { name: 'Unmute now' }).waitFor();
    await isFit(guest.page);
    await browser.choose('Maximiliane Featherstonehaugh', 'Remove');
    await page.getByRole('dialog', { name: /^Remove/ }).waitFor();
    await isFit();
    await page.keyboard.press('Escape');
  });

  it('the meeting menu, a locked meeting and the dialogs that call phones', async () => {
    await browser.chooseInMeeting('Lock meeting');
    await page.getByText('Locked', { exact: true }).waitFor();
    await button('Meeting menu').click();
    await page.getByRole('menuitem', { name: 'Unlock meeting' }).waitFor();
    await isFit();
    await page.getByRole('menuitem', { name: 'Call a phone' }).click();
    await page.getByRole('dialog', { name: 'Call a phone' }).waitFor();
    await page.getByRole('textbox', { name: 'Phone number' }).fill('five five five');
    await button('Call').click();
    await page.getByText('Enter an international number').waitFor();
    await isFit();
    await page.keyboard.press('Escape');
    await browser.chooseInMeeting('Use my phone for audio');
    await page.getByRole('dialog', { name: 'Use my phone for audio' }).waitFor();
    await isFit();
    await page.keyboard.press('Escape');
    await browser.chooseInMeeting('End for everyone');
    await page.getByRole('dialog', { name: 'End the meeting for everyone?' }).waitFor();
    await isFit();
    await page.keyboard.press('Escape');
  });

  it('a lost connection', async () => {
    const { page: lost } = guest!;
    // Nothing stops a socket that is open but its end.
    await lost.context().setOffline(true);
    await lost.evaluate(() => dispatchEvent(new Event('offline')));
    await lost.getByText('Connection lost. Reconnecting…').waitFor({ timeout: 60_000 });
    await isFit(lost);
  });

  it('the end, a wrong link and a wrong address', async () => {
    await button('Leave').click();
    await page.getByText('You left the meeting').waitFor();
    await isFit();
    await page.goto(`${switchroom.url}/m/no-such-meeting-at-all`);
    await page.getByText('Meeting not found').waitFor();
    await isFit();
    await page.goto(`${switchroom.url}/nowhere`);
    await page.getByText('Page not found').waitFor();
    await isFit();
  });

  it('a recording whose session was ended elsewhere gives way to the sign-in, and is there again', async () => {
    await page.goto(`${switchroom.url}/recordings`);
    await page.getByRole('link', { name: 'Quarterly planning' }).click();
    await button('Put on hold').waitFor();
    const address = page.url();
    await page.evaluate(async () => {
      const { token } = JSON.parse(sessionStorage.getItem('switchroom.session') ?? '') as {
        token: string;
      };
      const headers = { authorization: `Bearer ${token}` };
      await fetch('/api/v1/sessions', { method: 'DELETE', headers });
    });
    // The page looks for alarms by itself, every ten seconds.
    await page.getByText('You were signed out. Please sign in again.').waitFor();
    expect(await page.getByText('Quarterly planning').count()).toBe(0);
    for (const name of ['Export', 'Put on hold', 'Delete', 'Sign out']) {
      expect(await button(name).count(), name).toBe(0);
    }
    await isFit();
    await page.getByLabel('E-mail').fill(ADMIN.ADMIN_EMAIL);
    await page.getByLabel('Password').fill(ADMIN.ADMIN_PASSWORD);
    await button('Sign in').click();
    await page.getByRole('heading', { name: 'Quarterly planning' }).waitFor();
    expect(page.url()).toBe(address);
    await isFit();
  });

  it('says nothing in the console but what HTTP answered', () => {
    expect(browser.errors.filter((text) => !/status of 40[14]/.test(text))).toEqual([]);
  });
});
