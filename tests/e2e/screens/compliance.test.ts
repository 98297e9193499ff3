import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { AlarmView, RecordingView } from '@switchroom/protocol';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { BrowserParticipant } from '../../support/browser/BrowserParticipant.ts';
import { FourParties } from '../../support/FourParties.ts';
import { TONES } from '../../support/hearing.ts';
import { ADMIN, Switchroom } from '../../support/Switchroom.ts';

const ACCOUNT = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };

let switchroom: Switchroom;
let browser: BrowserParticipant;
let page: Page;
let recording: RecordingView;

const button = (name: string) => page.getByRole('button', { name, exact: true });

async function post(path: string, body: object): Promise<void> {
  expect((await switchroom.rest.raw('POST', path, body)).status).toBeLessThan(300);
}

/** dB of an analyser, at which a tone is there beyond doubt. */
const HEARD = -50;

/**
 * How loud both phones' tones are in what one sound plays, dB of an analyser: looked at until
 * those that are `expected` are heard, or for 10 s.
 */
function levels(soundId: string, expected: ('baresip' | 'sipp')[]) {
  return page.evaluate(
    async ({ soundId, expected, tones, HEARD }) => {
      const audio = document.querySelector<HTMLAudioElement>(`[data-sound-id="${soundId}"]`);
      const stream = (audio as unknown as { captureStream(): MediaStream }).captureStream();
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
      context.createMediaStreamSource(stream).connect(analyser);
      const bins = new Float32Array(analyser.frequencyBinCount);
      const at = (hertz: number) =>
        bins[Math.round((hertz * analyser.fftSize) / context.sampleRate)] ?? -Infinity;
      const look = () => {
        analyser.getFloatFrequencyData(bins);
        return { baresip: at(tones.baresip), sipp: at(tones.sipp) };
      };
      const end = performance.now() + 10_000;
      let [last, found] = [look(), look()];
      // Twice: where a tone begins within what is looked at, its spectrum is wide.
      while (performance.now() < end) {
        await new Promise((done) => setTimeout(done, 200));
        [last, found] = [found, look()];
        if (expected.every((one) => Math.min(last[one], found[one]) > HEARD)) break;
      }
      await context.close();
      return found;
    },
    { soundId, expected, tones: TONES, HEARD },
  );
}

/** Ids of the sounds that are played now. */
function sounding(): Promise<string[]> {
  return page
    .locator('audio[data-sound-id]')
    .evaluateAll((all) =>
      (all as HTMLAudioElement[])
        .filter(({ paused, readyState }) => !paused && readyState > 2)
        .map(({ dataset }) => dataset['soundId'] ?? ''),
    );
}

beforeAll(async () => {
  switchroom = await Switchroom.start();
  const parties = await FourParties.in(switchroom);
  try {
    await parties.join('baresip', 'sipp');
    await parties.allHearTheOthers();
    await parties.talkFor(8);
    await post(`/meetings/${parties.meeting.id}/recording`, { action: 'pause' });
    await parties.talkFor(2);
    await post(`/meetings/${parties.meeting.id}/recording`, { action: 'resume' });
    await parties.talkFor(1);
    await parties.hold(true);
    await post(`/meetings/${parties.meeting.id}/mute-all`, {});
    await parties.talkFor(3);
    await parties.hold(false);
    await parties.talkFor(1);
    await parties.leave('baresip', 'sipp');
    recording = await parties.sealedRecording();
  } finally {
    await parties.close();
  }
  const policy = { reasonToPlay: true };
  expect((await switchroom.rest.raw('PUT', '/recording-policy', policy)).status).toBe(200);
  browser = await BrowserParticipant.open({
    name: 'Officer',
    joinUrl: `${switchroom.url}/recordings`,
    microphone: tone({ frequency: 440, seconds: 1, sampleRate: 48_000 }),
    account: ACCOUNT,
  });
  page = browser.page;
  return async () => {
    await browser.close();
    await switchroom.stop();
  };
});

let shots = 0;

/** For who wants to look at the screens: into the folder SCREENSHOTS. */
async function shoot(name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  shots += 1;
  await page.screenshot({ path: `${folder}/${shots}-${name}.png`, fullPage: true });
}

async function isFit(): Promise<void> {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(bad.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      await shoot(`${width}-${colorScheme}`);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  }
}

