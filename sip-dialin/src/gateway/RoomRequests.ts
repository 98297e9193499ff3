import { AppError, MAX_TOLD, type GatewayResults, type Told } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { LegQuality } from '../media/PhoneMedia.ts';
import type { GatewaySocket } from './GatewaySocket.ts';
import type { Member } from './Member.ts';
import type { RoomCommand, RoomCommandDone } from './MeetingRooms.ts';

export type Wish = { muted: boolean } | { handRaised: boolean } | { held: boolean };

/** What the phones of one room ask of the server. */
export class RoomRequests {
  readonly #meetingId: string;
  readonly #socket: Pick<GatewaySocket, 'request'>;
  readonly #logger: Logger;

  constructor(meetingId: string, socket: Pick<GatewaySocket, 'request'>, logger: Logger) {
    this.#meetingId = meetingId;
    this.#socket = socket;
    this.#logger = logger;
  }

  /** Makes the phone a participant. Errors: as of `phone:join`. */
  async join(member: Member): Promise<GatewayResults['phone:join']> {
    const { number, role, callId } = member.phone;
    const request = { meetingId: this.#meetingId, name: member.name, number, ssrc: member.ssrc };
    const { returns, told } = member;
    const whose = {
      ...request,
      ...(role === 'host' && { role }),
      ...(returns !== undefined && { returns }),
      ...(told.length > 0 && { told }),
    };
    if (callId === undefined) return this.#socket.request('phone:join', whose);
    try {
      return await this.#socket.request('phone:join', { ...whose, callId });
    } catch (error) {
      // The server that had ordered this call may have forgotten it since: it is a phone like others then, unless it is
      // somebody's own phone, of which nobody else is to know.
      const isForgotten =
        error instanceof AppError && /^(not-found|bad-request|conflict)$/.test(error.code);
      if (member.place === 'coming' || member.carriesAnother || !isForgotten) throw error;
      return this.#socket.request('phone:join', whose);
    }
  }

  /** Errors: `unavailable`. */
  async tellWish(participantId: string, wish: Wish): Promise<void> {
    const whose = { meetingId: this.#meetingId, participantId };
    if ('muted' in wish) await this.#socket.request('participant:setMuted', { ...whose, ...wish });
    else if ('held' in wish)
      await this.#socket.request('participant:setHeld', { ...whose, ...wish });
    else await this.#socket.request('participant:setHandRaised', { ...whose, ...wish });
  }

  /** Kept also while the server is away: it is told when the phone joins again. Never throws. */
  wish(member: Member, wish: Wish): void {
    if (member.isOut()) return;
    member.wish(wish);
    if (member.participantId === undefined) return;
    const answer = member.asking(wish, this.tellWish(member.participantId, wish));
    this.#forget(answer, 'wish not taken');
  }

  /** Kept, as a wish is. Never throws. */
  tellConsent(member: Member, told: Told): void {
    if (member.isOut()) return;
    // The latest is never what is left out: it may be the caller's consent.
    member.told[Math.min(member.told.length, MAX_TOLD - 1)] = told;
    const { participantId } = member;
    if (participantId === undefined) return;
    const payload = { meetingId: this.#meetingId, participantId, told };
    this.#forget(this.#socket.request('phone:told', payload), 'phone:told not taken');
  }

  leave(participantId: string, ssrc: number): void {
    const payload = { meetingId: this.#meetingId, participantId, ssrc };
    this.#forget(this.#socket.request('phone:leave', payload), 'phone:leave not taken');
  }

  quality(member: Member, quality: LegQuality): void {
    const { participantId } = member;
    if (participantId === undefined || member.isOut()) return;
    const payload = { meetingId: this.#meetingId, participantId, ...quality };
    this.#forget(this.#socket.request('phone:quality', payload), 'phone:quality not taken');
  }

  async count(): Promise<number> {
    const meetingId = this.#meetingId;
    return (await this.#socket.request('participant:count', { meetingId })).participants;
  }

  async refer(member: Member, number: string): Promise<{ callId: string }> {
    return this.#socket.request('call:refer', { ...this.#whose(member), number });
  }

  async command(member: Member, command: RoomCommand): Promise<RoomCommandDone> {
    const whose = this.#whose(member);
    switch (command) {
      case 'toggleLock':
        return { command, ...(await this.#socket.request('room:toggleLock', whose)) };
      case 'toggleRecording':
        return { command, ...(await this.#socket.request('room:toggleRecording', whose)) };
      case 'togglePause':
        return { command, ...(await this.#socket.request('room:togglePause', whose)) };
      case 'muteAll':
        await this.#socket.request('room:muteAll', whose);
        return { command };
      case 'admitAll':
        return { command, ...(await this.#socket.request('room:admitAll', whose)) };
    }
  }

  #whose({ participantId }: Member): { meetingId: string; participantId: string } {
    if (participantId === undefined) throw new AppError('unavailable', 'The server is away.');
    return { meetingId: this.#meetingId, participantId };
  }

  /** For what nobody waits for. */
  #forget(request: Promise<unknown>, otherwise: string): void {
    request.catch((error: unknown) => {
      this.#logger.debug({ err: error, meetingId: this.#meetingId }, otherwise);
    });
  }
}
