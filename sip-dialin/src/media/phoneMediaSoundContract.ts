import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LegMedia, PhoneMedia, RoomMedia, RtpAddress } from './PhoneMedia.ts';

/** A phone in a test. It talks its tone while `talking`; packets come and go all the time. */
export interface SoundPhone {
  /** What it sends: a tone, or silence. */
  set talking(talking: boolean);
  /** Sets up the call of this leg. */
  call(leg: LegMedia): Promise<void>;
  /** How loud a tone is in the last 800 ms that it heard, in dB of how loud phones talk. */
  hears(hz: number): number;
}

/** What the suite needs of an engine that makes sound. */
export interface SoundHarness {
  media: PhoneMedia;
  openPhone(hz: number): Promise<SoundPhone>;
  /** The SFU's end: where it is; how many packets of one SSRC came, and how loud a tone is in its last 800 ms. */
  sfu: {
    address: RtpAddress;
    packets(ssrc: number): number;
    hears(ssrc: number, hz: number): number;
  };
  /** A WAV file of a tone as loud as phones talk. */
  tone(hz: number, ms: number): Uint8Array;
  release(): Promise<void>;
}

const A_HZ = 500;
const B_HZ = 800;
const SAID_HZ = 1200;
const NEXT_HZ = 1700;
/** As it was, but for filters and codecs. */
const FULL_DB = -2.5;
const NOT_HEARD_DB = -25;
const WAIT = { timeout: 15_000, interval: 50 };

