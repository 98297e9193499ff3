import { BroadcastChannel } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { createEmbeddedPhoneMedia } from '@switchroom/sip-dialin/media';
import { pino } from 'pino';
import type { EngineAnswer, EngineOrder } from './engineOrders.ts';

/*
 * The media engine alone in a process of its own, on a core of its own: all that it costs is phones.
 */
const media = createEmbeddedPhoneMedia({
  host: '127.0.0.1',
  announcedAddress: '127.0.0.1',
  rtpPorts: { min: 30_000, max: 39_999 },
  logger: pino({ level: 'silent' }),
});
const legs = new Map<string, Awaited<ReturnType<typeof media.createLeg>>>();
const rooms = new Map<string, Awaited<ReturnType<typeof media.createRoom>>>();
const opus = new BroadcastChannel('switchroom-bench-opus');
let nextSsrc = 1000;

/** Every thread tells its count; the main one's is 0. */
async function opusOperations(): Promise<number> {
  let sum = 0;
  opus.onmessage = (message) => {
    const { data } = message as unknown as { data: { operations?: number } };
    sum += data.operations ?? 0;
  };
  opus.postMessage('ask');
  await delay(200);
  return sum;
}

async function perform(order: EngineOrder): Promise<unknown> {
  switch (order.type) {
    case 'room': {
      const room = await media.createRoom(order.roomId);
      rooms.set(order.roomId, room);
      const sfu = { ip: '127.0.0.1', port: order.sfuPort };
      await room.connect({ ...sfu, payloadType: 111, audioLevelExtensionId: 1 });
      room.setForwarding(!order.phonesOnly);
      return undefined;
    }
    case 'leg': {
      const leg = await media.createLeg(order.legId);
      legs.set(order.legId, leg);
      const answer = await leg.answer(offer(order.port));
      await leg.join(order.roomId, nextSsrc++);
      return Number(/m=audio (\d+)/.exec(answer)?.[1]);
    }
    case 'mute':
      legs.get(order.legId)!.setMuted(order.muted);
      return undefined;
    case 'clear':
      for (const leg of legs.values()) await leg.close();
      for (const room of rooms.values()) await room.close();
      legs.clear();
      rooms.clear();
      return undefined;
    case 'stat': {
      const { userCPUTime, systemCPUTime, voluntaryContextSwitches } = process.resourceUsage();
      return { cpuMs: (userCPUTime + systemCPUTime) / 1000, wakeUps: voluntaryContextSwitches };
    }
    case 'opus':
      return opusOperations();
  }
}

function offer(port: number): string {
  const origin = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  const audio = [`m=audio ${port} RTP/AVP 0 101`, 'a=rtpmap:0 PCMU/8000'];
  return [...origin, ...audio, 'a=rtpmap:101 telephone-event/8000', ''].join('\r\n');
}

process.on('message', (order: EngineOrder & { id: number }) => {
  const answer = (message: EngineAnswer): unknown => process.send?.(message);
  perform(order).then(
    (value) => answer({ id: order.id, value }),
    (error: unknown) => answer({ id: order.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
