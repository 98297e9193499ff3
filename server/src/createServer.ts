import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { availableParallelism } from 'node:os';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, PausedBy } from '@switchroom/protocol';
import {
  loadKeys,
  openVault,
  openVaultFiles,
  type Vault,
  type VaultKeys,
} from '@switchroom/recordings/vault';
import { pino, type Logger } from 'pino';
import { Alarms } from './alarms/Alarms.ts';
import { AlarmWebhook } from './alarms/AlarmWebhook.ts';
import { lastingAlarms } from './alarms/lastingAlarms.ts';
import { AuditReader } from './audit/AuditReader.ts';
import { AuditTrail } from './audit/AuditTrail.ts';
import { failedCall, orderedCall } from './audit/callEntries.ts';
import { systemClock } from './calls/CallClock.ts';
import { CallRate } from './calls/CallRate.ts';
import { Calls } from './calls/Calls.ts';
import { DialOut } from './calls/DialOut.ts';
import { openDatabase } from './db/openDatabase.ts';
import { Sessions } from './identity/Sessions.ts';
import { UserStore } from './identity/UserStore.ts';
import { Users, type FirstAdministrator } from './identity/Users.ts';
import { listen } from './listen.ts';
import { MeetingLinks } from './meetings/MeetingLinks.ts';
import { MeetingStore } from './meetings/MeetingStore.ts';
import { PinGuard } from './meetings/PinGuard.ts';
import { DamageLog } from './recording/DamageLog.ts';
import { CompletenessLedger } from './recording/ledger/CompletenessLedger.ts';
import { RecordingControl, type RecordingWish } from './recording/RecordingControl.ts';
import { RecordingKeys } from './recording/RecordingKeys.ts';
import { RecordingNotes } from './recording/RecordingNotes.ts';
import { RecordingStore } from './recording/RecordingStore.ts';
import { CHECK_DISK_MS, CHECK_STORE_MS, VaultCheck } from './recording/VaultCheck.ts';
import { createApp } from './rest/createApp.ts';
import { Deletions } from './retention/Deletions.ts';
import { Keeping } from './retention/Keeping.ts';
import { PolicyChanges } from './retention/PolicyChanges.ts';
import { openRecordingPolicy } from './retention/RecordingPolicy.ts';
import { RetentionSweeper } from './retention/RetentionSweeper.ts';
import { DoorStore } from './room/DoorStore.ts';
import { Rooms } from './room/Rooms.ts';
import { listenIpFor } from './sfu/listenIp.ts';
import { MediasoupSfu } from './sfu/mediasoup/MediasoupSfu.ts';
import type { Sfu } from './sfu/Sfu.ts';
import { Signaling } from './signaling/Signaling.ts';
import { StartError } from './StartError.ts';
import { openCheckedStore } from './storage/openCheckedStore.ts';
import { startMover } from './storage/startMover.ts';
import { DialPlan } from './trunks/DialPlan.ts';

/** What a test puts in the place of the real thing. */
export interface ServerDeps {
  logger?: Logger;
  sfu?: Sfu;
  vault?: Vault;
  vaultKeys?: VaultKeys;
  /** The built client; default: `client/dist` of this checkout. */
  clientDir?: string;
}

export interface RunningServer {
  /** Where it really listens. */
  readonly url: string;
  /** Told once: the administrator that this first start made. */
  readonly firstAdministrator: FirstAdministrator | undefined;
  /** Closes everything in order (docs/closing.md). Twice gives the same promise. */
  close(): Promise<void>;
}

/** Recordings have so long to be sealed when the server stops, in ms: less than the supervisor gives it. */
const SEAL_TIMEOUT_MS = 4_000;
const CLIENT_DIR = resolve(import.meta.dirname, '../../client/dist');

/**
 * The whole server, listening. Errors: `StartError` with one line that says what to do; nothing is
 * left running then.
 */