it('an officer finds the meeting by its title, and not by another', async () => {
  await page.getByRole('link', { name: 'Four' }).waitFor();
  await page.getByLabel('Meeting', { exact: true }).fill('five');
  await button('Search').click();
  await page.getByText('No recording matches.').waitFor();
  await page.getByLabel('Meeting', { exact: true }).fill('fou');
  await page.getByLabel('Participant', { exact: true }).fill('sipp');
  await button('Search').click();
  await page.getByRole('link', { name: 'Four' }).waitFor();
  await isFit();
});

async function listen(): Promise<void> {
  await page.getByRole('link', { name: 'Four' }).click();
  await button('Listen').click();
  const dialog = page.getByRole('dialog', { name: 'Listen' });
  await dialog.getByLabel('Reason').fill('Complaint 12');
  await dialog.getByRole('button', { name: 'Listen' }).click();
}

it('the mix plays once a reason is stated, and both are heard', async () => {
  await listen();
  await button('Play').click();
  await expect.poll(sounding).toEqual(['mix']);
  await button(`On to where SIPp speaks`).click();
  const { baresip, sipp } = await levels('mix', ['baresip', 'sipp']);
  expect(Math.min(baresip, sipp)).toBeGreaterThan(HEARD);
});

it('each lane tells where its track was paused, muted or on hold, in patterns and in words', async () => {
  const legend = page.getByRole('list', { name: 'What the patterns mean' });
  const kinds = ['Recording paused', 'Call on hold', 'Muted'];
  // Beside what happens by itself: who is told of the recording is not heard meanwhile.
  const own = (all: readonly (string | undefined)[]) =>
    all.filter((kind) => !/Nothing arrived|no-packets/.test(kind ?? '')).toSorted();
  expect(own(await legend.getByRole('listitem').allInnerTexts())).toEqual(kinds.toSorted());
  const { tracks, durationMs } = recording;
  for (const { participantName: name } of tracks) {
    const lane = page
      .getByRole('listitem')
      .filter({ hasText: new RegExp(`${name}: .*Recording paused 1×`) });
    const marks = await lane.locator('[data-kind]').evaluateAll((all) =>
      (all as HTMLElement[]).map(({ dataset, offsetLeft, offsetWidth, parentElement }) => ({
        kind: dataset['kind'],
        from: offsetLeft / parentElement!.clientWidth,
        to: (offsetLeft + offsetWidth) / parentElement!.clientWidth,
      })),
    );
    const held = name === 'SIPp' ? [] : ['held'];
    expect(own(marks.map(({ kind }) => kind))).toEqual([...held, 'muted', 'paused']);
    const paused = marks.find(({ kind }) => kind === 'paused')!;
    expect(((paused.to - paused.from) * durationMs!) / 1000).toBeCloseTo(2, 0);
    // Nobody unmuted them: to the moment in which they left.
    const muted = marks.find(({ kind }) => kind === 'muted')!;
    expect(muted.from).toBeGreaterThan(paused.to);
    expect(muted.to).toBeGreaterThan(0.8);
    await lane.locator('summary').click();
    await lane.getByRole('button', { name: /^Muted, \d+:\d\d to \d+:\d\d$/ }).click();
  }
  await isFit();
  // They were jumped to, and it has come to its end, or is about to.
  await page.getByLabel('Position', { exact: true }).fill('0');
  if (await button('Play').isVisible()) await button('Play').click();
  await button('On to where SIPp speaks').click();
});

it('one track is heard alone, and time stays where it was', async () => {
  const track = recording.tracks.find(({ participantName }) => participantName === 'SIPp');
  await button('Hear SIPp only').click();
  await expect.poll(sounding).toEqual([track?.id]);
  const { baresip, sipp } = await levels(track?.id ?? '', ['sipp']);
  expect(sipp).toBeGreaterThan(HEARD);
  expect(sipp - baresip).toBeGreaterThan(30);
  await button('Pause').click();
  expect(await sounding()).toEqual([]);
  await isFit();
});

