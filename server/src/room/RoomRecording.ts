import {
  isAgreement,
  MAX_TOLD,
  type Consent,
  type ConsentPolicy,
  type ParticipantView,
  type RecordingNews,
  type Told,
} from '@switchroom/protocol';
import type { EventEmitter } from 'node:events';
import type { Audience } from './Audience.ts';
import type { Member } from './Member.ts';
import type { Participant } from './Participant.ts';
import type { RoomEvents } from './RoomEvents.ts';
import type { Roster } from './Roster.ts';
import type { Sounds } from './Sounds.ts';

/**
 * What one room knows of its recording: whether it runs, who was told of it and who agreed. Where consent is required,
 * whoever has not agreed is silent for everybody while it runs; no recorder gets their sound at any time.
 */
export class RoomRecording {
  readonly #roster: Roster;
  readonly #sounds: Sounds;
  readonly #audience: Audience;
  readonly #events: EventEmitter<RoomEvents>;
  /** `expected`: a recorder has been asked. */
  #phase: 'off' | 'expected' | 'on' = 'off';
  #paused = false;
  #policy: ConsentPolicy = 'notice';

  constructor(
    roster: Roster,
    sounds: Sounds,
    audience: Audience,
    events: EventEmitter<RoomEvents>,
  ) {
    this.#roster = roster;
    this.#sounds = sounds;
    this.#audience = audience;
    this.#events = events;
    // Whatever its state: a recorder may be there before the room knows that it is recorded.
    sounds.mayBeRecorded = (participant) =>
      this.#policy === 'notice' || this.#hasAgreed(participant);
  }

  get news(): RecordingNews {
    const recording = this.#phase === 'on';
    return { recording, paused: recording && this.#paused, consent: this.#policy };
  }

  /** What the meeting's owner set, from now on. */
  set policy(policy: ConsentPolicy) {
    if (policy === this.#policy) return;
    this.#policy = policy;
    void this.#review();
    this.#tell();
  }

  /** One is about to begin: resolves when nobody is heard any more who has to agree first. */
  async expect(): Promise<void> {
    if (this.#phase !== 'off') return;
    this.#phase = 'expected';
    await this.#review();
  }

  /** It runs, or none does. Twice is silent. */
  set(isOn: boolean): void {
    const { recording } = this.news;
    this.#phase = isOn ? 'on' : 'off';
    void this.#review();
    if (recording !== isOn) this.#tell();
  }

  /** Told at once if one runs, else as the next begins. */
  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (this.news.recording) this.#tell();
  }

  /** What those who are in it were told and agreed to. */
  get consents(): Consent[] {
    return this.#roster.all().flatMap(({ participant }) => consentsOf(participant));
  }

  /** One is about to come in, to whom all this was told when it was here before. */
  enters(participant: Participant, told: readonly Told[]): void {
    remember(participant, told);
    participant.consent = this.#owed(participant);
  }

  /** Out of the lobby: from here on it counts whether it has agreed. */
  letIn(participant: Participant): void {
    participant.waiting = false;
    participant.consent = this.#owed(participant);
  }

  /** The member was told of the recording, or agreed: whoever had to is heard from now on. Errors: `not-found`. */
  async told(participantId: string, told: Told): Promise<void> {
    const member = this.#roster.get(participantId);
    if (!remember(member.participant, [told])) return;
    // First who keeps account of it, then the sound.
    this.#events.emit('told', member.participant, told);
    await this.#apply(member);
    this.#sounds.route();
  }

  #owed(participant: Participant): ParticipantView['consent'] {
    if (this.#hasAgreed(participant)) return 'given';
    const mustAgree = this.#policy === 'required' && this.#phase !== 'off';
    return mustAgree && !participant.waiting ? 'awaited' : 'none';
  }

  async #review(): Promise<void> {
    await Promise.all(this.#roster.all().map((member) => this.#apply(member)));
    this.#sounds.route();
  }

  async #apply(member: Member): Promise<void> {
    const { participant } = member;
    this.#roster.update(member, { consent: this.#owed(participant) });
    try {
      await this.#sounds.of(participant.id)?.source.setPaused(participant.silent);
    } catch {
      // Rather not heard at all than heard without having agreed.
      this.#sounds.drop(participant.id);
    }
  }

  #hasAgreed({ told }: Participant): boolean {
    return told.some(
      (one) => isAgreement(one) && (this.#policy === 'notice' || one.policy === 'required'),
    );
  }

  #tell(): void {
    const { news } = this;
    this.#audience.tell((listener) => listener.recordingChanged(news));
  }
}

/** All that this one was told and agreed to. */
export function consentsOf({ id: participantId, name, told }: Participant): Consent[] {
  return told.map((one) => ({ ...one, participantId, name }));
}

/** Whether any of it was new. */
function remember({ told }: Participant, more: readonly Told[]): boolean {
  const known = new Set(told.map((one) => JSON.stringify(one)));
  const fresh = more.filter((one) => !known.has(JSON.stringify(one)));
  // That somebody agreed is never what is left out.
  const kept = fresh.filter((one) => told.length < MAX_TOLD || isAgreement(one));
  told.push(...kept.slice(0, 2 * MAX_TOLD - told.length));
  return kept.length > 0;
}
