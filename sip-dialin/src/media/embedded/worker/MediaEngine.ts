import { isIP } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { LegEvent } from '../../PhoneMedia.ts';
import type { SrtpPolicy } from '../../sdp/crypto.ts';
import { Leg } from '../leg/Leg.ts';
import { Ticker } from '../mixer/Ticker.ts';
import { PortPool } from '../net/PortPool.ts';
import { PromptStore } from '../prompts/PromptStore.ts';
import { noSuchRoom, Room } from '../room/Room.ts';
import type { Operation, Operations, Request, WorkerConfig } from './messages.ts';

const HOUSEKEEPING_MS = 1000;

type Handlers = {
  [K in Operation]: (
    args: Operations[K]['args'],
  ) => Promise<Operations[K]['result']> | Operations[K]['result'];
};

/** All legs and rooms of one worker thread. */
export class MediaEngine {
  readonly #config: WorkerConfig;
  readonly #ports: PortPool;
  readonly #ticker: Ticker;
  readonly #prompts = new PromptStore();
  /** An id is taken from the moment its ports are being opened. */
  readonly #legs = new Map<string, Leg | undefined>();
  readonly #rooms = new Map<string, Room | undefined>();
  readonly #emit: (legId: string, event: LegEvent) => void;
  #housekeeping: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    config: WorkerConfig,
    deps: { emit: (legId: string, event: LegEvent) => void; onTrouble: (error: unknown) => void },
  ) {
    this.#config = config;
    this.#emit = deps.emit;
    this.#ports = new PortPool(config.host, config.rtpPorts);
    this.#ticker = new Ticker(deps.onTrouble);
  }

  /** Does one request. Errors are `AppError`s where they were foreseen. */
  async handle(request: Request): Promise<unknown> {
    const handler = this.#handlers[request.operation] as (args: Request['args']) => unknown;
    return handler(request.args);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#housekeeping);
    const open = [...this.#legs.values(), ...this.#rooms.values()];
    await Promise.all(open.map(async (each) => each?.close()));
    this.#legs.clear();
    this.#rooms.clear();
    this.#ticker.close();
  }

  readonly #handlers: Handlers = {
    'leg:create': ({ legId, srtp }) => this.#createLeg(legId, srtp ?? 'optional'),
    'leg:answer': ({ legId, sdp }) => this.#leg(legId).answer(sdp),
    'leg:offer': ({ legId }) => this.#leg(legId).offer(),
    'leg:accept': async ({ legId, sdp }) => {
      await this.#leg(legId).accept(sdp);
      return undefined;
    },
    'leg:play': ({ legId, sounds, loop }) => this.#leg(legId).play(sounds, loop),
    'leg:record': ({ legId, maxMs }) => this.#leg(legId).record(maxMs),
    'leg:stop': ({ legId }) => {
      this.#legs.get(legId)?.stop();
      return undefined;
    },
    'leg:join': async ({ legId, roomId, ssrc }) => {
      await this.#leg(legId).join(this.#room(roomId), ssrc);
      return undefined;
    },
    'leg:leave': ({ legId }) => {
      this.#legs.get(legId)?.leave();
      return undefined;
    },
    'leg:setMuted': ({ legId, muted }) => {
      this.#legs.get(legId)?.setMuted(muted);
      return undefined;
    },
    'leg:setVolume': ({ legId, db }) => {
      this.#legs.get(legId)?.setVolume(db);
      return undefined;
    },
    'leg:close': async ({ legId }) => {
      await this.#legs.get(legId)?.close();
      this.#legs.delete(legId);
      return undefined;
    },
    'room:create': ({ roomId }) => this.#createRoom(roomId),
    'room:connect': ({ roomId, sfu }) => {
      const room = this.#room(roomId);
      room.connect(sfu);
      return room.local;
    },
    'room:setForwarding': ({ roomId, forwarding }) => {
      this.#rooms.get(roomId)?.setForwarding(forwarding);
      return undefined;
    },
    'room:addSource': async ({ roomId, ssrc }) => {
      await this.#rooms.get(roomId)?.addSource(ssrc);
      return undefined;
    },
    'room:removeSource': ({ roomId, ssrc }) => {
      this.#rooms.get(roomId)?.removeSource(ssrc);
      return undefined;
    },
    'room:say': async ({ roomId, sound, legId }) => {
      const room = this.#room(roomId);
      const leg = legId === undefined ? undefined : this.#legs.get(legId);
      if (legId !== undefined && !leg) throw new AppError('not-found', 'There is no such leg.');
      const pcm = this.#prompts.pcm(sound);
      pcm.catch(() => undefined); // Nobody may come to wait for it.
      await (leg ? leg.say(room, pcm) : room.say(pcm));
      return undefined;
    },
    'room:close': async ({ roomId }) => {
      await this.#rooms.get(roomId)?.close();
      this.#rooms.delete(roomId);
      return undefined;
    },
    close: async () => {
      await this.close();
      return undefined;
    },
  };

  async #createLeg(legId: string, srtp: SrtpPolicy): Promise<undefined> {
    await this.#open(this.#legs, legId, async () => {
      // A room without phones wakes nobody up: neither reports nor time-outs are due in it.
      this.#housekeeping ??= setInterval(() => this.#housekeep(), HOUSEKEEPING_MS);
      const ports = await this.#ports.openPair();
      const { announcedAddress } = this.#config;
      return new Leg({
        id: legId,
        ports,
        announcedAddress,
        srtp,
        ticker: this.#ticker,
        prompts: this.#prompts,
        emit: (event) => this.#emit(legId, event),
      });
    });
    return undefined;
  }

  async #createRoom(roomId: string): Promise<Room['local']> {
    const room = await this.#open(this.#rooms, roomId, async () => {
      const ports = await this.#ports.openPair();
      return new Room({ id: roomId, ports, ticker: this.#ticker, ip: this.#reachableIp() });
    });
    return room.local;
  }

  /** Takes the id, opens, and gives the id back when that fails. */
  async #open<T extends { close(): Promise<void> }>(
    all: Map<string, T | undefined>,
    id: string,
    open: () => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw unavailable();
    if (all.has(id)) throw new AppError('conflict', 'This id is open already.');
    all.set(id, undefined);
    try {
      const opened = await open();
      // Closed meanwhile, or all was.
      if (!all.has(id)) {
        await opened.close();
        throw unavailable();
      }
      all.set(id, opened);
      return opened;
    } catch (error) {
      all.delete(id);
      throw error;
    }
  }

  #housekeep(): void {
    const now = performance.now();
    for (const each of [...this.#legs.values(), ...this.#rooms.values()]) each?.housekeep(now);
    if (this.#legs.size > 0) return;
    clearInterval(this.#housekeeping);
    this.#housekeeping = undefined;
  }

  #leg(legId: string): Leg {
    const leg = this.#legs.get(legId);
    if (!leg) throw unavailable();
    return leg;
  }

  #room(roomId: string): Room {
    const room = this.#rooms.get(roomId);
    if (!room) throw noSuchRoom();
    return room;
  }

  /** The SFU reaches us where we listen; "everywhere" is no address to be told. */
  #reachableIp(): string {
    const { host, announcedAddress } = this.#config;
    const everywhere = host === '0.0.0.0' || host === '::' || isIP(host) === 0;
    return everywhere ? announcedAddress : host;
  }
}

function unavailable(): AppError {
  return new AppError('media-unavailable', 'The leg is closed.');
}
