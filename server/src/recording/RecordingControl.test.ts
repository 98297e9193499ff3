import { AppError } from '@switchroom/protocol';
import { describe, expect, it, vi } from 'vitest';
import { SYSTEM } from '../audit/AuditTrail.ts';
import { useControlBench, user } from './testing/ControlBench.ts';

const bench = useControlBench();

describe('RecordingControl', () => {
  it('a meeting with policy always is recorded from its first participant to its last', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always', title: 'Board' });
    const { room, leave } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.starts).toMatchObject([
      { meetingId: meeting.id, title: 'Board', recipient: 'age1x' },
    ]);
    leave();
    await bench.control.whenSealed();
    expect(bench.recorder.stops).toEqual([bench.recorder.starts[0]!.recordingId]);
  });

  it('another policy of consent is another recording', async () => {
    bench.control.addRecorder(bench.recorder);
    const wish = { recording: 'always', consent: 'required' } as const;
    const meeting = await bench.meetings.create(user, wish);
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await bench.control.endOther(meeting, SYSTEM);
    expect(bench.recorder.stops).toEqual([]);
    const changed = await bench.meetings.update(meeting.id, { consent: 'notice' });
    await bench.control.endOther(changed, SYSTEM);
    expect(bench.recorder.stops).toEqual([bench.recorder.starts[0]!.recordingId]);
    expect(room.recording).toBe(false);
    bench.control.policyChanged(changed);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.starts.map(({ consent }) => consent)).toEqual(['required', 'notice']);
  });

  it('start() before anybody is in waits for the first participant, and that once', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, {});
    await bench.control.start(meeting, SYSTEM);
    await bench.control.start(meeting, SYSTEM);
    expect(bench.recorder.starts).toEqual([]);
    const { room, leave } = await bench.enter(meeting);
    await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await bench.control.start(meeting, SYSTEM);
    expect(bench.recorder.starts).toHaveLength(1);
    leave();
  });

  it('start() is refused by policy and without a recorder', async () => {
    const off = await bench.meetings.create(user, { recording: 'off' });
    await expect(bench.control.start(off, SYSTEM)).rejects.toMatchObject({ code: 'recording-off' });
    const meeting = await bench.meetings.create(user, {});
    await expect(bench.control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
  });

  it('stop() holds until the room closes, also with policy always', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await bench.control.stop(meeting, SYSTEM);
    await bench.control.stop(meeting, SYSTEM);
    expect(room.recording).toBe(false);
    await bench.enter(meeting);
    await bench.control.whenSealed();
    expect(bench.recorder.starts).toHaveLength(1);
    room.close('left');
    const again = await bench.enter(meeting);
    await vi.waitFor(() => expect(again.room.recording).toBe(true));
    expect(bench.recorder.starts).toHaveLength(2);
  });

  it('a meeting that must be recorded is tried again after a failure, until its room closes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    bench.recorder.refusal = new AppError('internal', 'disk full');
    const { room } = await bench.enter(meeting);
    // To try again, and to raise the alarm.
    await expect.poll(() => vi.getTimerCount()).toBe(2);
    bench.recorder.refusal = new AppError('internal', 'disk full');
    vi.advanceTimersByTime(5000);
    await expect.poll(() => bench.recorder.starts.length).toBe(2);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    room.close('left');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('a meeting that must be recorded and is not is an alarm, at once when the disk is full', async () => {
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const kinds = (): string[] => bench.alarms.of(meeting.id);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { room, leave } = await bench.enter(meeting);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(4900);
    expect(kinds()).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(kinds()).toEqual(['recorder-unavailable']);
    vi.useRealTimers();
    bench.recorder.refusal = new AppError('storage-full', 'Only 3 MB are free.');
    bench.control.addRecorder(bench.recorder);
    await vi.waitFor(() => expect(kinds()).toContain('storage-full'));
    await bench.control.start(meeting, SYSTEM);
    expect(room.recording).toBe(true);
    expect(kinds()).toEqual([]);
    bench.control.removeRecorder(bench.recorder);
    await bench.enter(meeting);
    leave();
    room.close('left');
    expect(kinds()).toEqual([]);
  });
});
