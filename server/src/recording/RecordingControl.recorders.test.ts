import { AppError, type RecordingNews, type RecordingView } from '@switchroom/protocol';
import { describe, expect, it, vi } from 'vitest';
import { SYSTEM } from '../audit/AuditTrail.ts';
import { FakeRecorder, listener, useControlBench, user } from './testing/ControlBench.ts';

const bench = useControlBench();

describe('RecordingControl: recorders that come, go and fail', () => {
  it('a recorder that refuses leaves nothing behind, one that is silent a failed recording', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, {});
    const { room } = await bench.enter(meeting);
    bench.recorder.refusal = new AppError('internal', 'disk full');
    await expect(bench.control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(await bench.states()).toEqual([]);
    bench.recorder.refusal = new AppError('storage-full', 'Only 3 MB are free.');
    await expect(bench.control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'storage-full',
    });
    expect(await bench.states()).toEqual([]);
    bench.recorder.refusal = new Error('no answer in time');
    await expect(bench.control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(await bench.states()).toEqual(['failed']);
    expect(room.recording).toBe(false);
    // A refused wish is over: nothing begins later by itself.
    await bench.enter(meeting);
    await bench.control.whenSealed();
    expect(bench.recorder.starts).toHaveLength(3);
    await bench.control.start(meeting, SYSTEM);
    expect(room.recording).toBe(true);
  });

  it('a recorder that comes back and never stopped goes on under the same id', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const { recordingId } = bench.recorder.starts[0]!;
    bench.control.removeRecorder(bench.recorder);
    bench.control.removeRecorder(bench.recorder);
    await vi.waitFor(async () => expect(await bench.states()).toEqual(['failed']));

    const back = new FakeRecorder();
    bench.control.addRecorder(back, [{ meetingId: meeting.id, recordingId, consent: 'notice' }]);
    await vi.waitFor(() => expect(back.starts.at(-1)).toMatchObject({ recordingId }));
    await vi.waitFor(async () => expect(await bench.states()).toEqual(['recording']));
  });

  it('a recorder that outlived the server goes on under the same id', async () => {
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const startedAt = '2026-01-02T03:04:05.000Z';
    await bench.store.insert(
      { id: 'from-before', meetingId: meeting.id, startedAt },
      async () => undefined,
    );
    await bench.store.failUnfinished();
    // Another one is there sooner, and has nothing to do with it.
    bench.control.addRecorder(new FakeRecorder());
    bench.control.addRecorder(bench.recorder, [
      { meetingId: meeting.id, recordingId: 'from-before', consent: 'notice' },
    ]);
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.starts.at(-1)).toMatchObject({ recordingId: 'from-before' });
    expect(await bench.states()).toEqual(['recording']);
  });

  it('what began by another policy of consent than the meeting has by now is sealed, and another begins', async () => {
    const meeting = await bench.meetings.create(user, { recording: 'always', consent: 'required' });
    const held = { meetingId: meeting.id, recordingId: 'from-before', consent: 'notice' } as const;
    bench.control.addRecorder(bench.recorder, [held]);
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.stops).toEqual(['from-before']);
    expect(bench.recorder.starts).toMatchObject([{ consent: 'required' }]);
    expect(bench.recorder.starts[0]!.recordingId).not.toBe('from-before');
  });

  it('a second recorder goes on at once when the first dies; one that was only cut off seals', async () => {
    const second = new FakeRecorder();
    bench.control.addRecorder(bench.recorder);
    bench.control.addRecorder(second);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const { recordingId } = bench.recorder.starts[0]!;
    const told: boolean[] = [];
    room.listen({
      ...listener,
      ...{
        inside: true,
        recordingChanged: (news: RecordingNews) => void told.push(news.recording),
      },
      roomClosed: () => undefined,
    });
    bench.control.removeRecorder(bench.recorder);
    await vi.waitFor(() => expect(second.starts).toMatchObject([{ meetingId: meeting.id }]));
    expect(told).toEqual([]);
    expect(second.starts[0]!.recordingId).not.toBe(recordingId);
    bench.control.addRecorder(bench.recorder, [
      { meetingId: meeting.id, recordingId, consent: 'notice' },
    ]);
    expect(bench.recorder.stops).toEqual([recordingId]);
    expect(bench.recorder.starts).toHaveLength(1);
  });

  it('the room is told that nobody records it when the recorder is not replaced within 10 s', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    bench.control.removeRecorder(bench.recorder);
    vi.advanceTimersByTime(9900);
    expect(room.recording).toBe(true);
    vi.advanceTimersByTime(200);
    expect(room.recording).toBe(false);
    vi.useRealTimers();
    bench.control.addRecorder(bench.recorder);
    await vi.waitFor(() => expect(room.recording).toBe(true));
  });

  it('what a recorder holds for a meeting that nobody comes back to is sealed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    bench.control.addRecorder(bench.recorder, [
      { meetingId: 'm', recordingId: 'r', consent: 'notice' },
    ]);
    vi.advanceTimersByTime(29_000);
    expect(bench.recorder.stops).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(bench.recorder.stops).toEqual(['r']);
    bench.control.removeRecorder(bench.recorder);
    bench.control.addRecorder(bench.recorder, [
      { meetingId: 'm', recordingId: 'r', consent: 'notice' },
    ]);
    bench.control.removeRecorder(bench.recorder);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('report() that it sealed by itself ends the recording for the room', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const view: RecordingView = {
      id: bench.recorder.starts[0]!.recordingId,
      meetingId: meeting.id,
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:04:06.000Z',
      durationMs: 1000,
      state: 'failed',
      tracks: [],
    };
    await expect(bench.control.report({ ...view, meetingId: 'other' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await bench.control.report(view);
    expect(room.recording).toBe(false);
    expect(await bench.states()).toEqual(['failed']);
  });

  it('report() that a file could not be written has another begin at once, unless it had just begun', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const fail = async (durationMs: number): Promise<void> =>
      bench.control.report({
        id: bench.recorder.starts.at(-1)!.recordingId,
        meetingId: meeting.id,
        startedAt: '2026-01-02T03:04:05.000Z',
        endedAt: '2026-01-02T03:04:06.000Z',
        ...{ durationMs, state: 'failed', tracks: [] },
      });
    await fail(60_000);
    expect(room.recording).toBe(true);
    await vi.waitFor(() => expect(bench.recorder.starts).toHaveLength(2));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await fail(1000);
    expect(room.recording).toBe(false);
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(bench.recorder.starts).toHaveLength(3));
  });
});