export async function createServer(config: Config, deps: ServerDeps = {}): Promise<RunningServer> {
  const { SERVICE_TOKEN } = config;
  if (SERVICE_TOKEN === undefined) {
    throw new StartError(
      'SERVICE_TOKEN is not set; npm start makes one, or set the same one for server and gateways.',
    );
  }
  const logger = deps.logger ?? pino({ name: 'server', level: config.LOG_LEVEL });
  const undo = new AsyncDisposableStack();
  try {
    const db = await openDatabase(config.DATA_DIR);
    undo.defer(() => db.destroy());
    const trail = new AuditTrail(db);
    const auditReader = new AuditReader(db);
    const users = await Users.open(db, trail);
    const firstAdministrator = await users.ensureAdministrator({
      email: config.ADMIN_EMAIL,
      password: config.ADMIN_PASSWORD,
    });
    const keys = deps.vaultKeys ?? (await vaultKeys(config));
    const recordingKeys = new RecordingKeys(db, keys);
    const keysLost = await recordingKeys.countLost();
    if (keysLost > 0) logger.error({ keysLost }, 'createServer() | the key to recordings is gone');
    const alarms = new Alarms({ trail, logger, lasting: await lastingAlarms(db) });
    const alarmWebhook = new AlarmWebhook({
      ...{ alarms, logger, setting: await AlarmWebhook.openSetting(db) },
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    });
    undo.defer(() => alarmWebhook.close());
    const damage = new DamageLog(alarms, logger);
    const store = await openCheckedStore(config, db, logger);
    undo.defer(() => store?.close());
    const dir = join(config.DATA_DIR, 'vault');
    const files = openVaultFiles(dir, store);
    const recordingStore = new RecordingStore(db, recordingKeys);
    const vault =
      deps.vault ??
      openVault({
        ...{ dir, files, ...keys },
        stateOf: recordingStore.stateOf.bind(recordingStore),
        auditExtract: (id) => auditReader.extract(id),
        onDamage: damage.add.bind(damage),
      });
    await recordingStore.failUnfinished();
    const pauses = await RecordingNotes.open<PausedBy>(db, 'pause');
    const wishes = await RecordingNotes.open<RecordingWish>(db, 'wish');
    const recordingPolicy = await openRecordingPolicy(db);
    const keptBy = { db, policy: recordingPolicy, trail };
    const policyChanges = await PolicyChanges.open(keptBy);
    const deletions = new Deletions({ ...keptBy, vault, logger });
    const moved = { store, files, dir, config, logger };
    const mover = startMover({ ...moved, db, policy: recordingPolicy });
    undo.defer(() => mover?.close());
    const dialPlan = await DialPlan.open(db);
    const dialOut = await DialOut.open(db);
    const doorStore = new DoorStore(db, logger);
    const doors = await doorStore.load();
    undo.defer(() => doorStore.whenSaved());
    const rate = await CallRate.open(db, () => systemClock.now());

    const sfu = deps.sfu ?? (await startSfu(config, logger));
    undo.defer(() => sfu.close());
    const httpServer = createHttpServer();
    const url = await listen(httpServer, config);

    // From here to the end nothing waits, so that no request comes before its handler.
    const rooms = new Rooms({ sfu, logger, doors, saveDoor: doorStore.save.bind(doorStore) });
    const meetings = new MeetingStore(db);
    const sessions = new Sessions(db);
    const links = new MeetingLinks(config, publicUrl(config, httpServer), dialPlan);
    const ledger = new CompletenessLedger({ alarms, logger, now: () => performance.now() });
    undo.defer(() => ledger.close());
    const recordings = new RecordingControl({
      rooms,
      meetings,
      store: recordingStore,
      pauses,
      wishes,
      recipient: keys.recipient,
      exportKey: keys.exportKey.fingerprint,
      trail,
      alarms,
      ledger,
      logger,
    });
    const calls = new Calls({
      ...{ rooms, dialPlan, dialOut, rate, clock: systemClock, logger },
      note: (order) => trail.append(orderedCall(order)),
    });
    calls.events.on('changed', (meetingId, call) => {
      const entry = failedCall(meetingId, call);
      if (entry) trail.append(entry).catch((err: unknown) => logger.error({ err }, 'not audited'));
    });
    const shared = {
      ...{ trail, alarms, rooms, meetings, links, dialPlan, calls, sessions, recordings, logger },
    };
    const signaling = new Signaling(httpServer, SERVICE_TOKEN, {
      ...shared,
      pins: new PinGuard({ logger }),
    });
    const app = createApp({
      ...shared,
      ...{ auditReader, users, userStore: new UserStore(db, sessions), dialOut },
      ...{ recordingStore, recordingKeys, keysLost, recordingPolicy, policyChanges, deletions },
      keeping: new Keeping({ ...keptBy, keys: recordingKeys, store }),
      vault,
      damage,
      alarmWebhook,
      mover,
      sfu,
      gateways: () => signaling.gateways,
      clientDir: deps.clientDir ?? CLIENT_DIR,
    });
    httpServer.on('request', app);

    const sweeper = new RetentionSweeper(deletions, logger);
    undo.defer(() => sweeper.close());
    const vaultCheck = new VaultCheck({
      ...{ store: recordingStore, vault, logger },
      everyMs: config.S3 === undefined ? CHECK_DISK_MS : CHECK_STORE_MS,
    });
    undo.defer(() => vaultCheck.close());
    undo.defer(() => closeHttp(httpServer, signaling));
    undo.defer(() => within(SEAL_TIMEOUT_MS, recordings.whenSealed()));
    undo.defer(() => calls.close());
    undo.defer(() => rooms.close('connection-lost'));
    let closing: Promise<void> | undefined;
    return {
      url,
      firstAdministrator,
      close: () => (closing ??= undo.disposeAsync()),
    };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

/** Errors: `StartError`. */
async function vaultKeys({ DATA_DIR, VAULT_RECIPIENT }: Config): Promise<VaultKeys> {
  try {
    return await loadKeys(join(DATA_DIR, 'keys'), VAULT_RECIPIENT);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`The keys of the vault cannot be used: ${why}`);
  }
}

function startSfu(config: Config, logger: Logger): Promise<Sfu> {
  return MediasoupSfu.start({
    workers: config.RTC_WORKERS ?? availableParallelism(),
    port: config.RTC_PORT,
    listenIp: listenIpFor(config.ANNOUNCED_ADDRESS),
    announcedAddress: config.ANNOUNCED_ADDRESS,
    logger,
  });
}

/** With HTTP_PORT=0 the port is known only now. */
function publicUrl({ PUBLIC_URL, HTTP_PORT }: Config, httpServer: HttpServer): string {
  if (HTTP_PORT !== 0) return PUBLIC_URL;
  return PUBLIC_URL.replace(/:0$/, `:${(httpServer.address() as AddressInfo).port}`);
}

/** A PIN has six digits: with ten tries in ten minutes one caller guesses for a lifetime. */
async function closeHttp(httpServer: HttpServer, signaling: Signaling): Promise<void> {
  const closed = signaling.close();
  // Also those who are in the middle of a download.
  httpServer.closeAllConnections();
  await closed;
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve: giveUp } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => giveUp(undefined), ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
