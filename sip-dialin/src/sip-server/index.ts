import { SipServer, type SipServerOptions } from './SipServer.ts';

export type { SipServer, SipServerOptions } from './SipServer.ts';

/**
 * Opens the SIP port (UDP and TCP) and the control port for drachtio-srf. Throws
 * `AppError('unavailable')`, in one line that says what to do, when a port is taken.
 */
export function startSipServer(options: SipServerOptions): Promise<SipServer> {
  return SipServer.start(options);
}
