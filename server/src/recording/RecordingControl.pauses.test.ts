import { describe, expect, it, vi } from 'vitest';
import { SYSTEM } from '../audit/AuditTrail.ts';
import { NOTE_KEPT_MS, RecordingNotes } from './RecordingNotes.ts';
import { FakeRecorder, useControlBench, user } from './testing/ControlBench.ts';

const bench = useControlBench();

describe('RecordingControl: pauses', () => {
  it('a pause outlives a recorder that dies and a room that empties for a while, and ends with a stop', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    await expect(bench.control.pausing.pause(meeting.id, SYSTEM)).rejects.toMatchObject({
      code: 'conflict',
    });
    const { room, leave } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.starts[0]).toMatchObject({ pausedBy: null });
    await bench.control.pausing.pause(meeting.id, SYSTEM);
    expect(room.recorded.news).toMatchObject({ recording: true, paused: true });
    const other = new FakeRecorder();
    bench.control.addRecorder(other);
    bench.control.removeRecorder(bench.recorder);
    await vi.waitFor(() => {
      expect(other.starts[0]).toMatchObject({ pausedBy: { kind: 'system' } });
    });
    leave();
    bench.now += NOTE_KEPT_MS - 1;
    // The server may have been started anew meanwhile.
    const again = await RecordingNotes.open(bench.db, 'pause', () => bench.now);
    expect(again.of(meeting.id)).toMatchObject({ kind: 'system' });
    const back = await bench.enter(meeting);
    await vi.waitFor(() => expect(back.room.recorded.news).toMatchObject({ paused: true }));
    await bench.control.stop(meeting, SYSTEM);
    await bench.control.start(meeting, SYSTEM);
    expect(back.room.recorded.news).toMatchObject({ recording: true, paused: false });

    await bench.control.pausing.pause(meeting.id, SYSTEM);
    back.leave();
    await vi.waitFor(async () => {
      const [row] = await bench.db
        .selectFrom('recordingNotes')
        .where('kind', '=', 'pause')
        .select('until')
        .execute();
      expect(row?.until).not.toBeNull();
    });
    bench.now += NOTE_KEPT_MS + 1;
    const later = await bench.enter(meeting);
    await vi.waitFor(() => expect(later.room.recording).toBe(true));
    expect(later.room.recorded.news).toMatchObject({ paused: false });
  });

  it('a recorder that does not answer to a pause is an error, and nothing is paused', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    bench.recorder.refusal = new Error('no answer in time');
    await expect(bench.control.pausing.pause(meeting.id, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(room.recorded.news.paused).toBe(false);
    await bench.control.pausing.toggle(meeting.id, SYSTEM);
    await bench.control.pausing.toggle(meeting.id, SYSTEM);
    expect(bench.recorder.pauses).toEqual([null, null, null]);
    expect(room.recorded.news.paused).toBe(false);
  });
});
