import { Gauge, Registry } from 'prom-client';
import type { Rooms } from '../room/Rooms.ts';
import type { Sfu } from '../sfu/Sfu.ts';

/** What Prometheus reads; everything is counted when it asks. */
export function createMetrics(sources: {
  rooms: Rooms;
  sfu: Sfu;
  gateways: () => Record<string, number>;
}): Registry {
  const { rooms, sfu, gateways } = sources;
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
  gauge('producers', 'Streams that come in', () => sum((room) => room.streams.producers));
  gauge('consumers', 'Streams that go out', () => sum((room) => room.streams.consumers));
  gauge('recordings', 'Rooms that are recorded', () => sum((room) => (room.recording ? 1 : 0)));
  gauge('workers', 'SFU workers that run', () => sfu.workers.up);

  new Gauge({
    name: 'switchroom_participants',
    help: 'Participants by kind',
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
  return registry;
}
