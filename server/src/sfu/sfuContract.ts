import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rtpCapabilitiesSchema, type RtpParameters } from '@switchroom/protocol';
import { OPUS_PAYLOAD_TYPE } from './opus.ts';
import type { MediaRouter, Sfu } from './Sfu.ts';

const browserOpus: RtpParameters = {
  mid: '0',
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: OPUS_PAYLOAD_TYPE,
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
    },
  ],
  encodings: [{ ssrc: 1111 }],
  rtcp: { cname: 'browser' },
};

/** What every engine does; run by the test of each. */
export function sfuContract(name: string, start: () => Promise<Sfu>): void {
  describe(`${name} keeps the contract of Sfu`, () => {
    let sfu: Sfu;
    let router: MediaRouter;

    beforeEach(async () => {
      sfu = await start();
      router = await sfu.createRouter();
    });
    afterEach(async () => {
      await sfu.close();
    });

    it('tells its capabilities before a room is open: Opus with a fixed payload type', () => {
      const { codecs } = rtpCapabilitiesSchema.parse(sfu.rtpCapabilities);
      expect(codecs).toMatchObject([
        { mimeType: 'audio/opus', preferredPayloadType: OPUS_PAYLOAD_TYPE },
      ]);
    });

    it('forwards a plain producer to another plain transport under an SSRC of its own', async () => {
      const [from, to] = [await router.createPlainTransport(), await router.createPlainTransport()];
      const producer = await from.producePlain(4711);
      const consumer = await to.consumePlain(producer);
      expect(consumer.producerId).toBe(producer.id);
      expect(consumer.payloadType).toBe(from.local.payloadType);
      expect(consumer.ssrc).toBeGreaterThan(0);
      await consumer.resume();
      expect(to.local.port).not.toBe(from.local.port);
    });

    it('refuses a second producer with the same SSRC, until the first is closed', async () => {
      const transport = await router.createPlainTransport();
      const producer = await transport.producePlain(4711);
      await expect(transport.producePlain(4711)).rejects.toMatchObject({ code: 'bad-request' });
      producer.close();
      producer.close();
      await expect(transport.producePlain(4711)).resolves.toBeDefined();
    });

    it('a producer that is closed, or whose transport is, tells its score to nobody', async () => {
      const transport = await router.createPlainTransport();
      const [one, two] = [await transport.producePlain(1), await transport.producePlain(2)];
      for (const { events } of [one, two]) events.on('score', () => undefined);
      one.close();
      transport.close();
      expect([one.events.eventNames(), two.events.eventNames()]).toEqual([[], []]);
    });

    it('connects a plain transport once', async () => {
      const transport = await router.createPlainTransport();
      await transport.connect('127.0.0.1', 50_000);
      await expect(transport.connect('127.0.0.1', 50_001)).rejects.toMatchObject({
        code: 'bad-request',
      });
    });

    it('makes the ends of a browser, and a producer on one of them', async () => {
      const transport = await router.createWebRtcTransport();
      expect(transport.options).toMatchObject({ id: transport.id });
      expect(transport.options.iceCandidates.length).toBeGreaterThan(0);
      const before = transport.options.iceParameters['usernameFragment'];
      expect((await transport.restartIce())['usernameFragment']).not.toBe(before);
      const producer = await transport.produce(browserOpus, true);
      await producer.setPaused(false);
      await producer.setPaused(true);
      producer.close();
      await producer.setPaused(false);
    });

    it('refuses a codec that it does not forward', async () => {
      const transport = await router.createWebRtcTransport();
      const vp8 = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
      await expect(
        transport.produce({ ...browserOpus, codecs: [vp8] }, false),
      ).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('refuses a receiver without a codec for the stream', async () => {
      const producer = await (await router.createPlainTransport()).producePlain(1);
      const receiver = await router.createWebRtcTransport();
      await expect(receiver.consume(producer, { codecs: [] })).rejects.toMatchObject({
        code: 'bad-request',
      });
    });

    it('a consumer that is closed ignores resume(), and close() twice is silent', async () => {
      const producer = await (await router.createPlainTransport()).producePlain(1);
      const consumer = await (await router.createPlainTransport()).consumePlain(producer);
      consumer.close();
      consumer.close();
      await consumer.resume();
    });

    it('a closed router makes no transports, and did not fail', async () => {
      let failed = false;
      router.events.on('failed', () => (failed = true));
      router.close();
      router.close();
      await expect(router.createPlainTransport()).rejects.toMatchObject({
        code: 'media-unavailable',
      });
      expect(failed).toBe(false);
    });

    it('close() ends it, and twice is silent', async () => {
      await sfu.close();
      await sfu.close();
      expect(sfu.workers.up).toBe(0);
      await expect(sfu.createRouter()).rejects.toMatchObject({ code: 'media-unavailable' });
    });
  });
}
