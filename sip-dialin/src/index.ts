import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { ConfigError, type Config } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { Gateway } from './gateway/Gateway.ts';
import { socketIoGateway } from './gateway/GatewaySocket.ts';
import type { PhoneMedia } from './media/PhoneMedia.ts';
import { CallReporter } from './signaling/CallReporter.ts';
import { Outgoing } from './signaling/outbound/Outgoing.ts';
import { PhoneLeg } from './signaling/PhoneLeg.ts';
import { SipListener } from './signaling/SipListener.ts';
import { Switchboard } from './signaling/Switchboard.ts';
import { Trunks } from './signaling/Trunks.ts';
import { startSipServer } from './sip-server/index.ts';

/** The server and a drachtio-server may start later than we do; by then they are there or missing. */
const START_LIMIT_MS = 30_000;

export interface DialInDeps {
  logger: Logger;
  /** Another media engine than the embedded one: for tests. It is closed with the rest. */
  media?: PhoneMedia;
  /** How long to wait for the server, in ms. */
  startLimitMs?: number;
}

export interface DialIn {
  /** What to dial, e.g. `sip:+15550100@127.0.0.1:5060`. */
  sipUri: string;
  /** The numbers that lead to the PIN prompt, in E.164. */
  numbers: string[];
  /** BYE to all calls, then everything is closed. Twice is silent. */
  close(): Promise<void>;
}

/** A SIP server that we run, or one that runs elsewhere. */
interface SipServer {
  control: { host: string; port: number };
  secret: string;
  /** Whether who has called us over this TLS connection has shown a certificate of `SIP_TLS_CA`. */
  certified(host: string, port: number): boolean;
  close(): Promise<void>;
}

/**
 * Starts all of sip-dialin. Resolves when calls can be taken: SIP listens and the server is connected.
 * Errors: `ConfigError`; `AppError('unavailable')` for a missing server; what a port says that is taken.
 */
