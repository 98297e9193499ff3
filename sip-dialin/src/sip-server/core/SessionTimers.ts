import { randomInt } from 'node:crypto';
import type { Timer } from '../clock.ts';
import { minSessionOf, sessionExpiresOf, supports } from '../message/sessionExpires.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { Context, SipDialog } from './Context.ts';
import { hangUp } from './hangUp.ts';
import { shorten } from './redactUri.ts';
import { answerSession } from './sessionOffer.ts';
import type { ServedRequest } from './ServedRequest.ts';
import { sendRefresh } from './sendRefresh.ts';
import { record, tellUnsolicited } from './tell.ts';

/** Longer ones are cut, in seconds: the system's timers end at 24 days. */
const LONGEST_SECONDS = 1_000_000;
/** A refresh that met one of theirs is tried again within this, in ms (RFC 3261 section 14.1). */
const GLARE_MS = { least: 2100, most: 4000 };

interface Session {
  seconds: number;
  weRefresh: boolean;
  /** The `Min-SE` of a 422 of theirs; 0 when there was none. */
  atLeast: number;
  /** True when the far end has not said that it keeps a timer: any answer shows that it lives. */
  imposed: boolean;
  refresh: Timer | undefined;
  expiry: Timer;
}

/**
 * The session timers of all calls (RFC 4028), which drachtio-server keeps too: refreshes where it
 * is our turn, and ends what nobody refreshes.
 */
export class SessionTimers {
  readonly #context: Context;
  readonly #sessions = new Map<SipDialog, Session>();
  /** re-INVITEs of the applications that wait for one of ours to be over. */
  readonly #held = new Map<SipDialog, (() => void)[]>();

