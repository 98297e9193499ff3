import type { CallFailure } from '@switchroom/protocol';

/** Since the start, for Prometheus. */
export class CallCounts {
  placed = 0;
  readonly failed: Record<CallFailure, number> = {
    busy: 0,
    'no-answer': 0,
    refused: 0,
    'invalid-number': 0,
    unreachable: 0,
    'not-confirmed': 0,
    cancelled: 0,
  };
}
