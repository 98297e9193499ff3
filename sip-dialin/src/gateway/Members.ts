import { randomInt } from 'node:crypto';
import { Member } from './Member.ts';
import type { Phone } from './MeetingRooms.ts';

/** The phones of one room, from `enter` until each is out. */
export class Members implements Iterable<Member> {
  readonly #members = new Set<Member>();

  get size(): number {
    return this.#members.size;
  }

  /** Whether there is one that is no participant, yet or any more. */
  get areJoining(): boolean {
    return [...this.#members].some(({ participantId }) => participantId === undefined);
  }

  [Symbol.iterator](): Iterator<Member> {
    return [...this.#members].values();
  }

  /** `ssrcs`: those that the room has besides. */
  enter(phone: Phone, ssrcs: Iterable<number>): Member {
    const member = new Member(phone, this.#freshSsrc(ssrcs));
    this.#members.add(member);
    return member;
  }

  delete(member: Member): void {
    this.#members.delete(member);
  }

  of(participantId: string): Member | undefined {
    return [...this.#members].find((member) => member.participantId === participantId);
  }

  /** Of those in the room, but this one, who have said their names. */
  namesBut(asking: Member): Uint8Array[] {
    return [...this.#members].flatMap((member) => {
      const { recordedName } = member.phone;
      const isThere = member !== asking && member.place === 'media';
      return isThere && recordedName ? [recordedName] : [];
    });
  }

  /** The server knows no more of them. */
  forgetServer(): void {
    for (const member of this.#members) {
      if (member.place === 'media') member.returns = member.participantId ?? member.returns;
      member.participantId = undefined;
    }
  }

  clear(): void {
    this.#members.clear();
  }

  /** RFC 3550 section 8: random, and not one that is in use here. */
  #freshSsrc(ssrcs: Iterable<number>): number {
    const used = new Set([...ssrcs, ...[...this.#members].map(({ ssrc }) => ssrc)]);
    for (;;) {
      const ssrc = randomInt(1, 0x1_0000_0000);
      if (!used.has(ssrc)) return ssrc;
    }
  }
}
