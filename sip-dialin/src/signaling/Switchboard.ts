import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { MeetingRooms } from '../gateway/MeetingRooms.ts';
import type { PhoneMedia } from '../media/PhoneMedia.ts';
import type { DialogIds } from './Call.ts';
import { callEnd } from './callEnd.ts';
import type { InboundCall } from './InboundCall.ts';
import { PhoneLeg } from './PhoneLeg.ts';
import type { HandOn } from './HandOn.ts';
import type { Refusal } from './Refusals.ts';
import { Strangers } from './Strangers.ts';
import type { Trunk } from './Trunk.ts';
import type { Trunks } from './Trunks.ts';
import { WrongDigests } from './WrongDigests.ts';

/** Calls at a time, ringing ones included; one more is refused with 503. */
export const MAX_CALLS = 1_000;

/**
 * Over the calls a second: the next may come within one, as there is at least one a second. A carrier sends nothing
 * else meanwhile (RFC 3261 section 21.5.4), so that more would cost calls which there is room for.
 */
const SOON = { 'Retry-After': '1' };

export interface SwitchboardOptions {
  media: Pick<PhoneMedia, 'createLeg'>;
  rooms: MeetingRooms;
  trunks: Trunks;
  /** A phone wants its call to go on elsewhere; without it that is declined. */
  onHandOn?: (leg: PhoneLeg, request: HandOn) => void;
  /** Told of each call that becomes a leg, before it starts. */
  onLeg?: (leg: PhoneLeg, call: InboundCall, of: { did: string; trunkId: string }) => void;
  /** Told of each call that becomes none. */
  onRefused?: (refusal: Refusal) => void;
  /** Legs that are not this one's, whose calls may be replaced as well. */
  others?: () => readonly Pick<PhoneLeg, 'trunkId' | 'dialog' | 'takeOver'>[];
  logger: Logger;
  maxCalls?: number;
  /** In ms, from a monotonic clock. */
  now?: () => number;
}

