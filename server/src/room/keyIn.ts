import { sha256 } from '../identity/secrets.ts';

/** What somebody can be known by who was put out of a meeting. */
type KnownBy = `user ${string}` | `browser ${string}` | `phone ${string}`;

/** The key that stands for it in this meeting, and in no other: the keys of two meetings do not tell who was in both. */
export function keyIn(meetingId: string, known: KnownBy): string {
  return sha256(`${meetingId} ${known}`).toString('base64url');
}
