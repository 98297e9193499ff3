import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '@switchroom/protocol';
import { StartError } from './StartError.ts';

/** Listens on HTTP_HOST and HTTP_PORT; gives the URL. Errors: `StartError`. */
export async function listen(
  server: Server,
  { HTTP_HOST, HTTP_PORT }: Pick<Config, 'HTTP_HOST' | 'HTTP_PORT'>,
): Promise<string> {
  server.listen(HTTP_PORT, HTTP_HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new StartError(advice(error, HTTP_HOST, HTTP_PORT), { cause: error });
  }
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function advice(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken; stop what uses it, or set HTTP_PORT to another port.`;
  }
  if (code === 'EACCES') {
    return `Port ${port} may not be opened by this user; set HTTP_PORT to one above 1023.`;
  }
  return `The server cannot listen on ${host}:${port}; set HTTP_HOST to an address of this machine.`;
}
