import { parseConfig } from '@switchroom/protocol';
import { createDialIn, type DialIn } from '@switchroom/sip-dialin';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chirp, find } from '../../support/audio/chirp.ts';
import { levelAt } from '../../support/audio/goertzel.ts';
import { promptIn } from '../../support/audio/prompts.ts';
import { concatenate, slice, type Sound } from '../../support/audio/Sound.ts';
import { silence } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { freePortRange } from '../../support/net/freePort.ts';
import { FakeMeetingServer, MODERATOR_PIN, PIN, TOKEN } from './FakeMeetingServer.ts';
import { FakeSfu } from './FakeSfu.ts';
import { SoundCaller } from './SoundCaller.ts';

/* The caller's path by ear: real media between callers with voices, and a meeting server in the test's hand. */

/** Hz; the waiting music has nothing there. */
const [ANNA, BERT] = [1900, 2500];
/** What is heard is louder than this, and what is not is softer than the other, dBFS. */
const HEARD_DB = -40;
const UNHEARD_DB = -60;

let server: FakeMeetingServer;
let sfu: FakeSfu;
let dialIn: DialIn;
let callers: SoundCaller[];

beforeEach(async () => {
  server = new FakeMeetingServer();
  sfu = new FakeSfu();
  server.sfuPort = await sfu.open();
  await server.start();
  callers = [];
  const { min, max } = await freePortRange(20);
  const config = parseConfig({
    SIP_PORT: '0',
    RTP_PORTS: `${min}-${max}`,
    SIGNALING_URL: server.url,
    SERVICE_TOKEN: TOKEN,
  });
  dialIn = await createDialIn(config, { logger: pino({ level: 'silent' }) });
});

afterEach(async () => {
  await dialIn.close();
  for (const caller of callers) caller.close();
  await server.stop();
  sfu.close();
});

/** A caller who has keyed a PIN, and what the server was asked about them. */
async function caller(frequency?: number, pin = PIN): Promise<SoundCaller> {
  const made = await SoundCaller.call(dialIn.sipUri, frequency);
  callers.push(made);
  await made.sip.keys(`${pin}#`);
  return made;
}

async function joins(count: number): Promise<Record<string, unknown>[]> {
  return eventually(
    () => {
      const payloads = server.payloads('phone:join');
      return payloads.length >= count && payloads;
    },
    { what: `${count} phones joined`, every: 5 },
  );
}

async function hears(who: SoundCaller, frequency: number): Promise<void> {
  await eventually(async () => levelAt(await who.listen(0.6), frequency) > HEARD_DB, {
    what: `${frequency} Hz`,
    every: 1,
  });
}

async function hearsPrompt(
  who: SoundCaller,
  start: number,
  prompt: string,
  language = 'en',
): Promise<void> {
  await eventually(async () => (await promptIn(who.since(start), prompt, language)) !== undefined, {
    what: `the prompt ${prompt}`,
    every: 250,
  });
}

const isQuietAt = (sound: Sound, frequency: number): boolean =>
  levelAt(sound, frequency) < UNHEARD_DB;

describe('the lobby', () => {
  it(
    'lets nothing in or out until the host does, by RTP and by ear',
    { timeout: 40_000 },
    async () => {
      const anna = await caller(ANNA);
      await joins(1);
      server.joinsAs = 'lobby';
      const fromAnna = anna.now;
      const bert = await SoundCaller.call(dialIn.sipUri, BERT);
      callers.push(bert);
      await bert.sip.keys(`${PIN}#`);
      const [, join] = await joins(2);
      const ssrc = Number(join!['ssrc']);
      const begin = bert.now;
      await hearsPrompt(bert, begin, 'lobby-wait');
      await hearsPrompt(bert, begin, 'waiting-music', 'sounds');
      const music = await bert.listen(2);
      expect(isQuietAt(music, ANNA)).toBe(true);
      expect(isQuietAt(bert.since(begin), ANNA)).toBe(true);
      expect(isQuietAt(anna.since(fromAnna), BERT)).toBe(true);
      expect(sfu.packets(ssrc)).toBe(0);

      const admitted = bert.now;
      server.update([...server.phones.keys()].at(-1)!, { state: 'joined' });
      await hearsPrompt(bert, admitted, 'admitted');
      await Promise.all([hears(bert, ANNA), hears(anna, BERT)]);
      await eventually(() => sfu.packets(ssrc) > 10, { what: 'his packets at the SFU' });
    },
  );

  it('says goodbye to whom the host turns away', async () => {
    server.joinsAs = 'lobby';
    const bert = await caller(BERT);
    const [join] = await joins(1);
    const start = bert.now;
    const [participantId = ''] = server.phones.keys();
    server.tell('participant:left', { meetingId: 'm1', participantId, reason: 'removed' });
    await hearsPrompt(bert, start, 'removed');
    await bert.sip.gotBye();
    expect(sfu.packets(Number(join!['ssrc']))).toBe(0);
  });
});

