import type {
  LeaveReason,
  ParticipantKind,
  ParticipantView,
  RecordingNews,
  Role,
  Speaker,
} from '@switchroom/protocol';
import type { Member, RoomListener } from '../Member.ts';
import { Participant } from '../Participant.ts';

/** A listener that writes down what it is told, one line each. */
export class Diary implements RoomListener {
  readonly lines: string[] = [];
  readonly streams = 1;
  readonly carries: ParticipantKind;
  inside = true;
  hosts = false;
  hears = true;
  /** Whether there are others who listen, as it was told last. */
  others = true;

  constructor(carries: ParticipantKind = 'browser') {
    this.carries = carries;
  }

  participantJoined({ name, state }: ParticipantView): void {
    this.#write(`joined ${name}${state === 'lobby' ? ' (lobby)' : ''}`);
  }

  participantUpdated({ name, muted, handRaised, state }: ParticipantView): void {
    this.#write(`updated ${JSON.stringify({ name, muted, handRaised, state })}`);
  }

  participantLeft(_id: string, reason: LeaveReason): void {
    this.#write(`left ${reason}`);
  }

  unmuteAsked(_id: string, by: string): void {
    this.#write(`unmute asked by ${by}`);
  }

  sourceAdded({ name }: Participant): void {
    this.#write(`hears ${name}`);
  }

  sourceRemoved(): void {
    this.#write('hears one less');
  }

  sourceReturned(): void {
    this.#write('source returned');
  }

  audienceChanged(others: boolean): void {
    this.others = others;
  }

  speakersChanged(speakers: Speaker[]): void {
    this.#write(`speakers ${speakers.map(({ level }) => level).join()}`);
  }

  recordingChanged({ recording, paused }: RecordingNews): void {
    this.#write(`recording ${recording}${paused ? ' (paused)' : ''}`);
  }

  lockedChanged(locked: boolean): void {
    this.#write(`locked ${locked}`);
  }

  waitingChanged(waiting: number): void {
    this.#write(`waiting ${waiting}`);
  }

  settingsChanged(): void {
    this.#write('settings');
  }

  roomClosed(reason: LeaveReason): void {
    this.#write(`closed ${reason}`);
  }

  /** What was written since the last time. */
  read(): string[] {
    return this.lines.splice(0);
  }

  #write(line: string): void {
    this.lines.push(line);
  }
}

/** Somebody who comes by this listener; `gone` tells what the room said to it. */
export function someone(
  name: string,
  origin: RoomListener,
  options: {
    role?: Role;
    invited?: boolean;
    returnsTo?: string | undefined;
    knownBy?: readonly string[];
  } = {},
): Member & { gone: string[] } {
  const { role = 'participant', invited = false, returnsTo, knownBy = [] } = options;
  const gone: string[] = [];
  return {
    participant: new Participant({ name, kind: 'browser', role, knownBy }),
    origin,
    invited,
    returnsTo,
    admitted: () => void gone.push('admitted'),
    removed: (reason) => void gone.push(reason),
    gone,
  };
}
