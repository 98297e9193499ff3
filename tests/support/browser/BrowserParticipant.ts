import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import type { Sound } from '../audio/Sound.ts';
import { writeWav } from '../audio/wav.ts';
import { listenInPage } from './pageAudio.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

export interface BrowserOptions {
  name: string;
  joinUrl: string;
  /** What the microphone hears, over and over; `refused`: the permission is denied. */
  microphone: Sound | 'refused';
  /** Signed in before the page opens: the owner of the meeting is its host. */
  account?: { email: string; password: string };
  /** Runs in the page before anything else does. */
  initScript?: (() => void) | { run: (text: string) => void; with: string };
}

/** Chromium with a fake microphone, used as a person uses it: by role and name. */
export class BrowserParticipant {
  readonly name: string;
  readonly page: Page;
  /** What the page wrote to its console as an error. */
  readonly errors: string[] = [];
  readonly #context: BrowserContext;
  readonly #folder: string;
  #closed = false;

  private constructor(name: string, context: BrowserContext, page: Page, folder: string) {
    this.name = name;
    this.#context = context;
    this.page = page;
    this.#folder = folder;
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** Opens the join link; does not join yet. */
  static async open(options: BrowserOptions): Promise<BrowserParticipant> {
    const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
    const isRefused = options.microphone === 'refused';
    const url = unprocessed(options.joinUrl);
    const args = [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
      // A window that is not in front is slowed down otherwise.
      '--disable-background-timer-throttling',
      '--disable-renderer-backgrounding',
      '--disable-backgrounding-occluded-windows',
    ];
    if (options.microphone !== 'refused') {
      const file = join(folder, 'microphone.wav');
      await writeWav(file, options.microphone);
      args.push('--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${file}`);
    } else {
      args.push('--deny-permission-prompts');
    }
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: CHROMIUM,
      headless: true,
      args,
      // The fake microphone's permission comes of the flag; anything else is as in a fresh profile.
      ...(isRefused && { permissions: [] }),
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const script = options.initScript;
    if (typeof script === 'function') await page.addInitScript(script);
    else if (script !== undefined) await page.addInitScript(script.run, script.with);
    const participant = new BrowserParticipant(options.name, context, page, folder);
    if (options.account !== undefined) {
      const session = await signIn(url.origin, options.account);
      await page.addInitScript((text) => {
        sessionStorage.setItem('switchroom.session', text);
      }, session);
    }
    try {
      await page.goto(url.href);
    } catch (error) {
      await participant.close();
      throw error;
    }
    return participant;
  }

  /** Opens the link, says the name and joins; resolves in the room. */
  static join(options: BrowserOptions): Promise<BrowserParticipant> {
    return BrowserParticipant.#enter(options, (participant) => participant.inRoom());
  }

  /** As `join()`; resolves in the lobby. */
  static knock(options: BrowserOptions): Promise<BrowserParticipant> {
    return BrowserParticipant.#enter(options, (participant) => participant.inLobby());
  }

  static async #enter(
    options: BrowserOptions,
    arrived: (participant: BrowserParticipant) => Promise<void>,
  ): Promise<BrowserParticipant> {
    const participant = await BrowserParticipant.open(options);
    try {
      await participant.#ask(() => arrived(participant));
    } catch (error) {
      await participant.close();
      throw error;
    }
    return participant;
  }

  /** Leaves where it is for another meeting, and joins it; resolves in the room. */
  joinAt(joinUrl: string): Promise<void> {
    return this.#moveTo(joinUrl, () => this.inRoom());
  }

  /** As `joinAt()`; resolves in the lobby. */
  knockAt(joinUrl: string): Promise<void> {
    return this.#moveTo(joinUrl, () => this.inLobby());
  }

  /** Joins anew where the page was loaded anew; resolves in the room. */
  rejoin(): Promise<void> {
    return this.#ask(() => this.inRoom());
  }

  async #moveTo(joinUrl: string, arrived: () => Promise<void>): Promise<void> {
    await this.page.goto(unprocessed(joinUrl).href);
    await this.#ask(arrived);
  }

  async #ask(arrived: () => Promise<void>): Promise<void> {
    try {
      await this.page.getByRole('textbox', { name: 'Your name' }).fill(this.name);
      await this.page.getByRole('button', { name: 'Join', exact: true }).click();
      await arrived();
    } catch (error) {
      const body = this.page.locator('body');
      const screen = await body.innerText().catch(() => '');
      const what = `${this.name} could not join. Screen: ${screen.slice(0, 600)}`;
      throw new Error(`${what}\nConsole: ${this.errors.join('\n')}`, { cause: error });
    }
  }

  /** Resolves when the room is on the screen. */
  async inRoom(): Promise<void> {
    await this.page.getByRole('list', { name: 'Participants' }).waitFor({ timeout: 20_000 });
  }

  /** Resolves when it is said that a host will let us in. */
  async inLobby(): Promise<void> {
    const heading = this.page.getByRole('heading', { name: 'Waiting for the host' });
    await heading.waitFor({ timeout: 20_000 });
  }

  /** The tile of one in the room. */
  tile(name: string): Locator {
    return this.page
      .getByRole('list', { name: 'Participants' })
      .getByRole('listitem', { name, exact: true });
  }

  /** Chooses from the menu on somebody's tile. */
  async choose(name: string, what: string): Promise<void> {
    await this.page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    await this.page.getByRole('menuitem', { name: what, exact: true }).click();
  }

  /** Chooses from the menu of the meeting. */
  async chooseInMeeting(what: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Meeting menu' }).click();
    await this.page.getByRole('menuitem', { name: what, exact: true }).click();
  }

  /** What each other participant sounds like now, by participant id. */
  async heard(seconds: number): Promise<Map<string, Sound>> {
    const heard = await this.page.evaluate(listenInPage, seconds);
    return new Map(
      heard.map(({ participantId, sampleRate, samples }) => {
        const bytes = Buffer.from(samples, 'base64');
        const pcm = Int16Array.from({ length: bytes.length / 2 }, (_, i) =>
          bytes.readInt16LE(2 * i),
        );
        return [participantId, { sampleRate, samples: pcm }];
      }),
    );
  }

  /** Ids of those whose sound is played. */
  audible(): Promise<string[]> {
    const audios = this.page.locator('audio[data-participant-id]');
    return audios.evaluateAll((all) =>
      all.map((one) => (one as HTMLAudioElement).dataset['participantId'] ?? ''),
    );
  }

  async leave(): Promise<void> {
    await this.page.getByRole('button', { name: 'Leave', exact: true }).click();
  }

  /** Closes the browser. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#context.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The microphone's processing takes tones for noise: off, since tones are what we measure. */
function unprocessed(joinUrl: string): URL {
  const url = new URL(joinUrl);
  url.searchParams.set('processing', 'off');
  return url;
}

/** What the app keeps of one who is signed in. */
async function signIn(
  origin: string,
  account: { email: string; password: string },
): Promise<string> {
  const response = await fetch(`${origin}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  });
  if (!response.ok) throw new Error(`sign-in answered ${response.status}`);
  return response.text();
}