describe('roll-call', () => {
  it(
    'the name is played back, and to the others as its caller enters',
    { timeout: 40_000 },
    async () => {
      server.entry = 'none';
      const anna = await caller();
      await joins(1);
      server.entry = 'roll-call';
      const start = anna.now;
      const bert = await caller();
      const asked = bert.now;
      await hearsPrompt(bert, asked, 'record-tone', 'sounds');
      const name = concatenate([silence(0.3), chirp(), silence(0.1), chirp(), silence(0.5)]);
      bert.say(name);
      await bert.listen(1.2);
      bert.say();
      const reviewed = bert.now;
      await bert.sip.keys('#');
      await hearsPrompt(bert, reviewed, 'you-said');
      await hearsPrompt(bert, reviewed, 'name-review');
      expect(find(chirp(), bert.since(reviewed)).likeness).toBeGreaterThan(0.8);
      expect(server.payloads('phone:join')).toHaveLength(1);
      await bert.sip.keys('1');
      const [, join] = await joins(2);
      await eventually(() => find(chirp(), anna.since(start)).likeness > 0.8, {
        what: 'his name at hers',
        every: 250,
      });
      expect(sfu.packets(Number(join!['ssrc']))).toBeGreaterThan(10);
      const counted = anna.now;
      await anna.sip.keys('*3');
      await hearsPrompt(anna, counted, 'there-are');
      await eventually(() => find(chirp(), anna.since(counted)).likeness > 0.8, {
        what: 'his name after the number',
        every: 250,
      });
    },
  );
});

describe('in the meeting', () => {
  it('a tone is heard as somebody comes and another as they leave, over what is said', async () => {
    server.entry = 'tones';
    const anna = await caller(ANNA);
    await joins(1);
    const bert = await caller();
    await joins(2);
    await hears(bert, ANNA);
    const start = bert.now;
    const participant = { ...[...server.phones.values()][0]!, id: 'b1', kind: 'browser' } as const;
    // Not within a second of the tone for him.
    await bert.listen(1.1);
    server.tell('participant:joined', { meetingId: 'm1', participant });
    await hearsTone(bert, start, 784);
    await bert.listen(1.1);
    const left = bert.now;
    server.tell('participant:left', { meetingId: 'm1', participantId: 'b1', reason: 'left' });
    await hearsTone(bert, left, 784);
    expect(levelAt(bert.since(start), ANNA)).toBeGreaterThan(HEARD_DB);
    expect(isQuietAt(anna.since(0), BERT)).toBe(true);
  });

  it('whoever comes hears in their language that it is recorded, and when that stops', async () => {
    server.recording = true;
    server.language = 'fr';
    const anna = await caller();
    const start = anna.now;
    await hearsPrompt(anna, start, 'recording-on', 'fr');
    const stopped = anna.now;
    const news = { meetingId: 'm1', locked: false, recording: false, paused: false, waiting: 0 };
    server.tell('room:changed', news);
    await hearsPrompt(anna, stopped, 'recording-off', 'fr');
  });

  it('a moderator is told who waits, and lets them in by keys', async () => {
    const anna = await caller(undefined, MODERATOR_PIN);
    await joins(1);
    expect(server.payloads('phone:join')[0]).toMatchObject({ role: 'host' });
    const start = anna.now;
    const news = { meetingId: 'm1', locked: false, recording: false, paused: false, waiting: 1 };
    server.tell('room:changed', news);
    await hearsPrompt(anna, start, 'somebody-waiting');
    await anna.sip.keys('*2');
    await hearsPrompt(anna, start, 'let-in');
    expect(server.payloads('room:admitAll')).toEqual([{ meetingId: 'm1', participantId: 'p2' }]);
  });

  it('phones hear each other while the room is opened anew', { timeout: 40_000 }, async () => {
    const anna = await caller(ANNA);
    await joins(1);
    const bert = await caller(BERT);
    await joins(2);
    await Promise.all([hears(bert, ANNA), hears(anna, BERT)]);
    const start = bert.now;
    server.failing = { event: 'room:open', code: 'media-unavailable' };
    server.tell('room:closed', { meetingId: 'm1', reason: 'media-failed' });
    await bert.listen(2);
    server.failing = undefined;
    await joins(4);
    await bert.listen(1);
    const heard = bert.since(start);
    for (let at = 0; at + 0.5 <= 2.5; at += 0.5) {
      expect(levelAt(slice(heard, at, at + 0.5), ANNA)).toBeGreaterThan(HEARD_DB);
    }
    expect(bert.sip.received.some(({ method }) => method === 'BYE')).toBe(false);
  });
});

/** A tone that is over soon: somewhere in what is heard from then on. */
async function hearsTone(who: SoundCaller, start: number, frequency: number): Promise<void> {
  await eventually(
    () => {
      const sound = who.since(start);
      const seconds = sound.samples.length / sound.sampleRate;
      for (let at = 0; at + 0.2 <= seconds; at += 0.05) {
        if (levelAt(slice(sound, at, at + 0.2), frequency) > HEARD_DB) return true;
      }
      return false;
    },
    { what: `a tone of ${frequency} Hz`, every: 50 },
  );
}