it('a hold is put on with a reason, no deletion is offered then, and the trail knows of it all', async () => {
  await button('Put on hold').click();
  const dialog = page.getByRole('dialog', { name: 'Put on hold' });
  await dialog.getByLabel('Reason').fill('Case 7');
  await dialog.getByRole('button', { name: 'Put on hold' }).click();
  await page.getByText(/On hold since .* Case 7/).waitFor();
  await expect.poll(() => button('Delete').count()).toBe(0);
  await button('Lift hold').waitFor();
  const { body } = await switchroom.rest.raw('GET', `/audit?subject=${recording.id}&limit=200`);
  const { items } = body as { items: { action: string; details: { reason?: string } }[] };
  const said = items.map(({ action, details }) => `${action} ${details.reason ?? ''}`);
  expect(said).toContain('recording.hold-set Case 7');
  expect(said).toContain('recording.played Complaint 12');
  // Their waveforms, once each however often the page has loaded them.
  const seen = said.filter((text) => text === 'recording.viewed Complaint 12');
  expect(seen).toHaveLength(recording.tracks.length);
});

/** Where a file of the recording lies. */
function inVault(name: string): string {
  return join(switchroom.dataDir, 'vault', recording.id, name);
}

async function change(name: string): Promise<void> {
  const bytes = await readFile(inVault(name));
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(inVault(name), bytes);
}

/** Which files of it an alarm was raised for. */
async function alarmed(): Promise<(string | undefined)[]> {
  const { body } = await switchroom.rest.raw('GET', '/alarms');
  const { active } = body as { active: AlarmView[] };
  const damaged = active.filter(({ kind }) => kind === 'recording-damaged');
  return damaged.map(({ subject }) => subject.file).toSorted();
}

it('what is damaged in the vault is marked and named, mix and track, and the rest is played', async () => {
  const [whole, lost] = ['SIPp', 'baresip'].map((name) =>
    recording.tracks.find(
      ({ participantName }) => (participantName === 'SIPp') === (name === 'SIPp'),
    ),
  );
  for (const id of ['mix', whole!.id]) await change(`${id}.sealed`);
  await rm(inVault(`${lost!.id}.sealed`));
  await page.getByRole('link', { name: 'All recordings' }).click();
  await listen();
  await page.getByText('Part of the mix is damaged in storage').waitFor();
  const parts = /^Damaged in storage, \d+:\d\d to \d+:\d\d$/;
  const mix = page.getByRole('group', { name: 'Mix of everyone' });
  expect(await mix.getByRole('button', { name: parts }).count()).toBe(1);
  await page.getByText(`${lost!.participantName} cannot be read`).waitFor();
  const lane = page.getByRole('listitem').filter({ hasText: /SIPp: .*Damaged in storage 1×/ });
  await lane.locator('summary').click();
  await lane.getByRole('button', { name: parts }).click();
  expect(await alarmed()).toEqual([lost!.id, whole!.id, 'mix'].toSorted());
  await isFit();
  await mix.getByRole('button', { name: parts }).click();
  await button('Play').click();
  await expect.poll(sounding).toEqual(['mix']);
  await button('Pause').click();
});

it('where the mix cannot be read either, what can is played in its place', async () => {
  await rm(inVault('mix.sealed'));
  await page.getByRole('link', { name: 'All recordings' }).click();
  await isFit();
  await listen();
  await page.getByText('The mix cannot be read').waitFor();
  await button('On to where SIPp speaks').click();
  await button('Play').click();
  const [heard] = recording.tracks.filter(({ participantName }) => participantName === 'SIPp');
  await expect.poll(sounding).toEqual([heard!.id]);
  await button('Pause').click();
  await isFit();
});

it('what is not by the seal of a recorder here is not played, and the page says so', async () => {
  await change('seal.json');
  // What was read before, by the seal that was right then, is another version of its file now.
  for (const { id } of recording.tracks) {
    const now = new Date();
    await utimes(inVault(`${id}.sealed`), now, now).catch(() => undefined);
  }
  await page.getByRole('link', { name: 'All recordings' }).click();
  await listen();
  await page.getByText('What was sealed with this recording cannot be read').waitFor();
  await page.getByText('Nothing of this recording can be played').waitFor();
  expect(await page.locator('audio').count()).toBe(0);
  expect(await alarmed()).toContain('seal');
  await isFit();
});

it('says nothing in the console but what HTTP answered', () => {
  expect(browser.errors.filter((text) => !/status of (400|403|500)/.test(text))).toEqual([]);
});
