import { describe, expect, it, vi } from 'vitest';
import { SYSTEM, userAt } from '../audit/AuditTrail.ts';
import type { Meeting } from '../meetings/MeetingStore.ts';
import { NOTE_KEPT_MS } from './RecordingNotes.ts';
import { FakeRecorder, useControlBench, user } from './testing/ControlBench.ts';

const bench = useControlBench();
const host = userAt(user, '192.0.2.1');

/** A meeting that is recorded since its host wants it. */
async function recorded(): Promise<{
  meeting: Meeting;
  leave: (reason: 'left' | 'connection-lost') => void;
}> {
  bench.control.addRecorder(bench.recorder);
  const meeting = await bench.meetings.create(user, { recording: 'on-demand' });
  const { leave } = await bench.enter(meeting);
  await bench.control.start(meeting, host);
  return { meeting, leave };
}

describe('RecordingControl: what the host wants, after the server was killed', () => {
  it('the recorder that went on is taken up as somebody is back: paused as it was, and all are told', async () => {
    const { meeting } = await recorded();
    const { recordingId } = bench.recorder.starts[0]!;
    await bench.control.pausing.pause(meeting.id, host);
    await bench.crash();
    bench.control.addRecorder(bench.recorder, [
      { meetingId: meeting.id, recordingId, consent: 'notice' },
    ]);
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => {
      expect(room.recorded.news).toMatchObject({ recording: true, paused: true });
    });
    expect(bench.recorder.starts).toMatchObject([{ recordingId, pausedBy: { id: user.id } }]);
    const resumed = bench.db.selectFrom('audit').where('action', '=', 'recording.resumed');
    expect(await resumed.select('actorName').execute()).toEqual([{ actorName: user.email }]);
  });

  it('another recorder begins where the one that recorded is gone as well', async () => {
    const { meeting } = await recorded();
    await bench.crash();
    const { room } = await bench.enter(meeting);
    expect(room.recording).toBe(false);
    bench.control.addRecorder(bench.recorder);
    await vi.waitFor(() => expect(room.recording).toBe(true));
  });

  it('what was stopped stays so, also with policy always, and what still runs is sealed', async () => {
    bench.control.addRecorder(bench.recorder);
    const meeting = await bench.meetings.create(user, { recording: 'always' });
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await bench.control.stop(meeting, SYSTEM);
    await bench.crash();
    bench.control.addRecorder(bench.recorder, [
      { meetingId: meeting.id, recordingId: 'late', consent: 'notice' },
    ]);
    expect(bench.recorder.stops).toEqual(['late']);
    await bench.enter(meeting);
    const other = await bench.meetings.create(user, { recording: 'always' });
    const { room: another } = await bench.enter(other);
    await vi.waitFor(() => expect(another.recording).toBe(true));
    expect(bench.recorder.starts).toMatchObject([{ meetingId: other.id }]);
  });

  it('counts for five minutes, however often the server starts', async () => {
    const { meeting } = await recorded();
    await bench.crash();
    bench.now += NOTE_KEPT_MS - 1;
    await bench.crash();
    bench.now += 2;
    await bench.crash();
    bench.control.addRecorder(new FakeRecorder());
    await bench.enter(meeting);
    const { room } = await bench.enter(meeting);
    await bench.control.whenSealed();
    expect([room.recording, bench.recorder.starts]).toEqual([false, []]);
  });
});

describe('RecordingControl: what the host wants, of a room that is gone', () => {
  it('is over once everybody has left', async () => {
    const { meeting, leave } = await recorded();
    leave('left');
    await bench.enter(meeting);
    await bench.control.whenSealed();
    expect(bench.recorder.starts).toHaveLength(1);
    expect(await bench.db.selectFrom('recordingNotes').selectAll().execute()).toEqual([]);
  });

  it.each(['connection', 'room'])('holds for whoever lost the %s, and comes back', async (lost) => {
    const { meeting, leave } = await recorded();
    if (lost === 'room') bench.rooms.get(meeting.id)!.close('media-failed');
    else leave('connection-lost');
    const { room } = await bench.enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(bench.recorder.starts).toHaveLength(2);
  });
});
