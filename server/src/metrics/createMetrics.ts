import { ALARM_KINDS } from '@switchroom/protocol';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Alarms } from '../alarms/Alarms.ts';
import type { Calls } from '../calls/Calls.ts';
import type { DamageLog } from '../recording/DamageLog.ts';
import type { Rooms } from '../room/Rooms.ts';
import type { Mover } from '../storage/Mover.ts';
import type { Sfu } from '../sfu/Sfu.ts';

/** What Prometheus reads; everything is counted when it asks. */
export function createMetrics(sources: {
  rooms: Rooms;
  sfu: Sfu;
  calls: Pick<Calls, 'active' | 'counts'>;
  gateways: () => Record<string, number>;
  damage: Pick<DamageLog, 'parts'>;
  alarms: Pick<Alarms, 'active' | 'raised'>;
  keysLost: number;
  mover: Pick<Mover, 'waiting' | 'failures'> | null;
}): Registry {
  const { rooms, sfu, calls, gateways, damage, alarms, keysLost, mover } = sources;
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number): void => {
    const registers = [registry];
    new Gauge({
      name: `switchroom_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const sum = (read: (room: ReturnType<Rooms['all']>[number]) => number): number =>
    rooms.all().reduce((total, room) => total + read(room), 0);
  gauge('rooms', 'Rooms that are live', () => rooms.all().length);
  gauge('lobby', 'People who wait in a lobby', () => sum((room) => room.waiting));
  gauge('rooms_locked', 'Rooms that are locked', () => sum((room) => (room.locked ? 1 : 0)));
  gauge('producers', 'Streams that come in', () => sum((room) => room.streams.producers));
  gauge('consumers', 'Streams that go out', () => sum((room) => room.streams.consumers));
  gauge('recordings', 'Rooms that are recorded', () => sum((room) => (room.recording ? 1 : 0)));
  gauge('calls', 'Calls to the outside that are placed, ringing or up', () => calls.active);
  gauge('recordings_key_lost', 'Recordings whose key was gone at the start', () => keysLost);
  gauge('workers', 'SFU workers that run', () => sfu.workers.up);

  new Gauge({
    name: 'switchroom_participants',
    help: 'Participants by kind, those in a lobby included',
    labelNames: ['kind'] as const,
    registers: [registry],
    collect() {
      const kinds = rooms.all().flatMap((room) => room.participants().map(({ kind }) => kind));
      for (const kind of ['browser', 'phone'] as const) {
        this.set({ kind }, kinds.filter((one) => one === kind).length);
      }
    },
  });
  new Gauge({
    name: 'switchroom_gateways',
    help: 'Connected gateways by kind',
    labelNames: ['kind'] as const,
    registers: [registry],
    collect() {
      for (const [kind, count] of Object.entries(gateways())) this.set({ kind }, count);
    },
  });
  new Gauge({
    name: 'switchroom_alarms',
    help: 'Alarms that last, by kind',
    labelNames: ['kind'] as const,
    registers: [registry],
    collect() {
      for (const kind of ALARM_KINDS) {
        this.set({ kind }, alarms.active.filter((one) => one.kind === kind).length);
      }
    },
  });
  new Counter({
    name: 'switchroom_alarms_raised_total',
    help: 'Alarms that were raised, by kind',
    labelNames: ['kind'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(alarms.raised)) this.inc({ kind }, count);
    },
  });
  new Counter({
    name: 'switchroom_recording_damage_total',
    help: 'Parts of recordings that were found damaged in the vault',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(damage.parts);
    },
  });
  if (mover !== null) {
    gauge(
      'recordings_waiting_for_store',
      'Recordings that are sealed and still on local disk',
      () => mover.waiting,
    );
    new Counter({
      name: 'switchroom_store_failures_total',
      help: 'Times that the store, or the move of a recording to it, failed',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(mover.failures);
      },
    });
  }
  new Counter({
    name: 'switchroom_calls_placed_total',
    help: 'Calls to the outside that were begun',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(calls.counts.placed);
    },
  });
  new Counter({
    name: 'switchroom_calls_failed_total',
    help: 'Calls to the outside that came to nothing, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(calls.counts.failed))
        this.inc({ reason }, count);
    },
  });
  return registry;
}