  constructor(context: Context) {
    this.#context = context;
    context.dialogs.removed.add((dialog) => this.#drop(dialog));
  }

  /** Completes a 2xx of ours to an INVITE or UPDATE. */
  answer(served: ServedRequest, response: SipResponse): void {
    const running = served.dialog === undefined ? undefined : this.#sessions.get(served.dialog);
    answerSession(served.request, response, running?.seconds);
  }

  /** Completes an INVITE or UPDATE of the application within a dialog. */
  ask(dialog: SipDialog, { method, headers }: SipRequest): void {
    const session = this.#sessions.get(dialog);
    if (session === undefined || (method !== 'INVITE' && method !== 'UPDATE')) return;
    if (headers.has('Session-Expires')) return;
    const refresher = session.weRefresh ? 'uac' : 'uas';
    headers.append('Session-Expires', `${session.seconds};refresher=${refresher}`);
    if (!headers.has('Supported')) headers.append('Supported', 'timer');
  }

  /** Starts or restarts the timer as our 2xx says, once the dialog is confirmed. */
  answered(dialog: SipDialog, { request }: ServedRequest, response: SipResponse): void {
    const given = sessionExpiresOf(response);
    if (!keeps(dialog) || given === undefined || given === 'malformed') return;
    const weRefresh = given.refresher !== 'uac';
    const imposed = !supports(request, 'timer');
    this.#start(dialog, { seconds: given.seconds, weRefresh, imposed });
  }

  /** Starts or restarts the timer as a 2xx of theirs says. */
  agreed(dialog: SipDialog, response: SipResponse): void {
    const running = this.#sessions.get(dialog);
    const given = sessionExpiresOf(response);
    if (!keeps(dialog)) return;
    if (given !== undefined && given !== 'malformed' && given.seconds > 0) {
      const weRefresh = given.refresher !== 'uas';
      this.#start(dialog, { seconds: given.seconds, weRefresh, imposed: false });
    } else if (running !== undefined) {
      // Without an interval in the answer nobody must refresh; going on finds a dead phone (section 7.2).
      this.#start(dialog, { seconds: running.seconds, weRefresh: true, imposed: true });
    }
  }

  /** Puts off an INVITE of the application while one of ours is under way (RFC 3261 section 14.1). */
  hold(dialog: SipDialog, run: () => void): boolean {
    const held = this.#held.get(dialog);
    held?.push(run);
    return held !== undefined;
  }

  close(): void {
    this.#held.clear();
    for (const dialog of [...this.#sessions.keys()]) this.#drop(dialog);
  }

  #start(dialog: SipDialog, how: Pick<Session, 'seconds' | 'weRefresh' | 'imposed'>): void {
    const atLeast = this.#sessions.get(dialog)?.atLeast ?? 0;
    this.#cancel(dialog);
    const seconds = Math.min(how.seconds, LONGEST_SECONDS);
    const { clock } = this.#context;
    // Sooner than the interval says, lest a late BYE meet a far end that has forgotten (section 10).
    const lifeMs = (seconds - Math.min(32, seconds / 3)) * 1000;
    const refresh = how.weRefresh
      ? clock.after(seconds * 500, () => this.#refresh(dialog))
      : undefined;
    const expiry = clock.after(lifeMs, () => this.#expire(dialog));
    this.#sessions.set(dialog, { ...how, seconds, atLeast, refresh, expiry });
  }

  #refresh(dialog: SipDialog): void {
    const session = this.#sessions.get(dialog);
    if (session === undefined) return;
    const update = dialog.allowsUpdate || dialog.localSdp.length === 0;
    if (!update && (dialog.inviteFromLocal || dialog.inviteFromRemote)) {
      this.#again(dialog, session);
      return;
    }
    if (!update) this.#held.set(dialog, []);
    const method = update ? 'UPDATE' : 'INVITE';
    const sent = sendRefresh(this.#context, dialog, {
      ...{ method, seconds: session.seconds, atLeast: session.atLeast },
      onFinal: (response) => {
        this.#release(dialog);
        if (this.#sessions.get(dialog) === session) this.#onAnswer(dialog, session, response);
      },
    });
    if (!sent) this.#expire(dialog);
  }

  #onAnswer(dialog: SipDialog, session: Session, response: SipResponse): void {
    const { status } = response;
    if (status < 300) this.agreed(dialog, response);
    else if (status === 408 || status === 481) this.#expire(dialog);
    else if (status === 422 && minSessionOf(response) > session.seconds) {
      session.atLeast = session.seconds = minSessionOf(response);
      this.#refresh(dialog);
    } else if ((status === 405 || status === 501) && dialog.allowsUpdate) {
      dialog.allowsUpdate = false;
      this.#refresh(dialog);
    } else if (status === 491 || !session.imposed) this.#again(dialog, session);
    else this.#start(dialog, session);
  }

  /** Tries again in a moment; the end of the session stays where it is. */
  #again(dialog: SipDialog, session: Session): void {
    const ms = randomInt(GLARE_MS.least, GLARE_MS.most);
    session.refresh?.cancel();
    session.refresh = this.#context.clock.after(ms, () => this.#refresh(dialog));
  }

  #expire(dialog: SipDialog): void {
    const callId = shorten(dialog.callId);
    this.#context.log.warn({ callId }, 'session not refreshed: hanging up');
    this.#cancel(dialog);
    const bye = hangUp(this.#context, dialog, 'Session timer expired');
    if (bye === undefined) return;
    tellUnsolicited(this.#context, dialog, bye);
    record(this.#context, 'stop', 'application', bye, 'session-expired');
  }

  #release(dialog: SipDialog): void {
    const held = this.#held.get(dialog) ?? [];
    this.#held.delete(dialog);
    for (const run of held) run();
  }

  #cancel(dialog: SipDialog): void {
    const session = this.#sessions.get(dialog);
    session?.refresh?.cancel();
    session?.expiry.cancel();
    this.#sessions.delete(dialog);
  }

  #drop(dialog: SipDialog): void {
    this.#cancel(dialog);
    this.#release(dialog);
  }
}

function keeps(dialog: SipDialog): boolean {
  return dialog.confirmed && dialog.method === 'INVITE';
}