/** Takes the calls that come in, and owns their legs until they have ended. */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #legs = new Map<string, PhoneLeg>();
  readonly #strangers: Strangers;
  readonly #impostors: Strangers;
  readonly #wrong = new WrongDigests();
  readonly #now: () => number;
  #closed = false;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#strangers = new Strangers(options.logger, 'calls from elsewhere refused');
    this.#impostors = new Strangers(options.logger, 'calls with wrong credentials refused');
    this.#now = options.now ?? (() => performance.now());
  }

  /** The calls that are up or ringing. */
  get legs(): readonly PhoneLeg[] {
    return [...this.#legs.values()];
  }

  /** Whether a call from this IP address is to be looked at: if not, it is refused and counted here. */
  knows(source: string): boolean {
    if (this.answers(source)) return true;
    const isShutOut = this.#wrong.shutsOut(source, this.#now());
    this.#refusedStranger(source, isShutOut ? 'shut-out' : 'stranger');
    return false;
  }

  /** The same for requests that are no calls, which are not counted. */
  answers(source: string): boolean {
    return !this.#wrong.shutsOut(source, this.#now()) && this.#options.trunks.knows(source);
  }

  /** A new INVITE: refused at once for what needs no asking, else it becomes a leg. */
  accept(call: InboundCall): void {
    // First of all: a stranger learns nothing, not even whether the number is ours.
    const verdict = this.#options.trunks.judge(call);
    if (verdict.type === 'admitted') {
      if (call.authorization !== '') this.#wrong.right(call.source);
      this.#admit(call, verdict.trunk);
    } else if (verdict.type === 'unknown') this.#refuse(call, 503, 'not-ready');
    else if (verdict.type === 'challenge') this.#challenge(call, verdict.value);
    else {
      this.#refusedStranger(call.source, 'stranger');
      call.refuse(403);
    }
  }

  #refusedStranger(source: string, reason: 'stranger' | 'shut-out'): void {
    this.#strangers.refused(source, this.#now());
    this.#options.onRefused?.({ source, reason, code: 403 });
  }

  #refuse(
    call: InboundCall,
    code: number,
    reason: Refusal['reason'],
    trunk?: Trunk,
    headers: Record<string, string> = {},
  ): void {
    const { source } = call;
    this.#options.onRefused?.({ source, reason, code, ...(trunk && { trunkId: trunk.id }) });
    call.refuse(code, headers);
  }

  #challenge(call: InboundCall, value: string): void {
    const isWrong = call.authorization !== '' && !value.includes('stale=true');
    if (isWrong) {
      this.#impostors.refused(call.source, this.#now());
      this.#wrong.wrong(call.source, this.#now());
      this.#options.onRefused?.({ source: call.source, reason: 'wrong-credentials', code: 401 });
    }
    call.refuse(401, { 'WWW-Authenticate': value });
  }

  #admit(call: InboundCall, trunk: Trunk): void {
    const { maxCalls = MAX_CALLS, logger } = this.#options;
    const isFull = this.#closed || this.#legs.size >= maxCalls;
    const place = isFull ? 'full' : trunk.take(this.#now());
    if (place !== 'taken') {
      const { name } = trunk.settings;
      logger.warn({ trunk: name, calls: trunk.calls }, 'call refused: no room for another');
      const headers = place === 'too-fast' ? SOON : {};
      this.#refuse(call, 503, isFull ? 'full' : 'trunk-limit', trunk, headers);
      return;
    }
    if (call.replaces !== undefined) {
      this.#replace(call, call.replaces, trunk);
      return;
    }
    if (call.dialled === undefined) {
      trunk.release();
      this.#refuse(call, 404, 'bad-invite', trunk);
      return;
    }
    this.#takeOn(call, call.dialled, trunk);
  }

  /**
   * RFC 3891 section 3: the call takes the place of another one, the phone's at the other end of a transfer. Only of
   * one over the same trunk (section 5): who knows its tags is not yet who may have it.
   */
  #replace(call: InboundCall, replaces: NonNullable<InboundCall['replaces']>, trunk: Trunk): void {
    const isMeant = ({ trunkId, dialog }: Pick<PhoneLeg, 'trunkId' | 'dialog'>): boolean =>
      replaces !== 'malformed' && trunkId === trunk.id && isSameDialog(dialog, replaces);
    const own = this.legs.find(isMeant);
    const leg = own ?? this.#options.others?.().find(isMeant);
    if (!leg || replaces === 'malformed' || replaces.earlyOnly) {
      trunk.release();
      this.#refuse(call, replaces === 'malformed' ? 400 : leg ? 486 : 481, 'bad-invite', trunk);
      return;
    }
    if (own) this.#letHandOn(own, call);
    // The leg has a line already, which goes on to this call; until the other one is gone there are two.
    void leg.takeOver(call).finally(() => trunk.release());
  }

  /** The SIP server is gone, and with it every call. */
  signalingLost(): void {
    for (const leg of this.legs) void leg.close(callEnd.signalingLost());
  }

  /** BYE to everybody, and no new calls. Twice is silent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.legs.map((leg) => leg.close()));
  }

  #takeOn(call: InboundCall, did: string, trunk: Trunk): void {
    const { media, rooms, logger } = this.#options;
    const { srtp } = trunk.settings;
    const id = randomUUID();
    const leg = new PhoneLeg({ id, call, did, trunkId: trunk.id, media, rooms, logger, srtp });
    this.#letHandOn(leg, call);
    this.#options.onLeg?.(leg, call, { did, trunkId: trunk.id });
    this.#legs.set(id, leg);
    leg.once('ended', () => {
      this.#legs.delete(id);
      trunk.release();
    });
    void leg.start();
  }

  #letHandOn(leg: PhoneLeg, call: InboundCall): void {
    const { onHandOn } = this.#options;
    if (onHandOn) call.onHandOn((request) => onHandOn(leg, request));
  }
}

function isSameDialog(a: DialogIds | undefined, b: DialogIds): boolean {
  if (!a) return false;
  return a.callId === b.callId && a.localTag === b.localTag && a.remoteTag === b.remoteTag;
}
