import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { LegEvent } from '../PhoneMedia.ts';
import { phoneMediaContract } from '../phoneMediaContract.ts';
import { buildOffer } from '../sdp/buildSdp.ts';
import { attribute, parseSdp } from '../sdp/parseSdp.ts';
import { pressPayloads } from './dtmf/telephoneEvent.ts';
import { createEmbeddedPhoneMedia } from './index.ts';
import { PortPool } from './net/PortPool.ts';
import { bindUdp } from './net/bindUdp.ts';
import { writePrompt } from './prompts/wav.ts';
import { writeRtp } from './rtp/packet.ts';

const HOST = '127.0.0.1';
const options = {
  host: HOST,
  announcedAddress: HOST,
  rtpPorts: { min: 0, max: 0 },
  logger: pino({ level: 'silent' }),
};

const OFFER = buildOffer({ sessionId: '1', version: 1, address: HOST, port: 9 });

phoneMediaContract('embedded', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'switchroom-media-'));
  const prompt = join(dir, 'prompt.wav');
  await writeFile(prompt, writePrompt(new Int16Array(3200)));
  const media = createEmbeddedPhoneMedia(options);
  const phone = await bindUdp(HOST, 0);
  let sequenceNumber = 0;
  let timestamp = 0;
  return {
    media,
    prompt,
    press: async (_leg, answer, key) => {
      const audio = parseSdp(answer).media[0]!;
      const event = /(\d+) telephone-event/.exec(answer)![1]!;
      expect(attribute(audio, 'fmtp')).toBe(`${event} 0-15`);
      timestamp += 1600;
      for (const payload of pressPayloads(key)) {
        sequenceNumber += 1;
        phone.send(
          writeRtp({ payloadType: Number(event), sequenceNumber, timestamp, ssrc: 1, payload }),
          { ip: HOST, port: audio.port },
        );
      }
    },
    release: async () => {
      await phone.close();
      await rm(dir, { recursive: true });
    },
  };
});

it('a worker that dies takes its calls with it, says so, and is replaced at once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'switchroom-media-'));
  const program = join(dir, 'dying.mjs');
  await writeFile(
    program,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ id, operation }) => {
       if (operation === 'leg:play') throw new Error('out of order');
       parentPort.postMessage({ type: 'result', id, value: undefined });
     });`,
  );
  const media = createEmbeddedPhoneMedia({ ...options, program: new URL(`file://${program}`) });
  const leg = await media.createLeg('a');
  const events: LegEvent[] = [];
  leg.onEvent((event) => events.push(event));
  const unavailable = { code: 'media-unavailable' };
  await expect(leg.play(['x.wav'])).rejects.toMatchObject(unavailable);
  expect(events).toEqual([{ type: 'mediaLost', silentMs: Infinity }]);
  await expect(leg.offer()).rejects.toMatchObject(unavailable);
  const again = await media.createLeg('a');
  await leg.close();
  await expect(media.createLeg('a')).rejects.toMatchObject({ code: 'conflict' });
  expect(events).toHaveLength(1);
  await again.close();
  await media.close();
  await rm(dir, { recursive: true });
});

it('the real worker thread killed: calls of before are lost, the same room takes new ones', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'switchroom-media-'));
  const program = join(dir, 'mortal.mjs');
  await writeFile(
    program,
    `import { BroadcastChannel } from 'node:worker_threads';
     const channel = new BroadcastChannel(${JSON.stringify(dir)});
     channel.onmessage = () => process.exit(1); // In a worker it ends the thread.
     channel.unref();
     await import(${JSON.stringify(new URL('./worker/main.ts', import.meta.url).href)});`,
  );
  const media = createEmbeddedPhoneMedia({ ...options, program: new URL(`file://${program}`) });
  const leg = await media.createLeg('a');
  const room = await media.createRoom('r');
  await leg.answer(OFFER);
  await leg.join('r', 1);
  const events: LegEvent[] = [];
  leg.onEvent((event) => events.push(event));
  const waiting = leg.play([writePrompt(new Int16Array(320))], { loop: true });
  const channel = new BroadcastChannel(dir);
  channel.postMessage('die');
  await expect(waiting).rejects.toMatchObject({ code: 'media-unavailable' });
  expect(events).toEqual([{ type: 'mediaLost', silentMs: Infinity }]);

  const newLeg = await media.createLeg('b');
  const newRoom = await media.createRoom('r');
  await Promise.all([leg.close(), room.close()]);
  await newLeg.answer(OFFER);
  await newLeg.join('r', 2);
  await expect(newLeg.play([writePrompt(new Int16Array(320))])).resolves.toBe('finished');
  await newRoom.close();
  await media.close();
  channel.close();
  await rm(dir, { recursive: true });
});

