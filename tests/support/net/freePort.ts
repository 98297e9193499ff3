import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

async function tcpIsFree(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}

async function udpIsFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
}

/**
 * A port of 127.0.0.1 that is free for TCP and for UDP. Nothing keeps it so: bind it at once.
 * The system hands out ephemeral ports in a random order, so two callers hardly meet.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = await tcpIsFree(0);
    if (port !== undefined && (await udpIsFree(port))) return port;
  }
  throw new Error('No port of 127.0.0.1 is free for TCP and UDP.');
}

/** The lowest port below the ephemeral ones that ranges are looked for in. */
const RANGE_FROM = 10_000;
/** Linux's ephemeral ports start here (net.ipv4.ip_local_port_range). */
const RANGE_TO = 32_768;

/**
 * `size` neighbouring ports, starting at an even one, all free for TCP and UDP at this moment, and none that the system
 * hands out: nothing takes them while a process starts.
 */
export async function freePortRange(size: number): Promise<{ min: number; max: number }> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const span = RANGE_TO - RANGE_FROM - size;
    const min = RANGE_FROM + 2 * Math.floor((Math.random() * span) / 2);
    // The product's own default range is left alone: somebody may be running it on this machine.
    if (min + size > 20_000 && min < 30_000) continue;
    const ports = Array.from({ length: size }, (_, i) => min + i);
    const free = await Promise.all(
      ports.map(async (port) => (await udpIsFree(port)) && (await tcpIsFree(port)) === port),
    );
    if (free.every(Boolean)) return { min, max: min + size - 1 };
  }
  throw new Error(`No ${size} neighbouring ports are free.`);
}
