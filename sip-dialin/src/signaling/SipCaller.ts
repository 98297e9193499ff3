import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { AppError } from '@switchroom/protocol';
import Srf from 'drachtio-srf';
import { pino, type Logger } from 'pino';
import { startSipServer, type SipServer } from '../sip-server/index.ts';
import { askSession, wantedSession } from './sessionTimer.ts';
import { SrfOutboundCall, type OutboundCall } from './OutboundCall.ts';

const CONNECT_LIMIT_MS = 5_000;

export interface CallRequest {
  /** `sip:user@host:port;transport=tcp` */
  uri: string;
  /** SDP. */
  offer: string;
  /** Told of every provisional answer, e.g. 180. */
  onProgress: (status: number) => void;
  /** Gives the call up while it is not answered (CANCEL). */
  signal?: AbortSignal;
}

/** An INVITE that came to nothing; `status` as SIP has it, 408 and 503 also for nobody there. */
export class CallRefused extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`.trim());
    this.name = 'CallRefused';
    this.status = status;
  }
}

/** A SIP user agent that only calls: our SIP server on a port of its own, used from the other side. */
export class SipCaller {
  readonly #srf: Srf;
  readonly #server: SipServer;
  #closed = false;

  private constructor(srf: Srf, server: SipServer) {
    this.#srf = srf;
    this.#server = server;
  }

  /** `localAddress`: what the far end reaches us at. */
  static async open(
    localAddress: string,
    logger: Logger = pino({ level: 'silent' }),
  ): Promise<SipCaller> {
    const secret = randomUUID();
    const server = await startSipServer({ host: localAddress, port: 0, secret, logger });
    const srf = new Srf();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const fail = (): void => reject(new AppError('unavailable', 'Our SIP server is not there.'));
    const timer = setTimeout(fail, CONNECT_LIMIT_MS);
    srf.on('connect', (error: unknown) => (error ? fail() : resolve(undefined)));
    srf.on('error', (error) => logger.debug({ err: error }, 'SIP server connection'));
    // We are a phone that nobody knows the address of: who calls it is mistaken.
    srf.invite((_req, res) => res.send(486));
    const { host, port } = server.control;
    void srf.connect({ host, port, secret });
    try {
      await promise;
    } catch (error) {
      await server.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return new SipCaller(srf, server);
  }

  /** Calls; resolves with the answered call. Errors: `CallRefused`. */
  async call(request: CallRequest): Promise<OutboundCall> {
    try {
      return await this.#invite(request, askSession());
    } catch (error) {
      const seconds = wantedSession(error);
      if (seconds === undefined) throw refusal(error);
      // RFC 4028 section 7.3: once more, with the interval that was wanted.
      return this.#invite(request, askSession(seconds)).catch((again: unknown) => {
        throw refusal(again);
      });
    }
  }

  /** Hangs nothing up: end the calls before. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#srf.disconnect();
    await this.#server.close();
  }

  async #invite(request: CallRequest, session: Record<string, string>): Promise<OutboundCall> {
    const { host } = this.#server.sip;
    const from = `"Switchroom phone" <sip:phone@${isIPv6(host) ? `[${host}]` : host}>`;
    let cancel = (): void => {};
    request.signal?.addEventListener('abort', () => cancel(), { once: true });
    const headers = { From: from, 'Content-Type': 'application/sdp', 'User-Agent': 'Switchroom' };
    const dialog = await this.#srf.createUAC(
      request.uri,
      { localSdp: request.offer, headers: { ...headers, ...session } },
      {
        // drachtio-srf's types leave out that it also calls this with an error, and nothing else.
        cbRequest: ((error: unknown, invite: Srf.SrfRequest | undefined) => {
          if (error !== null && error !== undefined) return;
          cancel = () => invite?.cancel(() => {});
          if (request.signal?.aborted === true) cancel();
        }) as unknown as (invite: Srf.SrfRequest) => void,
        cbProvisional: (answer) => request.onProgress(answer.status),
      },
    );
    const call = new SrfOutboundCall(dialog);
    if (request.signal?.aborted === true) {
      // Our CANCEL met their 200 (RFC 3261 section 9.1): the call is up, and nobody wants it.
      await call.hangUp();
      throw new CallRefused(487, 'Request Terminated');
    }
    return call;
  }
}

/** Our address as seen from a host that is to be called. Errors: `unavailable` for an unknown name. */
export async function addressTowards(host: string, port: number): Promise<string> {
  const { address, family } = await lookup(host).catch((cause: unknown) => {
    throw new AppError('unavailable', `There is no host called ${host}.`, { cause });
  });
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // Nothing is sent: the system only looks up which way it would go.
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, resolve);
    });
    return socket.address().address;
  } catch (cause) {
    throw new AppError('unavailable', `There is no way to ${host}.`, { cause });
  } finally {
    socket.close();
  }
}

function refusal(error: unknown): Error {
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
    const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : '';
    return new CallRefused(error.status, reason);
  }
  return error instanceof Error
    ? error
    : new Error('The call could not be made.', { cause: error });
}
