import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../median.ts';
import { Engine } from './Engine.ts';
import { RtpLoad } from './RtpLoad.ts';

/** The engine, or what it is measured against, runs on the one, the far end on the other. */
const ENGINE_CORE = 0;
const FAR_CORE = 1;
/** Jitter buffers, gates and the compiler come to rest. */
const SETTLE_MS = 3000;
const MEASURE_MS = 6000;

export interface Conference {
  rooms: number;
  /** A room. */
  legs: number;
  /** Of these; the rest is silent. */
  talkers: number;
  /** Whether the talkers are muted. */
  muted?: boolean;
  /** Whether there is nobody at the SFU, neither a browser nor a recorder. */
  phonesOnly?: boolean;
}

/** Share of a core, in per cent, that one leg costs (all of the process, divided by the legs). */
async function costPerLeg(program: string, conference: Conference): Promise<number> {
  const engine = new Engine(ENGINE_CORE);
  try {
    return (await cpuOf(engine, program, conference)) / (conference.rooms * conference.legs);
  } finally {
    await engine.stop();
  }
}

/** As `costPerLeg`, of a C program that only sends each packet back. */
export async function costOfReflection(program: string, phones: number): Promise<number> {
  const reflector = await RtpLoad.start({ program, core: ENGINE_CORE, mode: 'reflect', phones });
  const far = await RtpLoad.start({ program, core: FAR_CORE, mode: 'load', phones });
  try {
    reflector.ports.forEach((port, i) => far.aim(i, port, 'silence'));
    far.go();
    await delay(1000);
    const before = await reflector.stat();
    const since = performance.now();
    await delay(MEASURE_MS);
    const after = await reflector.stat();
    mustBeWhole(after.sent - before.sent, phones, performance.now() - since);
    return ((after.cpuMs - before.cpuMs) / (performance.now() - since)) * (100 / phones);
  } finally {
    await Promise.all([far.stop(), reflector.stop()]);
  }
}

/**
 * What the engine costs against the reflector, one after the other and again: both see the same weather.
 * Gives medians: per cent of a core a leg, and the ratio of each round.
 */
export async function againstReflection(
  program: string,
  conference: Conference,
  rounds: number,
): Promise<{ percent: number; reflected: number; ratio: number }> {
  const [costs, reflected]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    reflected.push(await costOfReflection(program, conference.rooms * conference.legs));
    costs.push(await costPerLeg(program, conference));
  }
  const ratios = costs.map((cost, round) => cost / reflected[round]!);
  return { percent: median(costs), reflected: median(reflected), ratio: median(ratios) };
}

/** The exponent with which CPU grows with the size of a room: the slope of a line through the logarithms. */
export async function exponent(program: string, sizes: readonly number[]): Promise<number> {
  const points: [number, number][] = [];
  for (const legs of sizes) {
    const percent = (await costPerLeg(program, { rooms: 1, legs, talkers: 2 })) * legs;
    points.push([Math.log(legs), Math.log(percent)]);
  }
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, at]) => at))];
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

/** What a muted leg costs of what a talking one does; both send the same voice. */
export async function mutedShare(program: string): Promise<number> {
  const room = { rooms: 1, legs: 60 };
  const silent = (await costPerLeg(program, { ...room, talkers: 0 })) * room.legs;
  const base = silent / room.legs;
  const of = async (muted: boolean): Promise<number> => {
    const all = (await costPerLeg(program, { ...room, talkers: 30, muted })) * room.legs;
    return base + (all - silent) / 30;
  };
  return (await of(true)) / (await of(false));
}

/** How often an engine with an empty room wakes up in a second more than one without. */
export async function emptyRoomWakeUps(program: string): Promise<number> {
  const wakeUps = async (rooms: number): Promise<number> => {
    const engine = new Engine(ENGINE_CORE);
    const far = await RtpLoad.start({ program, core: FAR_CORE, mode: 'load', phones: 0, sinks: 1 });
    try {
      for (let i = 0; i < rooms; i++) await engine.room(`room-${i}`, far.ports[0]!);
      await delay(SETTLE_MS);
      const before = await engine.stat();
      await delay(MEASURE_MS);
      return ((await engine.stat()).wakeUps - before.wakeUps) / (MEASURE_MS / 1000);
    } finally {
      await Promise.all([engine.stop(), far.stop()]);
    }
  };
  return (await wakeUps(1)) - (await wakeUps(0));
}

/** Opus operations of a room in a tick of 20 ms. */
export async function opusPerTick(program: string, conference: Conference): Promise<number> {
  const engine = new Engine(ENGINE_CORE, { countsOpus: true });
  const far = await fill(engine, program, conference);
  try {
    await delay(SETTLE_MS);
    const before = await engine.opusOperations();
    const since = performance.now();
    await delay(MEASURE_MS);
    const operations = (await engine.opusOperations()) - before;
    return operations / conference.rooms / ((performance.now() - since) / 20);
  } finally {
    await Promise.all([engine.stop(), far.stop()]);
  }
}

/** Per cent of a core of the whole process. */
async function cpuOf(engine: Engine, program: string, conference: Conference): Promise<number> {
  const far = await fill(engine, program, conference);
  try {
    await delay(SETTLE_MS);
    const before = await engine.stat();
    const heard = await far.stat();
    const since = performance.now();
    await delay(MEASURE_MS);
    const after = await engine.stat();
    const ms = performance.now() - since;
    // The generator swallows, in its sinks, what would go to the SFU: that comes on top.
    mustBeWhole(
      (await far.stat()).received - heard.received,
      conference.rooms * conference.legs,
      ms,
    );
    return ((after.cpuMs - before.cpuMs) / ms) * 100;
  } finally {
    await far.stop();
  }
}

/** All rooms with their legs, talking or not. */
async function fill(engine: Engine, program: string, conference: Conference): Promise<RtpLoad> {
  const { rooms, legs, talkers, muted = false, phonesOnly } = conference;
  const phones = rooms * legs;
  const far = await RtpLoad.start({ program, core: FAR_CORE, mode: 'load', phones, sinks: rooms });
  for (let room = 0; room < rooms; room++) {
    await engine.room(`room-${room}`, far.ports[phones + room]!, phonesOnly);
    for (let leg = 0; leg < legs; leg++) {
      const index = room * legs + leg;
      const port = await engine.leg(`leg-${index}`, `room-${room}`, far.ports[index]!);
      far.aim(index, port, leg < talkers ? 'talker' : 'silence');
      if (muted && leg < talkers) await engine.mute(`leg-${index}`, true);
    }
  }
  far.go();
  return far;
}

/** A figure of a machine that could not keep up, or of phones that were not served, is none. */
function mustBeWhole(packets: number, phones: number, ms: number): void {
  const share = packets / (phones * (ms / 20));
  if (share < 0.99) throw new Error(`only ${Math.round(share * 100)} % of the packets came back`);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
