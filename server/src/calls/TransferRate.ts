import { HOUR_MS, waitForSlot } from './waitForSlot.ts';

/** By one caller within an hour: a call is handed on once; others are for numbers that did not answer. */
const BY_ONE_CALLER = 3;

/**
 * How often phones may hand their calls on. Whoever knows a PIN can, so it has narrower limits than calls that a host
 * asks for: a few for each caller, who may hang up and dial again, and half of what its meeting may call within an
 * hour, so that the host always has the other half. Each try counts. In memory: after a restart the hours of the policy
 * still count all calls.
 */
export class TransferRate {
  readonly #now: () => number;
  #begun: { meetingId: string; caller: string; at: number }[] = [];

  /** `now` is in ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts one more, if there may be one; gives how long until there may, in ms, 0: counted. `caller`: what a number is
   * known again by, '' for all that withhold theirs. `callsPerHour`: what the policy grants its meeting.
   */
  take(meetingId: string, caller: string, callsPerHour: number): number {
    const at = this.#now();
    this.#begun = this.#begun.filter((one) => one.at > at - HOUR_MS);
    const ofMeeting = this.#begun.filter((one) => one.meetingId === meetingId);
    const ofCaller = ofMeeting.filter((one) => one.caller === caller);
    const most = Math.max(1, Math.floor(callsPerHour / 2));
    const wait = Math.max(
      waitForSlot(ofCaller, BY_ONE_CALLER, at),
      waitForSlot(ofMeeting, most, at),
    );
    if (wait === 0) this.#begun.push({ meetingId, caller, at });
    return wait;
  }
}
