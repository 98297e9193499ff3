import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { ALARM_KINDS, type AlarmKind, type AlarmView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { SYSTEM, type AuditSource, type AuditTrail } from '../audit/AuditTrail.ts';

export type Alarm = Pick<AlarmView, 'kind' | 'subject'> &
  Partial<Pick<AlarmView, 'meetingId' | 'details'>>;

export interface AlarmsEvents {
  raised: [AlarmView];
  cleared: [AlarmView];
}

/** So many that are over are still told of. */
const KEPT = 100;

/**
 * What must be seen to now. Whoever finds it raises it, and clears it once it is mended; one of a kind for each
 * subject. It is told in the log, in the audit trail, and to whoever listens to `events`.
 */
export class Alarms {
  readonly events = new EventEmitter<AlarmsEvents>();
  /** Since the server started, by kind. */
  readonly raised = Object.fromEntries(ALARM_KINDS.map((kind) => [kind, 0])) as Record<
    AlarmKind,
    number
  >;
  /** By kind and subject. */
  readonly #active = new Map<string, AlarmView>();
  /** Newest first. */
  #over: AlarmView[] = [];
  readonly #trail: AuditTrail;
  readonly #logger: Logger;

  /** `lasting`: those that the server before this one has raised, oldest first. */
  constructor(options: { trail: AuditTrail; logger: Logger; lasting?: readonly AlarmView[] }) {
    for (const alarm of options.lasting ?? []) {
      this.#active.set(keyOf(alarm.kind, alarm.subject), alarm);
    }
    this.#trail = options.trail;
    this.#logger = options.logger.child({ file: 'Alarms' });
    this.events.setMaxListeners(0);
  }

  /** Those that last, the newest first. */
  get active(): AlarmView[] {
    return [...this.#active.values()].reverse();
  }

  /** The last that are over, the newest first. */
  get over(): readonly AlarmView[] {
    return this.#over;
  }

  /** The kinds that last for one meeting. */
  of(meetingId: string): AlarmKind[] {
    const kinds = this.active.filter((one) => one.meetingId === meetingId).map(({ kind }) => kind);
    return [...new Set(kinds)];
  }

  /** One that lasts already goes on; its details are the newest. */
  raise({ kind, subject, meetingId = null, details = {} }: Alarm): void {
    const key = keyOf(kind, subject);
    const lasting = this.#active.get(key);
    if (lasting) {
      this.#active.set(key, { ...lasting, details });
      return;
    }
    const raisedAt = new Date().toISOString();
    const alarm = {
      id: randomUUID(),
      kind,
      subject,
      meetingId,
      details,
      raisedAt,
      clearedAt: null,
    };
    this.#active.set(key, alarm);
    this.raised[kind] += 1;
    this.#logger.error({ ...alarm }, 'raise() | alarm');
    this.#note('alarm.raised', alarm, SYSTEM);
    this.events.emit('raised', alarm);
  }

  /** Silent when there is none. */
  clear(kind: AlarmKind, subject: AlarmView['subject'], by: AuditSource = SYSTEM): void {
    const key = keyOf(kind, subject);
    const alarm = this.#active.get(key);
    if (!alarm) return;
    this.#active.delete(key);
    const cleared = { ...alarm, clearedAt: new Date().toISOString() };
    this.#over = [cleared, ...this.#over].slice(0, KEPT);
    this.#logger.warn({ id: alarm.id, kind, subject }, 'clear() | alarm is over');
    this.#note('alarm.cleared', cleared, by);
    this.events.emit('cleared', cleared);
  }

  #note(action: string, { id, kind, subject, details }: AlarmView, by: AuditSource): void {
    const of = { type: subject.type, id: subject.id };
    const draft = { ...by, action, subject: of, details: { ...details, kind, alarmId: id } };
    this.#trail
      .append(draft)
      .catch((error: unknown) => this.#logger.error({ err: error, id }, 'note() | not audited'));
  }
}

function keyOf(kind: AlarmKind, { type, id, file = '' }: AlarmView['subject']): string {
  return `${kind} ${type} ${id} ${file}`;
}
