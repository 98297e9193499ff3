import { describe, expect, it } from 'vitest';
import { createPhoneEncoder, createSourceDecoder } from '../codecs/opus.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import type { Uplink } from '../room/Room.ts';
import { seqDiff } from '../rtp/seq16.ts';
import { timestampDiff } from '../rtp/timestamp32.ts';
import { amplitudeAt, toneFrame } from '../testing/tones.ts';
import { OpusForwarder } from '../uplink/OpusForwarder.ts';
import { OpusUplink, type UplinkPacket } from '../uplink/OpusUplink.ts';
import { LegSpeech } from './LegSpeech.ts';

const SAID_HZ = 1200;
const CALLER_HZ = 500;

/** A phone's way to the SFU, with what came out of it. */
async function setUp(codec: LegCodec) {
  const sent: UplinkPacket[] = [];
  const options = {
    firstSequenceNumber: 65_530,
    firstTimestamp: 0xffffff00,
    send: (packet: UplinkPacket) => sent.push(packet),
  };
  const opus =
    codec === 'opus'
      ? new OpusForwarder(options)
      : new OpusUplink({ ...options, encoder: await createPhoneEncoder() });
  const uplink: Uplink = {
    ssrc: 1,
    codec,
    push: (packet, now) => opus.push(packet, now),
    rest: (packet, now) => opus.rest(packet, now),
    passOver: (ssrc, sequenceNumber) => opus.passOver(ssrc, sequenceNumber),
    pause: () => opus.pause(),
  };
  const encoder = await createPhoneEncoder(16_000);
  encoder.setDtx(false); // A steady tone is no noise of the background.
  const units = codec === 'opus' ? 960 : 160;
  const rate = codec === 'opus' ? 16_000 : 8000;
  /** The caller's packet number `i`. */
  const callerTalks = (i: number): void => {
    const pcm = toneFrame(CALLER_HZ, rate, i * (rate / 50), rate / 50);
    const payload = codec === 'opus' ? encoder.encode(pcm).slice() : new Uint8Array(160);
    uplink.push(
      { ssrc: 9, sequenceNumber: i, timestamp: i * units, payload, pcm, voice: true },
      i * 20,
    );
  };
  const close = (): void => {
    opus.close();
    encoder.free();
  };
  return { uplink, sent, callerTalks, close };
}

describe('LegSpeech', () => {
  it.each(['PCMU', 'opus'] as const)(
    'speaks between what its caller says, on one timeline for the SFU: %s',
    async (codec) => {
      const { uplink, sent, callerTalks, close } = await setUp(codec);
      const speech = new LegSpeech();
      for (let i = 0; i < 50; i++) callerTalks(i);
      const said = speech.say(Promise.resolve(toneFrame(SAID_HZ, 16_000, 0, 16_000)), uplink);
      await new Promise((resolve) => setTimeout(resolve)); // Its encoder is made.
      const frames: Int16Array[] = [];
      for (let i = 50; i < 100; i++) {
        const frame = speech.pull(uplink, i * 20 + 7);
        expect(speech.isSpeaking).toBe(true);
        if (frame) frames.push(frame.slice());
      }
      expect(speech.pull(uplink, 2007)).toBeUndefined();
      await said;
      expect(speech.isSpeaking).toBe(false);
      for (let i = 101; i < 150; i++) callerTalks(i);

      expect(frames).toHaveLength(50);
      expect(sent.length).toBeGreaterThanOrEqual(148);
      const decoder = await createSourceDecoder();
      const heard = new Int16Array(sent.length * 320);
      sent.forEach((packet, k) => {
        heard.set(decoder.decode(packet.payload), k * 320);
        const before = sent[k - 1];
        if (!before) return;
        expect(seqDiff(packet.sequenceNumber, before.sequenceNumber)).toBe(1);
        const step = timestampDiff(packet.timestamp, before.timestamp);
        expect(step).toBeGreaterThanOrEqual(960);
        expect(step).toBeLessThanOrEqual(3 * 960);
      });
      decoder.free();
      const level = (hz: number, from: number): number =>
        amplitudeAt(heard.subarray(from * 320, (from + 35) * 320), hz, 16_000);
      expect(level(CALLER_HZ, 5)).toBeGreaterThan(3500);
      expect(level(SAID_HZ, 57)).toBeGreaterThan(3500);
      expect(level(CALLER_HZ, 57)).toBeLessThan(200);
      expect(level(CALLER_HZ, 108)).toBeGreaterThan(3500);
      speech.close();
      close();
    },
  );

  it('is told to be silent in the middle, and who waits is told', async () => {
    const { uplink, close } = await setUp('PCMU');
    const speech = new LegSpeech();
    const said = speech.say(Promise.resolve(new Int16Array(16_000).fill(900)), uplink);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    speech.clear();
    await said;
    expect(speech.isSpeaking).toBe(false);
    expect(speech.pull(uplink, 0)).toBeUndefined();
    speech.close();
    close();
  });
});
