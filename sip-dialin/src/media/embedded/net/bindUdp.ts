import { DgramPort } from './DgramPort.ts';
import { NativePort } from './NativePort.ts';
import { NativeSockets } from './NativeSockets.ts';
import type { UdpPort } from './UdpPort.ts';

/** The sockets of a thread are one set, watched once. */
const native = NativeSockets.load();

export type UdpEngine = 'native' | 'dgram';

/** What there is on this machine, the better one first. */
export const UDP_ENGINES: readonly UdpEngine[] = native ? ['native', 'dgram'] : ['dgram'];

/**
 * A socket on this IP address; `port` 0 takes any that is free. Errors: what the system's `bind` gives as `code`, such
 * as EADDRINUSE.
 */
export async function bindUdp(
  host: string,
  port: number,
  engine: UdpEngine = UDP_ENGINES[0]!,
): Promise<UdpPort> {
  return native && engine === 'native'
    ? NativePort.bind(native, host, port)
    : DgramPort.bind(host, port);
}
