import { isIPv4 } from 'node:net';
import type { CallEventNews } from '@switchroom/protocol';

/** Refusals of one kind within this time are told as one, ms. */
const WINDOW_MS = 60_000;
/** Kinds told apart in that time; whatever else comes, however many networks a flood comes from, is told by reason alone. */
const MAX_KINDS = 20;

/** Why an INVITE did not become a call. */
export type RefusalReason =
  /** From nowhere that a trunk knows, or without the certificate that it wants. */
  | 'stranger'
  /** Nothing is looked at after too many wrong passwords. */
  | 'shut-out'
  | 'wrong-credentials'
  /** Over the trunk's calls a second or at a time. */
  | 'trunk-limit'
  /** More calls than this gateway takes, or it is going. */
  | 'full'
  /** The server has told no trunks yet. */
  | 'not-ready'
  /** Nothing that can be called, no call to replace, or an INVITE that is not as it must be. */
  | 'bad-invite';

export interface Refusal {
  /** IP address. */
  source: string;
  reason: RefusalReason;
  /** SIP status. */
  code: number;
  trunkId?: string;
}

/**
 * Counts the INVITEs that were refused: one event for each network, trunk, reason and minute at most, and never more
 * than a few dozen a minute, so that a flood of calls does not become a flood of entries in the audit trail.
 */
export class Refusals {
  readonly #tell: (event: CallEventNews) => void;
  readonly #now: () => number;
  readonly #kinds = new Map<string, CallEventNews & { count: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** `now`: ms since 1970. */
  constructor(tell: (event: CallEventNews) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  add(refusal: Refusal): void {
    const { kind, of } = this.#kindOf(refusal);
    const known = this.#kinds.get(kind);
    if (known) {
      known.count += 1;
      return;
    }
    const at = new Date(this.#now()).toISOString();
    this.#kinds.set(kind, { at, type: 'refused', direction: 'in', ...of, count: 1 });
    this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS);
  }

  /** Tells what has been counted so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const event of events) this.#tell(event);
  }

  #kindOf({ source, reason, code, trunkId }: Refusal): {
    kind: string;
    of: Pick<CallEventNews, 'network' | 'trunkId' | 'reason' | 'code'>;
  } {
    const network = networkOf(source);
    const kind = JSON.stringify([network, trunkId, reason, code]);
    if (this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS) {
      return { kind, of: { network, reason, code, ...(trunkId !== undefined && { trunkId }) } };
    }
    return { kind: reason, of: { reason, code } };
  }
}

/** The /24 or /48 of an IP address: what one customer of a network has. */
function networkOf(source: string): string {
  const bare = source.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(bare)) return `${bare.split('.').slice(0, 3).join('.')}.0/24`;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after];
  return `${all.slice(0, 3).join(':')}::/48`.slice(0, 64);
}
