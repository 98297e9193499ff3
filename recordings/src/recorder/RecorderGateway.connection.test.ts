import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import { personOf } from '../testing/FakeServer.ts';
import { useRecorderBench } from '../testing/RecorderBench.ts';
import { encode, level, tone } from '../testing/sound.ts';
import { Talker } from '../testing/talker.ts';

const bench = useRecorderBench();

describe('the recorder: its connection', () => {
  it('is told when the server refuses it', async () => {
    await bench.recorder.close();
    const stranger = await bench.makeRecorder('another-token-altogether');
    await expect(stranger.start()).rejects.toMatchObject({ code: 'forbidden' });
    await stranger.close();
  });

  it('tells the server of a recording left open whose journal is damaged', async () => {
    await mkdir(join(bench.vaultDirectory, 'left'), { recursive: true });
    await writeFile(join(bench.vaultDirectory, 'left', 'state.open'), '12345');
    const next = await bench.makeRecorder();
    await next.start();
    const alarm = { kind: 'recording-damaged', recordingId: 'left', file: 'journal' };
    await expect.poll(() => bench.server.alarms).toEqual([alarm]);
    await next.close();
  });

  it('tells the server of a chain that was cut, and seals all the same', async () => {
    await bench.start('r1');
    await bench.server.stop('r1');
    await rm(join(bench.vaultDirectory, 'chain.jsonl'));
    const next = await bench.makeRecorder();
    await next.start();
    const broken = { kind: 'chain-broken', known: 1, found: 0 };
    await expect.poll(() => bench.server.alarms).toEqual([broken]);
    await bench.start('r2');
    await bench.server.stop('r2');
    await next.close();
    expect((await bench.manifest('r2')).seal).toMatchObject({ sequence: 2 });
  });

  it('tells the server at each connection what it records', async () => {
    expect(bench.server.handshake.recordings).toEqual([]);
    await bench.start('r1');
    bench.server.gateway.conn.close();
    await expect.poll(() => bench.server.handshake.recordings?.length, { timeout: 5000 }).toBe(1);
    expect(bench.server.handshake.recordings).toEqual([
      { meetingId: 'm1', recordingId: 'r1', consent: 'notice' },
    ]);
  });

  it('goes on in the same tracks when the connection was lost', async () => {
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    const talker = new Talker(1, await encode(tone(440, 2000)));
    await bench.talk([talker], 30);
    bench.server.transportId = 'transport-2';
    bench.server.calls.length = 0;
    bench.server.gateway.conn.close();
    await expect.poll(() => bench.server.calls, { timeout: 5000 }).toContain('transport:connect');
    bench.clock += 3000;
    await bench.server.consume('anna', 'browser', 5);
    const again = new Talker(5, await encode(tone(880, 2000)));
    await bench.talk([again], 30);
    await bench.server.stop('r1');
    const { tracks } = bench.server.reports.at(-1)!;
    expect(tracks).toHaveLength(1);
    const { gaps } = await bench.manifest('r1');
    const lost = gaps.filter(({ reason }) => reason === 'server-lost');
    expect(lost).toMatchObject([{ file: tracks[0]!.id }]);
    // The last packet before may reach into it.
    expect(lost[0]!.toMs! - lost[0]!.fromMs).toBeGreaterThanOrEqual(2980);
    const pcm = await bench.listen('r1', tracks[0]!.id);
    expect(level(pcm.subarray(4800, 24_000), 440)).toBeGreaterThan(-20);
    expect(level(pcm.subarray(-24_000, -4800), 880)).toBeGreaterThan(-20);
  });

  it('begins with how things are, and notes who is gone when the connection is back', async () => {
    const carl = { ...personOf('carl', 'phone'), muted: true, held: true };
    bench.server.people = [carl];
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    // The server was started anew: Anna is somebody else.
    bench.server.transportId = 'transport-2';
    bench.server.people = [personOf('anna-again', 'browser'), carl];
    bench.server.calls.length = 0;
    bench.server.gateway.conn.close();
    await expect.poll(() => bench.server.calls, { timeout: 5000 }).toContain('transport:connect');
    bench.clock += 100;
    await bench.server.consume('anna-again', 'browser', 2);
    await bench.server.stop('r1');
    const { tracks } = bench.server.reports.at(-1)!;
    expect(tracks.map(({ participantName }) => participantName)).toEqual(['anna', 'anna-again']);
    expect(tracks[0]!.endMs).toBeLessThan(tracks[1]!.endMs!);
    const { timeline } = await bench.manifest('r1');
    expect(timeline.map(({ event, participantId }) => `${participantId} ${event}`)).toEqual([
      ...['p-carl joined', 'p-carl muted', 'p-carl held', 'p-anna joined'],
      ...['p-anna-again joined', 'p-anna left'],
    ]);
  });

  it('seals by itself when the room is closed', async () => {
    await bench.start('r1');
    bench.server.gateway.emit('room:closed', { meetingId: 'm1', reason: 'meeting-ended' });
    await expect.poll(() => bench.server.reports.at(-1)?.state).toBe('sealed');
    expect(await bench.server.stop('r1')).toMatchObject({ ok: false, code: 'not-found' });
  });

  it('seals when the room is gone after the connection was lost', async () => {
    await bench.start('r1');
    bench.server.refusal = new AppError('not-found', 'There is no such room.');
    bench.server.gateway.conn.close();
    await expect.poll(() => bench.server.reports.at(-1)?.state, { timeout: 5000 }).toBe('sealed');
  });
});