/** Every engine with sound behind `PhoneMedia` passes this, in every codec. */
export function phoneMediaSoundContract(name: string, start: () => Promise<SoundHarness>): void {
  describe(`PhoneMedia, by sound: ${name}`, { timeout: 30_000 }, () => {
    let harness: SoundHarness;
    let room: RoomMedia;
    let a: SoundPhone;
    let b: SoundPhone;
    let legA: LegMedia;
    let legB: LegMedia;

    beforeEach(async () => {
      harness = await start();
      const { media, sfu } = harness;
      room = await media.createRoom('r');
      await room.connect({ ...sfu.address, payloadType: 100, audioLevelExtensionId: 1 });
      [a, b] = [await harness.openPhone(A_HZ), await harness.openPhone(B_HZ)];
      [legA, legB] = [await media.createLeg('a'), await media.createLeg('b')];
      await a.call(legA);
      await b.call(legB);
    });
    afterEach(async () => {
      await harness.media.close();
      await harness.release();
    });

    const joined = async (): Promise<void> => {
      await legA.join('r', 1);
      await legB.join('r', 2);
    };
    const eventually = (check: () => void): Promise<void> => vi.waitFor(check, WAIT);

    it('plays a loop without gaps until it is stopped', async () => {
      const playing = legA.play([harness.tone(SAID_HZ, 300)], { loop: true });
      await eventually(() => expect(a.hears(SAID_HZ)).toBeGreaterThan(-1));
      legA.stop();
      await expect(playing).resolves.toBe('stopped');
      await eventually(() => expect(a.hears(SAID_HZ)).toBeLessThan(NOT_HEARD_DB));
    });

    it('records what the caller says, and plays it', async () => {
      const recording = legA.record(60_000);
      a.talking = true;
      // What is echoed to nobody is known to have been said when it is heard in the next recording.
      await heardBy(legB, b);
      legA.stop();
      const name = await recording;
      expect(Buffer.from(name.subarray(0, 4)).toString()).toBe('RIFF');
      a.talking = false;
      const playing = legA.play([name], { loop: true });
      await eventually(() => expect(a.hears(A_HZ)).toBeGreaterThan(FULL_DB));
      legA.stop();
      await playing;
    });

    it('gives no bytes when nothing was said, and ends a recording after its time', async () => {
      await expect(legA.record(300)).resolves.toHaveLength(0);
      const recording = legA.record(60_000);
      const next = legA.record(60_000);
      await expect(recording).resolves.toHaveLength(0);
      await legA.join('r', 1);
      await expect(next).resolves.toHaveLength(0);
      await expect(legA.record(100)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('makes the room louder and softer to one phone', async () => {
      await joined();
      a.talking = true;
      const third = await harness.openPhone(NEXT_HZ);
      const legC = await harness.media.createLeg('c');
      await third.call(legC);
      await legC.join('r', 3);
      for (const db of [-12, 9, 0]) {
        legB.setVolume(db);
        await eventually(() => {
          expect(b.hears(A_HZ)).toBeGreaterThan(db - 2);
          expect(b.hears(A_HZ)).toBeLessThan(db + 1.5);
          expect(b.hears(3 * A_HZ)).toBeLessThan(NOT_HEARD_DB);
          expect(third.hears(A_HZ)).toBeGreaterThan(FULL_DB);
          expect(third.hears(A_HZ)).toBeLessThan(1.5);
        });
      }
    });

    it('sends the SFU nothing while it need not, and all of it again when it should', async () => {
      await joined();
      a.talking = true;
      const sent = (count: number): Promise<void> =>
        eventually(() => expect(harness.sfu.packets(1)).toBeGreaterThan(count));
      await sent(10);
      room.setForwarding(false);
      // What was said to all is said after that.
      await room.say(harness.tone(SAID_HZ, 100));
      const count = harness.sfu.packets(1);
      await room.say(harness.tone(SAID_HZ, 1500));
      await room.say(harness.tone(SAID_HZ, 100), { legId: 'a' });
      expect(harness.sfu.packets(1)).toBe(count);
      await eventually(() => expect(b.hears(A_HZ)).toBeGreaterThan(FULL_DB));
      room.setForwarding(true);
      await sent(count + 50);
      await eventually(() => expect(harness.sfu.hears(1, A_HZ)).toBeGreaterThan(FULL_DB));
      expect(b.hears(A_HZ)).toBeGreaterThan(FULL_DB);
    });

    it('says to all phones of a silent room, and not to the SFU', async () => {
      await joined();
      const said = [room.say(harness.tone(SAID_HZ, 1200)), room.say(harness.tone(NEXT_HZ, 1200))];
      for (const hz of [SAID_HZ, NEXT_HZ]) {
        await eventually(() => {
          expect(a.hears(hz)).toBeGreaterThan(FULL_DB);
          expect(b.hears(hz)).toBeGreaterThan(FULL_DB);
        });
        expect(harness.sfu.hears(1, hz)).toBeLessThan(NOT_HEARD_DB);
      }
      await Promise.all(said);
    });

    it('says over what people say', async () => {
      await joined();
      a.talking = true;
      const said = room.say(harness.tone(SAID_HZ, 1500));
      await eventually(() => {
        expect(a.hears(SAID_HZ)).toBeGreaterThan(FULL_DB);
        expect(b.hears(SAID_HZ)).toBeGreaterThan(FULL_DB);
        expect(b.hears(A_HZ)).toBeGreaterThan(FULL_DB);
      });
      await said;
      await eventually(() => expect(b.hears(SAID_HZ)).toBeLessThan(NOT_HEARD_DB));
    });

    it('says as a phone: to the others and the SFU, not to itself, and without its caller', async () => {
      await joined();
      a.talking = true;
      await eventually(() => expect(b.hears(A_HZ)).toBeGreaterThan(FULL_DB));
      const said = room.say(harness.tone(SAID_HZ, 2000), { legId: 'a' });
      await eventually(() => {
        expect(b.hears(SAID_HZ)).toBeGreaterThan(FULL_DB);
        expect(b.hears(A_HZ)).toBeLessThan(NOT_HEARD_DB);
        expect(harness.sfu.hears(1, SAID_HZ)).toBeGreaterThan(FULL_DB);
        expect(harness.sfu.hears(1, A_HZ)).toBeLessThan(NOT_HEARD_DB);
        expect(a.hears(SAID_HZ)).toBeLessThan(NOT_HEARD_DB);
      });
      await said;
      await eventually(() => {
        expect(b.hears(A_HZ)).toBeGreaterThan(FULL_DB);
        expect(harness.sfu.hears(1, A_HZ)).toBeGreaterThan(FULL_DB);
        expect(b.hears(SAID_HZ)).toBeLessThan(NOT_HEARD_DB);
      });
    });

    it('says as a phone that is silent and muted', async () => {
      await joined();
      legA.setMuted(true);
      const said = room.say(harness.tone(SAID_HZ, 2000), { legId: 'a' });
      await eventually(() => {
        expect(b.hears(SAID_HZ)).toBeGreaterThan(FULL_DB);
        expect(harness.sfu.hears(1, SAID_HZ)).toBeGreaterThan(FULL_DB);
      });
      await said;
    });

    it('tells who waits for what is said when nobody is left', async () => {
      await joined();
      const toAll = room.say(harness.tone(SAID_HZ, 60_000));
      const asA = room.say(harness.tone(SAID_HZ, 60_000), { legId: 'a' });
      legA.leave();
      await asA;
      legB.leave();
      await toAll;
      const gone = room.say(harness.tone(SAID_HZ, 100), { legId: 'a' });
      await expect(gone).rejects.toMatchObject({ code: 'not-found' });
    });

    /** Long enough for a phone that talks to be heard: measured with another one, which hears a loop. */
    async function heardBy(leg: LegMedia, phone: SoundPhone): Promise<void> {
      const playing = leg.play([harness.tone(SAID_HZ, 300)], { loop: true });
      await eventually(() => expect(phone.hears(SAID_HZ)).toBeGreaterThan(-1));
      leg.stop();
      await playing;
    }
  });
}
