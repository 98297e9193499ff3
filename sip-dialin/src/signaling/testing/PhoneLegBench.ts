import type { CallPlace } from '@switchroom/protocol';
import { pino, type Logger } from 'pino';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { FakeLeg } from '../../media/fake/FakeLeg.ts';
import { FakePhoneMedia } from '../../media/fake/FakePhoneMedia.ts';
import { PhoneLeg } from '../PhoneLeg.ts';
import { FakeCall, phoneSdp } from './FakeCall.ts';
import { FakeRooms } from './FakeRooms.ts';

/** What the server orders. For tests. */
export const ORDER: CallPlace = {
  callId: 'c1',
  meetingId: 'm1',
  number: '+15550177',
  language: 'es',
  maxSeconds: 3600,
  callMe: false,
};

/** A leg among fakes, on fake time, new for each test. For tests. */
export class PhoneLegBench {
  rooms!: FakeRooms;
  media!: FakePhoneMedia;
  call!: FakeCall;
  leg!: PhoneLeg;
  /** The names of the states that the leg has come to, in order. */
  states: string[] = [];
  /** How it ended, once for each time that it said so. */
  ends: unknown[] = [];

  /** New fakes, and a leg among them. */
  open(): void {
    this.rooms = new FakeRooms();
    this.media = new FakePhoneMedia({ promptsEnd: false });
    this.make();
  }

  /** Puts another leg in the place of the one that is there, which has not started. */
  make(call = new FakeCall(), logger: Logger = pino({ level: 'silent' })): void {
    this.call = call;
    this.#watch(
      new PhoneLeg({
        id: 'leg1',
        call,
        did: '+15550100',
        trunkId: 'carrier',
        media: this.media,
        rooms: this.rooms,
        logger,
      }),
    );
  }

  #watch(leg: PhoneLeg): void {
    this.states = [];
    this.ends = [];
    this.leg = leg;
    this.leg.on('statechange', (_old, next) => this.states.push(next.name));
    this.leg.on('ended', (end) => this.ends.push(end));
  }

  /** Puts the leg of a call of ours in its place, which has just been answered. */
  async makeInvited(order: Partial<CallPlace> = {}): Promise<void> {
    const media = await this.media.createLeg('leg1');
    await media.offer();
    await media.accept(phoneSdp());
    this.call = new FakeCall();
    this.#watch(
      new PhoneLeg({
        id: 'leg1',
        call: this.call,
        order: { ...ORDER, ...order },
        media,
        trunkId: 't1',
        rooms: this.rooms,
        logger: pino({ level: 'silent' }),
      }),
    );
  }

  /** The fake media of the leg. */
  sound(): FakeLeg {
    return this.media.leg('leg1');
  }

  /** The prompts that were played last, with their language, as `en/welcome`. */
  lastFiles(): string[] | undefined {
    return this.sound()
      .played.at(-1)
      ?.map((sound) => (typeof sound === 'string' ? sound : 'bytes/recording'))
      .map((file) => file.split('/').slice(-2).join('/').replace('.wav', ''));
  }

  /** Their ids, as `welcome`. */
  lastPlayed(): (string | undefined)[] | undefined {
    return this.lastFiles()?.map((file) => file.split('/').at(-1));
  }

  async answered(): Promise<void> {
    await this.leg.start();
  }

  async joined(): Promise<void> {
    await this.answered();
    this.sound().press('123456#');
    await settle();
    this.rooms.tellJoined();
    expect(this.leg.state.name).toBe('joined');
  }

  /** Closes the leg: nothing is left of it, however it ended. */
  async close(): Promise<void> {
    await this.leg.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(this.media.legs.size).toBe(0);
    expect(this.ends).toHaveLength(1);
  }
}

/** Sets up a bench for each test of the file, and looks after each that nothing is left. */
export function usePhoneLegBench(): PhoneLegBench {
  const bench = new PhoneLegBench();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    bench.open();
  });
  afterEach(async () => {
    await bench.close();
    vi.useRealTimers();
  });
  return bench;
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}
