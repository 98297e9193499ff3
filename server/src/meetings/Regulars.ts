/** More than call a large server in a day; whoever has not called for longest is forgotten. */
const MOST = 20_000;

/** Who has keyed a right PIN, and of which meeting. In memory only: its callers' numbers are nobody's to keep. */
export class Regulars {
  readonly #most: number;
  /** In order of their last right PIN. */
  readonly #known = new Map<string, Set<string>>();

  constructor(most = MOST) {
    this.#most = most;
  }

  add(caller: string, meetingId: string): void {
    const meetings = this.#known.get(caller) ?? new Set();
    this.#known.delete(caller);
    this.#known.set(caller, meetings.add(meetingId));
    if (this.#known.size <= this.#most) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** Whether this caller was in this meeting; without one, in any. */
  has(caller: string, meetingId?: string): boolean {
    const meetings = this.#known.get(caller);
    return meetings !== undefined && (meetingId === undefined || meetings.has(meetingId));
  }
}
