import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LegEvent, LegMedia, PhoneMedia } from './PhoneMedia.ts';
import { buildOffer } from './sdp/buildSdp.ts';

/** What the suite needs of an engine beside the engine itself. */
export interface PhoneMediaHarness {
  media: PhoneMedia;
  /** A prompt file that the engine can play, about 200 ms long. */
  prompt: string;
  /** The caller of this leg presses a key; `answer` is the leg's SDP. */
  press(leg: LegMedia, answer: string, key: string): Promise<void>;
  /** Frees what the harness made, but for the engine. */
  release(): Promise<void>;
}

const OFFER = buildOffer({ sessionId: '1', version: 1, address: '127.0.0.1', port: 9 });
const NO_CODEC = OFFER.replace(/m=audio.*/, 'm=audio 9 RTP/AVP 18');
const WAIT = { timeout: 5000, interval: 5 };

/** Every engine behind `PhoneMedia` passes this, and one that makes sound `phoneMediaSoundContract` too. */
export function phoneMediaContract(name: string, start: () => Promise<PhoneMediaHarness>): void {
  describe(`PhoneMedia: ${name}`, () => {
    let harness: PhoneMediaHarness;
    let media: PhoneMedia;

    beforeEach(async () => {
      harness = await start();
      media = harness.media;
    });
    afterEach(async () => {
      await media.close();
      await harness.release();
    });

    const answeredLeg = async (id: string): Promise<{ leg: LegMedia; answer: string }> => {
      const leg = await media.createLeg(id);
      return { leg, answer: await leg.answer(OFFER) };
    };

    it('answers an offer with one codec and a port of its own for every leg', async () => {
      const ports = new Set<string>();
      for (const id of ['a', 'b']) {
        const { leg, answer } = await answeredLeg(id);
        expect(leg.id).toBe(id);
        const port = /m=audio (\d+) RTP\/AVP 0 101/.exec(answer)?.[1] ?? 'no codec chosen';
        expect(Number(port)).toBeGreaterThan(0);
        ports.add(port);
      }
      expect(ports.size).toBe(2);
    });

    it('takes wideband where a phone has it, and the first law where it has not', async () => {
      const leg = await media.createLeg('a');
      const chosen = async (formats: string): Promise<string | undefined> => {
        const answer = await leg.answer(OFFER.replace('AVP 0 8 101', `AVP ${formats}`));
        return /RTP\/AVP (\d+)/.exec(answer)?.[1];
      };
      expect(await chosen('8 0 101')).toBe('8');
      expect(await chosen('0 8 9 101')).toBe('9');
      const opus = OFFER.replace('AVP 0 8 101', 'AVP 9 0 101 97 98').concat(
        'a=rtpmap:97 opus/48000/2\r\na=rtpmap:98 telephone-event/48000\r\n',
      );
      const answer = await leg.answer(opus);
      expect(answer).toContain('RTP/AVP 97 98\r\n');
      expect(answer).toContain('a=rtpmap:97 opus/48000/2\r\n');
      expect(answer).toContain('a=rtpmap:98 telephone-event/48000\r\n');
    });

    it('takes SRTP where it is offered, unless it is off; required, it takes nothing else', async () => {
      const secured = (key: string): string =>
        OFFER.replace('RTP/AVP', 'RTP/SAVP').concat(
          `a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key}\r\n`,
          `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31\r\n`,
        );
      const offer = secured(Buffer.alloc(30, 7).toString('base64'));
      const optional = await media.createLeg('a');
      const answer = await optional.answer(offer);
      expect(answer).toMatch(/m=audio \d+ RTP\/SAVP 0 101/);
      expect(answer).toMatch(/a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:[\w+/]{40}\r\n/);
      expect(await optional.answer(offer)).toBe(answer);
      const refused = { code: 'no-codec' };
      await expect(optional.answer(secured('short'))).rejects.toMatchObject(refused);
      const off = await media.createLeg('b', { srtp: 'off' });
      await expect(off.answer(offer)).rejects.toMatchObject(refused);
      const required = await media.createLeg('c', { srtp: 'required' });
      await expect(required.answer(OFFER)).rejects.toMatchObject(refused);
      const ours = await required.offer();
      expect(ours).toMatch(/m=audio \d+ RTP\/SAVP /);
      await required.accept(await optional.answer(ours));
    });

    it('offers and takes SRTP beside plain RTP where it is optional', async () => {
      const leg = await media.createLeg('a', { srtp: 'optional' });
      const other = await media.createLeg('b', { srtp: 'optional' });
      const offer = await leg.offer();
      expect(offer).toMatch(/m=audio \d+ RTP\/AVP /);
      const answer = await other.answer(offer);
      expect(answer).toMatch(/m=audio \d+ RTP\/AVP /);
      expect(answer).toContain('a=crypto:1 ');
      await leg.accept(answer);
      const off = await media.createLeg('c', { srtp: 'off' });
      expect(await off.offer()).not.toContain('a=crypto');
      expect(await off.answer(offer)).not.toContain('a=crypto');
    });

    it('keeps its port over a re-INVITE and answers hold', async () => {
      const { leg, answer } = await answeredLeg('a');
      const held = await leg.answer(OFFER.replace('a=sendrecv', 'a=sendonly'));
      const line = /m=audio.*/;
      expect(line.exec(held)?.[0]).toBe(line.exec(answer)?.[0]);
      expect(held).toContain('a=recvonly');
    });

    it('offers, and takes the answer', async () => {
      const leg = await media.createLeg('a');
      const other = await media.createLeg('b');
      const offer = await leg.offer();
      expect(offer).toMatch(/m=audio \d+ RTP\/AVP 96 9 0 8 101 102/);
      await leg.accept(await other.answer(offer));
      await expect(leg.accept(OFFER)).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('refuses SDP without a codec and SDP that cannot be read', async () => {
      const leg = await media.createLeg('a');
      await expect(leg.answer(NO_CODEC)).rejects.toMatchObject({ code: 'no-codec' });
      await expect(leg.answer('rubbish')).rejects.toMatchObject({ code: 'bad-request' });
      expect(await leg.answer(OFFER)).toContain('m=audio');
    });

    it('refuses a leg or room whose id is taken, until that closes', async () => {
      const leg = await media.createLeg('a');
      await expect(media.createLeg('a')).rejects.toMatchObject({ code: 'conflict' });
      await leg.close();
      await media.createLeg('a');
      const room = await media.createRoom('r');
      await expect(media.createRoom('r')).rejects.toMatchObject({ code: 'conflict' });
      await room.close();
      await media.createRoom('r');
    });

    it('tells each key once', async () => {
      const { leg, answer } = await answeredLeg('a');
      const keys: string[] = [];
      leg.onEvent((event) => event.type === 'key' && keys.push(event.key));
      for (const key of ['1', '1', '#']) await harness.press(leg, answer, key);
      await vi.waitFor(() => expect(keys.join('')).toBe('11#'), WAIT);
    });

    it('tells nothing once the handler is taken away', async () => {
      const { leg, answer } = await answeredLeg('a');
      const first: LegEvent[] = [];
      const second: string[] = [];
      leg.onEvent((event) => first.push(event));
      leg.onEvent(undefined);
      await harness.press(leg, answer, '5');
      leg.onEvent((event) => event.type === 'key' && second.push(event.key));
      await harness.press(leg, answer, '6');
      await vi.waitFor(() => expect(second).toContain('6'), WAIT);
      expect(first).toEqual([]);
    });

    it('plays a prompt to its end', async () => {
      const { leg } = await answeredLeg('a');
      await expect(leg.play([harness.prompt, harness.prompt])).resolves.toBe('finished');
      await expect(leg.play([])).resolves.toBe('finished');
    });

    it('ends a prompt as stopped by stop(), by the next, by join() and by close()', async () => {
      const { leg } = await answeredLeg('a');
      leg.stop(); // Silent: nothing plays.
      const byStop = leg.play([harness.prompt]);
      leg.stop();
      await expect(byStop).resolves.toBe('stopped');

      const byNext = leg.play([harness.prompt]);
      const next = leg.play([harness.prompt]);
      await expect(byNext).resolves.toBe('stopped');
      await expect(next).resolves.toBe('finished');

      await media.createRoom('r');
      const byJoin = leg.play([harness.prompt]);
      await leg.join('r', 1);
      await expect(byJoin).resolves.toBe('stopped');

      const byClose = leg.play([harness.prompt]);
      await leg.close();
      await expect(byClose).resolves.toBe('stopped');
    });

    it('joins an open room only, and moves between rooms', async () => {
      const { leg } = await answeredLeg('a');
      await expect(leg.join('r', 1)).rejects.toMatchObject({ code: 'not-found' });
      const room = await media.createRoom('r');
      await media.createRoom('s');
      await leg.join('r', 1);
      leg.setMuted(true);
      await leg.join('s', 2);
      await room.close();
      await leg.join('s', 3);
    });

    it('leave() is silent outside of a room, and the leg stays up', async () => {
      const { leg } = await answeredLeg('a');
      leg.leave();
      const room = await media.createRoom('r');
      await leg.join('r', 1);
      leg.leave();
      leg.leave();
      await expect(leg.play([harness.prompt])).resolves.toBe('finished');
      await leg.join('r', 2);
      await room.close();
      leg.leave();
      await leg.close();
      leg.leave();
    });

    it('plays a loop until stop(), bytes too', async () => {
      const { leg } = await answeredLeg('a');
      const file = await readFile(harness.prompt).catch(() => new Uint8Array(0));
      const looping = leg.play([harness.prompt, file], { loop: true });
      const other = await answeredLeg('b');
      await expect(other.leg.play([harness.prompt])).resolves.toBe('finished');
      leg.stop();
      await expect(looping).resolves.toBe('stopped');
    });

    it('ends a recording by stop(), the next, play(), leave(), join(), its time, and close()', async () => {
      const { leg } = await answeredLeg('a');
      await media.createRoom('r');
      const ends: (() => unknown)[] = [
        () => leg.stop(),
        () => leg.play([harness.prompt]),
        () => leg.leave(),
        () => leg.join('r', 1),
      ];
      for (const end of ends) {
        const recording = leg.record(60_000);
        void end();
        await expect(recording).resolves.toBeInstanceOf(Uint8Array);
      }
      await expect(leg.record(10)).rejects.toMatchObject({ code: 'conflict' });
      leg.leave();
      await expect(leg.record(10)).resolves.toBeInstanceOf(Uint8Array);
      const playing = leg.play([harness.prompt], { loop: true });
      const recording = leg.record(60_000);
      await expect(playing).resolves.toBe('stopped');
      await leg.close();
      await expect(recording).resolves.toBeInstanceOf(Uint8Array);
      await expect(leg.record(10)).rejects.toMatchObject({ code: 'media-unavailable' });
    });

    it('says nothing as a phone that is not in the room, and nothing in a closed room', async () => {
      const room = await media.createRoom('r');
      const { leg } = await answeredLeg('a');
      const asA = { legId: 'a' };
      await room.say(harness.prompt);
      await expect(room.say(harness.prompt, asA)).rejects.toMatchObject({ code: 'not-found' });
      const nobody = { legId: 'nobody' };
      await expect(room.say(harness.prompt, nobody)).rejects.toMatchObject({ code: 'not-found' });
      await leg.join('r', 1);
      await Promise.all([room.say(harness.prompt), room.say(harness.prompt, asA)]);
      await room.close();
      const unavailable = { code: 'media-unavailable' };
      await expect(room.say(harness.prompt)).rejects.toMatchObject(unavailable);
    });

    it('gives a room its RTP address, and takes the SFU and its sources', async () => {
      const room = await media.createRoom('r');
      expect(room.local.ip).toBe('127.0.0.1');
      expect(room.local.port).toBeGreaterThan(0);
      await room.connect({ ip: '127.0.0.1', port: 9, payloadType: 100, audioLevelExtensionId: 1 });
      room.addSource(1);
      room.addSource(1);
      room.removeSource(1);
      room.removeSource(7);
    });

    it('room.close() twice is silent, and its legs stay up', async () => {
      const { leg } = await answeredLeg('a');
      const room = await media.createRoom('r');
      await leg.join('r', 1);
      await room.close();
      await room.close();
      await expect(leg.play([harness.prompt])).resolves.toBe('finished');
    });

    it('leg.close() twice is silent, and a closed leg refuses everything', async () => {
      const { leg } = await answeredLeg('a');
      await leg.close();
      await leg.close();
      leg.stop();
      leg.setMuted(true);
      leg.setVolume(6);
      const refused = { code: 'media-unavailable' };
      await expect(leg.answer(OFFER)).rejects.toMatchObject(refused);
      await expect(leg.play([harness.prompt])).rejects.toMatchObject(refused);
      await expect(leg.join('r', 1)).rejects.toMatchObject(refused);
    });

    it('close() twice is silent, ends all, and nothing new is made', async () => {
      const { leg } = await answeredLeg('a');
      await media.createRoom('r');
      const playing = leg.play([harness.prompt]);
      await media.close();
      await media.close();
      await expect(playing).resolves.toBe('stopped');
      const refused = { code: 'media-unavailable' };
      await expect(leg.answer(OFFER)).rejects.toMatchObject(refused);
      await expect(media.createLeg('b')).rejects.toMatchObject(refused);
      await expect(media.createRoom('s')).rejects.toMatchObject(refused);
    });
  });
}