export async function createDialIn(config: Config, deps: DialInDeps): Promise<DialIn> {
  const { logger, startLimitMs = START_LIMIT_MS } = deps;
  if (config.SERVICE_TOKEN === undefined) {
    throw new ConfigError('SERVICE_TOKEN: must be set, to the same value as for the server');
  }
  const closers: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll(closers));

  try {
    const media = deps.media ?? (await openMedia(config, logger));
    closers.unshift(() => media.close());
    await probe(media);
    const sipLogger = logger.child({ part: 'signaling' });
    const trunks = new Trunks();
    // Nothing calls before the listener has connected, which is when all of it is there.
    const knows = (source: string): boolean => switchboard.knows(source);
    let isReady = false;
    const server = await openSipServer(
      config,
      (source, isCall) => !isReady || (isCall ? knows(source) : switchboard.answers(source)),
      (challenged) => listener.client.authorize(challenged),
      logger,
    );
    closers.unshift(() => server.close());
    const listener = new SipListener({
      ...server,
      knows,
      answers: (source) => switchboard.answers(source),
      onCall: (call) => switchboard.accept(call),
      onMalformed: (source, code) => reporter.refused({ source, code, reason: 'bad-invite' }),
      onLost: () => {
        switchboard.signalingLost();
        outgoing.desk.signalingLost();
      },
      logger: sipLogger,
    });
    closers.unshift(() => listener.close());
    const outgoing: Outgoing = new Outgoing({
      ...{ client: listener.client, media, logger: sipLogger },
      family: isIPv6(config.SIP_HOST) ? 6 : 4,
      transports: config.SIP_TLS_PORT === undefined ? ['udp', 'tcp'] : ['udp', 'tcp', 'tls'],
      invite: ({ order, call, media: audio, trunkId }) => {
        const leg = new PhoneLeg({
          ...{ id: order.callId, call, order, media: audio, trunkId },
          ...{ rooms: gateway, logger: sipLogger },
        });
        reporter.watchInvited(leg, order, trunkId);
        return leg;
      },
      tell: (news) => void gateway.tellProgress(news),
      onRegistered: (trunkId, addresses) => trunks.registered(trunkId, addresses),
    });
    const gateway: Gateway = new Gateway({
      openSocket: socketIoGateway(config.SIGNALING_URL, config.SERVICE_TOKEN),
      media,
      onTrunks: (news) => {
        trunks.update(news);
        outgoing.update(news.trunks);
      },
      calls: outgoing.desk,
      logger: logger.child({ part: 'gateway' }),
    });
    closers.unshift(() => gateway.close());
    const reporter = new CallReporter({
      send: (news) => gateway.tellEvents(news),
      logger: sipLogger,
    });
    closers.unshift(() => reporter.close());
    closers.unshift(() => outgoing.close());
    const switchboard: Switchboard = new Switchboard({
      ...{ media, rooms: gateway, trunks, logger: sipLogger },
      onHandOn: (leg, request) => outgoing.handOn(leg, request),
      onLeg: (leg, call, of) => reporter.watchInbound(leg, call, of),
      onRefused: (refusal) => reporter.refused(refusal),
      others: () => outgoing.desk.legs,
    });
    closers.unshift(() => switchboard.close());

    isReady = true;
    const addresses = await listener.connect(startLimitMs);
    outgoing.start();
    await gateway.whenConnected(startLimitMs);
    await trunks.whenKnown(startLimitMs);
    const numbers = [...trunks.numbers];
    return { sipUri: sipUri(config, addresses, numbers[0]), numbers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  // One after the other: BYEs go out before the SIP server closes, phones leave before the gateway.
  for (const close of closers) await close();
}

async function openMedia(config: Config, logger: Logger): Promise<PhoneMedia> {
  // Loaded when it is the one: codecs and workers cost start-up time.
  const { createEmbeddedPhoneMedia } = await import('./media/embedded/index.ts');
  return createEmbeddedPhoneMedia({
    host: config.SIP_HOST,
    announcedAddress: config.ANNOUNCED_ADDRESS,
    rtpPorts: config.RTP_PORTS,
    logger: logger.child({ part: 'media' }),
  });
}

async function openSipServer(
  config: Config,
  serves: (source: string, isCall: boolean) => boolean,
  authorize: NonNullable<Parameters<typeof startSipServer>[0]['authorize']>,
  logger: Logger,
): Promise<SipServer> {
  if (config.SIP_SERVER !== 'embedded') {
    const colon = config.SIP_SERVER.lastIndexOf(':');
    const host = config.SIP_SERVER.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const port = Number(config.SIP_SERVER.slice(colon + 1));
    return {
      control: { host, port },
      secret: config.DRACHTIO_SECRET,
      // It does not tell.
      certified: () => false,
      close: async () => undefined,
    };
  }
  // Nobody but us is to connect to a SIP server that lives in our process.
  const secret = randomUUID();
  const server = await startSipServer({
    host: config.SIP_HOST,
    port: config.SIP_PORT,
    announcedAddress: config.ANNOUNCED_ADDRESS,
    tls: tlsFiles(config),
    serves,
    authorize,
    secret,
    logger: logger.child({ part: 'sip-server' }),
  });
  return {
    control: server.control,
    secret,
    certified: (host, port) => server.certified(host, port),
    close: () => server.close(),
  };
}

/** Undefined when SIP over TLS is off. */
function tlsFiles(config: Config): Parameters<typeof startSipServer>[0]['tls'] {
  const { SIP_TLS_PORT: port, SIP_TLS_CERT: certFile, SIP_TLS_KEY: keyFile } = config;
  if (port === undefined || certFile === undefined || keyFile === undefined) return undefined;
  return { port, certFile, keyFile, caFile: config.SIP_TLS_CA };
}

/** Opens and closes one leg, so that an engine without ports is known now, and warm for the first call. */
async function probe(media: PhoneMedia): Promise<void> {
  const leg = await media.createLeg('probe');
  await leg.close();
}

/** `addresses` as drachtio tells them: `udp/127.0.0.1:5060`. */
function sipUri(config: Config, addresses: readonly string[], number: string | undefined): string {
  const udp = addresses.find((address) => address.startsWith('udp/')) ?? addresses[0] ?? '';
  const port = /:(\d+)$/.exec(udp)?.[1] ?? String(config.SIP_PORT);
  const address = config.ANNOUNCED_ADDRESS;
  const host = isIPv6(address) ? `[${address}]` : address;
  return number === undefined ? `sip:${host}:${port}` : `sip:${number}@${host}:${port}`;
}
