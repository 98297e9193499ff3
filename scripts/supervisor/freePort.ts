import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A TCP port that nobody listens on now; 0 where none can be listened on, which who needs it will say. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  try {
    await once(server, 'listening');
  } catch {
    return 0;
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
