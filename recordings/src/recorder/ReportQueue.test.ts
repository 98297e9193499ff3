import { AppError, failure, ok, type RecordingView, type Result } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ReportQueue } from './ReportQueue.ts';
import type { GatewaySocket } from './request.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const viewOf = (id: string): RecordingView => ({
  ...{ id, meetingId: 'm', startedAt: '2026-01-02T03:04:05.000Z', endedAt: null },
  ...{ durationMs: null, state: 'recording', tracks: [] },
});

it('what the server cannot take now is told again, behind what it can; what it refuses for good is not', async () => {
  const told: string[] = [];
  const refusals = new Map<string, AppError>([
    ['full', new AppError('internal', 'Something went wrong on the server.')],
    ['gone', new AppError('not-found', 'There is no such recording.')],
  ]);
  const emitWithAck = async (_: string, { recording }: { recording: RecordingView }) => {
    told.push(recording.id);
    const refusal = refusals.get(recording.id);
    return (refusal ? failure(refusal) : ok({})) as Result<unknown>;
  };
  const socket = { connected: true, timeout: () => ({ emitWithAck }) };
  const queue = new ReportQueue(socket as unknown as GatewaySocket, pino({ level: 'silent' }));
  for (const id of ['full', 'gone', 'fine']) queue.push(viewOf(id));
  await queue.flush();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual(['full', 'gone', 'fine', 'full']);
  refusals.clear();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual(['full', 'gone', 'fine', 'full', 'full']);
});
