import type { Logger } from 'pino';
import type { Alarms } from '../../alarms/Alarms.ts';
import { StreamWatch, type StreamFault, type StreamLook } from './StreamWatch.ts';

/** A recorder that has told nothing for so long has gone quiet, ms: three reports. */
const QUIET_MS = 6_000;
/** After so many good looks in a row what was wrong is mended. */
const GOOD_LOOKS = 2;
const TICK_MS = 1_000;
/** What a new stream from the SFU to the recorder may mend. */
const MENDABLE = new Set<StreamFault>(['no-consumer', 'not-sent', 'not-received', 'no-track']);

interface Account {
  meetingId: string;
  heardAt: number;
  /** It told something since it began. */
  heard: boolean;
  quiet: boolean;
  good: number;
  /** By participant. */
  watches: Map<string, StreamWatch>;
  faults: Map<string, StreamFault>;
  /** The recorder does not answer any more: it is given up. */
  giveUp: () => void;
}

/**
 * Compares, for each recording that is made, what was said with what is written, and raises `recording-incomplete`
 * while it can still be mended. It mends what a new stream can mend.
 */
export class CompletenessLedger {
  readonly #alarms: Alarms;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By recording. */
  readonly #accounts = new Map<string, Account>();
  readonly #timer: NodeJS.Timeout;

  /** `now`: ms, monotonic. */
  constructor(options: { alarms: Alarms; logger: Logger; now: () => number }) {
    this.#alarms = options.alarms;
    this.#logger = options.logger.child({ file: 'CompletenessLedger' });
    this.#now = options.now;
    this.#timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** A recorder has begun. `giveUp`: has another one go on. */
  begin(recordingId: string, meetingId: string, giveUp: () => void): void {
    this.#accounts.set(recordingId, {
      ...{ meetingId, giveUp, heardAt: this.#now(), heard: false, quiet: false, good: 0 },
      ...{ watches: new Map(), faults: new Map() },
    });
  }

  /** It is not made any more. Unknown ones are ignored. */
  end(recordingId: string | undefined): void {
    if (recordingId === undefined || !this.#accounts.delete(recordingId)) return;
    this.#clear(recordingId);
  }

  /** What the recorder counted, beside what there was. `mend` has a stream made anew. */
  look(
    recordingId: string,
    looks: readonly StreamLook[],
    mend: (producerId: string) => void,
  ): void {
    const account = this.#accounts.get(recordingId);
    if (!account) return;
    Object.assign(account, { heardAt: this.#now(), heard: true, quiet: false });
    const present = new Set(looks.map(({ participantId }) => participantId));
    for (const id of account.watches.keys()) {
      if (present.has(id)) continue;
      account.watches.delete(id);
      account.faults.delete(id);
    }
    for (const one of looks) this.#judge(account, one, mend);
    this.#tell(recordingId, account);
  }

  /** Looks for recorders that have gone quiet. Called by itself, every second. */
  tick(): void {
    for (const [recordingId, account] of this.#accounts) {
      if (account.quiet || this.#now() - account.heardAt < QUIET_MS) continue;
      account.quiet = true;
      this.#tell(recordingId, account);
      // One that never told anything may know no better.
      if (account.heard) account.giveUp();
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #judge(account: Account, look: StreamLook, mend: (producerId: string) => void): void {
    const { participantId, producerId } = look;
    const watch = account.watches.get(participantId) ?? new StreamWatch();
    account.watches.set(participantId, watch);
    const fault = watch.look(look);
    if (fault === null) account.faults.delete(participantId);
    if (!fault) return;
    account.faults.set(participantId, fault);
    this.#logger.warn({ participantId, fault }, 'judge() | sound is missing');
    if (MENDABLE.has(fault)) mend(producerId);
  }

  #tell(recordingId: string, { meetingId, faults, quiet, ...account }: Account): void {
    const found = this.#accounts.get(recordingId);
    if (faults.size === 0 && !quiet) {
      if (found) found.good = account.good + 1;
      if (account.good + 1 >= GOOD_LOOKS) this.#clear(recordingId);
      return;
    }
    if (found) found.good = 0;
    const reasons = new Set<string>(faults.values());
    if (quiet) reasons.add('recorder-quiet');
    this.#alarms.raise({
      kind: 'recording-incomplete',
      subject: { type: 'recording', id: recordingId },
      meetingId,
      details: { reasons: [...reasons].sort().join(', '), tracks: String(faults.size) },
    });
  }

  #clear(recordingId: string): void {
    this.#alarms.clear('recording-incomplete', { type: 'recording', id: recordingId });
  }
}