it('a worker that dies as it starts is not started over and over', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'switchroom-media-'));
  const started = join(dir, 'started');
  const program = join(dir, 'broken.mjs');
  await writeFile(
    program,
    `import { appendFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(started)}, '.');
     throw new Error('broken');`,
  );
  const media = createEmbeddedPhoneMedia({ ...options, program: new URL(`file://${program}`) });
  const unavailable = { code: 'media-unavailable' };
  await expect(media.createLeg('a')).rejects.toMatchObject(unavailable);
  await expect(media.createLeg('a')).rejects.toMatchObject(unavailable);
  expect(await readFile(started, 'utf8')).toBe('..');
  await media.close();
  await rm(dir, { recursive: true });
});

it('a prompt that cannot be played says which and why', async () => {
  const media = createEmbeddedPhoneMedia(options);
  const leg = await media.createLeg('a');
  await expect(leg.play(['/nowhere/hello.wav'])).rejects.toMatchObject({
    code: 'media-unavailable',
    message: expect.stringContaining('/nowhere/hello.wav') as string,
  });
  const room = await media.createRoom('r');
  await leg.answer(OFFER);
  const missing = { code: 'media-unavailable' };
  await expect(room.say('/nowhere/hello.wav')).rejects.toMatchObject(missing);
  await leg.join('r', 1);
  await expect(room.say(new Uint8Array(3))).rejects.toMatchObject(missing);
  await expect(room.say(new Uint8Array(3), { legId: 'a' })).rejects.toMatchObject(missing);
  await expect(room.say('/nowhere/hello.wav', { legId: 'x' })).rejects.toMatchObject({
    code: 'not-found',
  });
  leg.leave();
  await expect(room.say('/nowhere/hello.wav', { legId: 'a' })).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(leg.play([new Uint8Array(3)], { loop: true })).rejects.toMatchObject(missing);
  await expect(leg.play([writePrompt(new Int16Array(320))])).resolves.toBe('finished');
  await media.close();
});

it('gives ports of its range only, and each again once its call has ended', async () => {
  const free = await new PortPool(HOST, { min: 0, max: 0 }).openPair();
  const min = free.rtp.local.port;
  await Promise.all([free.rtp.close(), free.rtcp.close()]);
  const media = createEmbeddedPhoneMedia({ ...options, rtpPorts: { min, max: min + 1 } });
  const leg = await media.createLeg('a');
  expect(await leg.offer()).toContain(`m=audio ${min} `);
  await expect(media.createLeg('b')).rejects.toMatchObject({ code: 'media-unavailable' });
  await expect(media.createRoom('r')).rejects.toMatchObject({ code: 'media-unavailable' });
  await leg.close();
  const room = await media.createRoom('r');
  expect(room.local.port).toBe(min);
  await room.close();
  expect(await (await media.createLeg('b')).offer()).toContain(`m=audio ${min} `);
  await media.close();
});

it('tells that media is up with the first packet of the caller', async () => {
  const media = createEmbeddedPhoneMedia(options);
  const phone = await bindUdp(HOST, 0);
  const leg = await media.createLeg('a');
  const events: LegEvent[] = [];
  leg.onEvent((event) => events.push(event));
  const { port } = phone.local;
  const answer = await leg.answer(buildOffer({ sessionId: '1', version: 1, address: HOST, port }));
  const to = { ip: HOST, port: parseSdp(answer).media[0]!.port };
  for (let i = 0; i < 3; i++) {
    const packet = { payloadType: 0, sequenceNumber: i, timestamp: i * 160, ssrc: 1 };
    phone.send(writeRtp({ ...packet, payload: new Uint8Array(160) }), to);
  }
  await vi.waitFor(() => expect(events).toEqual([{ type: 'mediaUp' }]), 5000);
  await media.close();
  await phone.close();
});
