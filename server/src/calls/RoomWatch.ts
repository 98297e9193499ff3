import type { LeaveReason } from '@switchroom/protocol';
import type { Room } from '../room/Room.ts';
import type { Call } from './Call.ts';
import type { CallClock } from './CallClock.ts';

/** For so long calls go on for nobody, ms: whoever loads the page anew, or changes networks, is back by then. */
export const COMES_BACK_MS = 10_000;

export interface RoomWatchOptions {
  clock: CallClock;
  /** All of this meeting. */
  callsOf: (meetingId: string) => Call[];
  onMeetingEnded: (meetingId: string) => void;
}

/** What becomes of calls as those in their room leave, and as it closes. Owned by Calls. */
export class RoomWatch {
  readonly #options: RoomWatchOptions;
  /** By meeting, what calls the wait for somebody off. */
  readonly #waits = new Map<string, () => void>();

  constructor(options: RoomWatchOptions) {
    this.#options = options;
  }

  /** Waits for nobody any more. Twice is silent. */
  close(): void {
    for (const meetingId of [...this.#waits.keys()]) this.stopWaiting(meetingId);
  }

  /** Somebody is there, or nobody will be. */
  stopWaiting(meetingId: string): void {
    this.#waits.get(meetingId)?.();
    this.#waits.delete(meetingId);
  }

  /** From its opening to its close. */
  watch(room: Room): void {
    const { meetingId } = room;
    const { callsOf, onMeetingEnded } = this.#options;
    let lastLeft: LeaveReason | undefined;
    this.stopWaiting(meetingId);
    room.events.on('left', (participantId, reason) => {
      lastLeft = reason;
      const mine = callsOf(meetingId).filter((call) => call.participantId === participantId);
      for (const call of mine) forsake(call, reason);
    });
    room.events.once('closed', (reason) => {
      if (reason === 'meeting-ended') onMeetingEnded(meetingId);
      else if (reason === 'left' && lastLeft === 'connection-lost') this.#wait(meetingId);
      else for (const call of callsOf(meetingId)) forsake(call, reason);
    });
  }

  #wait(meetingId: string): void {
    const { clock, callsOf } = this.#options;
    if (callsOf(meetingId).length === 0) return;
    const stop = clock.after(COMES_BACK_MS, () => {
      this.#waits.delete(meetingId);
      for (const call of callsOf(meetingId)) forsake(call, 'left');
    });
    this.#waits.set(meetingId, stop);
  }
}

/** Whose participant, or room, is gone. */
function forsake(call: Call, reason: LeaveReason): void {
  // Phones that lost us, or whose room failed, join again.
  if (reason === 'left' || reason === 'removed') call.ended();
  else call.lost();
  // Nobody is left who waits for it, or whose sound it could carry.
  if (call.state !== 'lost') call.cancel();
}
