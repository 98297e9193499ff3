import { sine } from '@switchroom/sip-dialin/phone';
import { silence, tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import type { Switchroom } from '../support/Switchroom.ts';
import { BenchPhone, voice } from './BenchPhone.ts';
import { listenInPage } from './browserClock.ts';
import { speakInstead, watchFirstSound } from './browserProbe.ts';
import { chirpsIn, delays } from './Timeline.ts';
import { voiceSecond } from './voice.ts';

const TONE = 1130;

/** From pressing "Join" to the first sound of somebody who is there, ms. */
export async function joinToSound(switchroom: Switchroom, runs: number): Promise<number[]> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const phone = await BenchPhone.join(meeting, sine(TONE));
  const took: number[] = [];
  try {
    for (let i = 0; i < runs; i++) {
      const browser = await BrowserParticipant.open({
        name: 'Bench',
        joinUrl: meeting.joinUrl,
        microphone: tone({ frequency: 440, seconds: 5, sampleRate: 48_000 }),
        initScript: watchFirstSound,
      });
      const { page } = browser;
      await page.getByRole('textbox', { name: 'Your name' }).fill('Bench');
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      const times = await eventually(
        () => page.evaluate(() => (bench.firstSoundAt > 0 ? bench : undefined)),
        { what: 'the first sound' },
      ).finally(() => browser.close());
      took.push(times.firstSoundAt - times.clickedAt);
    }
  } finally {
    await phone.hangUp();
  }
  return took;
}

/** From pressing `#` to the first sound of the room on a phone, ms. */
export async function keyToSound(switchroom: Switchroom, runs: number): Promise<number[]> {
  // No entry tone, which would be mixed with the sound that is waited for.
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const there = await BenchPhone.join(meeting, sine(TONE));
  const took: number[] = [];
  try {
    for (let i = 0; i < runs; i++) {
      const phone = await BenchPhone.dial(meeting);
      await phone.key(meeting.pin);
      const pressedAt = performance.now();
      void phone.key('#');
      took.push((await phone.firstTone(TONE, pressedAt)) - pressedAt);
      await phone.hangUp();
    }
  } finally {
    await there.hangUp();
  }
  return took;
}

/** One way, from the wire at one phone to the wire at another, ms: one value a chirp. */
export async function phoneToPhone(switchroom: Switchroom, seconds: number): Promise<number[]> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const speaker = await BenchPhone.join(meeting, voice());
  const listener = await BenchPhone.join(meeting);
  try {
    await listener.listen(2);
    await Promise.all([speaker.listen(seconds), listener.listen(seconds)]);
    return delays(chirpsIn(speaker.sent()), chirpsIn(listener.heard()));
  } finally {
    await Promise.all([speaker.hangUp(), listener.hangUp()]);
  }
}

/** One way, from a phone's wire to Web Audio in a browser (its jitter buffer in it), ms. */
export async function phoneToBrowser(switchroom: Switchroom, seconds: number): Promise<number[]> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const phone = await BenchPhone.join(meeting, voice());
  const browser = await BrowserParticipant.join({
    name: 'Bench',
    joinUrl: meeting.joinUrl,
    microphone: silence(5, 48_000),
  });
  try {
    await phone.listen(3); // The browser's jitter buffer finds its length.
    await phone.listen(0);
    const heard = await listenInPage(browser.page, { seconds, which: 'heard' });
    return delays(chirpsIn(phone.sent()), chirpsIn(heard));
  } finally {
    await Promise.all([phone.hangUp(), browser.close()]);
  }
}

/** One way, from the samples that a browser's microphone gives to a phone's wire, ms. */
export async function browserToPhone(switchroom: Switchroom, seconds: number): Promise<number[]> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off' });
  const phone = await BenchPhone.join(meeting);
  const { samples } = voiceSecond(48_000);
  const browser = await BrowserParticipant.join({
    name: 'Bench',
    joinUrl: meeting.joinUrl,
    microphone: silence(5, 48_000),
    initScript: {
      run: speakInstead,
      with: Buffer.from(samples.buffer).toString('base64'),
    },
  });
  try {
    await phone.listen(3);
    const [said] = await Promise.all([
      listenInPage(browser.page, { seconds, which: 'said' }),
      phone.listen(seconds + 2),
    ]);
    return delays(chirpsIn(said), chirpsIn(phone.heard()));
  } finally {
    await Promise.all([phone.hangUp(), browser.close()]);
  }
}
