import type { Switchroom } from '../support/Switchroom.ts';
import { CallGenerator, type Dialled } from './CallGenerator.ts';

/** Calls a second that come in, and for how many seconds. */
const CALLS_A_SECOND = 50;
const SECONDS = 4;

/**
 * From INVITE to the first audible packet of the first prompt, the 99th percentile of some seconds at 50
 * calls a second, ms.
 */
export async function inviteToPrompt(switchroom: Switchroom): Promise<number[]> {
  await limitTrunks(switchroom, { maxCalls: 10_000, callsPerSecond: 1000 });
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const calls = await CallGenerator.open(meeting.dialIn[0]!.sipUri);
  try {
    // The first call warms what every start has cold; it is not counted.
    await calls.dial();
    const dialled = await calls.dialAt(CALLS_A_SECOND, SECONDS);
    return [percentile(dialled.map(promptMs), 0.99)];
  } finally {
    calls.close();
  }
}

function promptMs(dialled: Dialled): number {
  if ('promptMs' in dialled) return dialled.promptMs;
  throw new Error(`a call was refused with ${dialled.status}`);
}

/** Sets the limits of every trunk. */
export async function limitTrunks(
  { rest }: Switchroom,
  limits: { maxCalls: number; callsPerSecond: number },
): Promise<void> {
  const { body } = await rest.raw('GET', '/trunks');
  for (const { id } of body as { id: string }[]) await rest.raw('PATCH', `/trunks/${id}`, limits);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
