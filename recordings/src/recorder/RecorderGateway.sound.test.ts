import type { Consent } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import { useRecorderBench } from '../testing/RecorderBench.ts';
import { encode, level, tone } from '../testing/sound.ts';
import { Talker } from '../testing/talker.ts';

const bench = useRecorderBench();

describe('the recorder: what it is sent', () => {
  it('records what comes over RTP, reports it, and seals it when told', async () => {
    expect(await bench.start('r1')).toEqual({ ok: true, value: {} });
    expect(bench.server.calls.slice(0, 2)).toEqual(['room:open', 'transport:connect']);
    const anna = new Talker(1, await encode(tone(440, 2000)));
    const bert = new Talker(2, await encode(tone(880, 2000)));
    expect(await bench.server.consume('anna', 'browser', 1)).toEqual({ ok: true, value: {} });
    expect(await bench.server.consume('bert', 'phone', 2)).toEqual({ ok: true, value: {} });
    await bench.talk([anna, bert], 100);
    // It counts every two seconds of its clock, from its first look at it, which may come only now.
    const { counts } = bench.server;
    const counted = async (): Promise<void> => {
      const before = counts.length;
      await expect
        .poll(() => ((bench.clock += 200), counts.length), { timeout: 5000 })
        .toBeGreaterThan(before);
    };
    await counted();
    expect(counts.at(-1)!.consumers).toMatchObject([
      ...[{ consumerId: 'c-1', lost: 0 }, { consumerId: 'c-2' }],
    ]);
    // The next is asked for only when this one was answered.
    await counted();
    expect(counts.at(-1)!.tracks[0]!.received).toBeGreaterThan(0);
    expect(await bench.server.stop('r1')).toEqual({ ok: true, value: {} });
    const { ledger } = await bench.manifest('r1');
    expect(ledger).toMatchObject([
      { received: 100, written: 100, sounding: 100, compared: { produced: 4711 } },
      { received: 100, written: 100 },
    ]);

    const view = bench.server.reports.at(-1)!;
    expect(bench.server.reports[0]).toMatchObject({ state: 'recording', tracks: [] });
    expect(view.state).toBe('sealed');
    expect(view.tracks.map((track) => track.participantName)).toEqual(['anna', 'bert']);
    expect(view.durationMs).toBeGreaterThan(1900);
    expect(Date.parse(view.endedAt!) - Date.parse(view.startedAt)).toBe(view.durationMs);
    expect(bench.server.calls.at(-2)).toMatch(/room:release|recording:report/);
    const [a, b] = view.tracks;
    for (const [id, heard, unheard] of [
      [a!.id, 440, 880],
      [b!.id, 880, 440],
    ] as const) {
      const pcm = (await bench.listen('r1', id)).subarray(24_000, 72_000);
      expect(level(pcm, heard) - level(pcm, unheard)).toBeGreaterThan(30);
    }
    // The recording began when neither was there yet.
    const from = b!.startMs * 48 + 24_000;
    const mix = (await bench.listen('r1', 'mix')).subarray(from, from + 48_000);
    expect(Math.min(level(mix, 440), level(mix, 880))).toBeGreaterThan(-26);
  });

  it('pauses when told, notes who agreed, and takes both over when it is asked to go on', async () => {
    await bench.start('r1');
    const by = { kind: 'user', id: 'u1', name: 'host@example.org' } as const;
    const pause = (recordingId: string, who: typeof by | null) =>
      bench.server.gateway.timeout(5000).emitWithAck('recording:pause', { recordingId, by: who });
    expect(await pause('r2', by)).toMatchObject({ ok: false, code: 'not-found' });
    expect(await pause('r1', by)).toEqual({ ok: true, value: {} });
    const told: Consent = {
      ...{ participantId: 'p1', name: 'Ann', how: 'key', policy: 'required', language: 'en' },
      ...{ words: 'Press one.', at: new Date().toISOString() },
    };
    bench.server.gateway.emit('recording:told', { recordingId: 'r1', consents: [told] });
    const { vault } = bench;
    await expect
      .poll(async () => (await vault.statements('r1')).consents)
      .toMatchObject({ consents: [told], pauses: [{ toMs: null, by }] });
    // What a server says that was started anew.
    const request = {
      recordingId: 'r1',
      meetingId: 'm1',
      title: 'Fake',
      recipient: bench.keys.recipient,
    };
    const late = { ...told, participantId: 'p2' };
    expect(
      await bench.server.gateway.timeout(5000).emitWithAck('recording:start', {
        ...{ ...request, consents: [told, late], pausedBy: null },
      }),
    ).toEqual({ ok: true, value: {} });
    await bench.server.stop('r1');
    const { consents, pauses } = (await vault.statements('r1')).consents;
    expect(consents.map(({ participantId }) => participantId)).toEqual(['p1', 'p2']);
    expect(pauses[0]!.toMs).toEqual(expect.any(Number));
  });

  it('writes what came before somebody left, and before a pause, though it was not read yet', async () => {
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    await bench.server.consume('bert', 'phone', 2);
    const anna = new Talker(1, await encode(tone(440, 1000)));
    const bert = new Talker(2, await encode(tone(880, 1000)));
    const by = { kind: 'user', id: 'u1', name: 'host@example.org' } as const;
    // Faster than the recorder takes turns.
    await bench.talk([anna, bert], 20);
    const left = { meetingId: 'm1', participantId: 'p-anna', reason: 'left' } as const;
    bench.server.gateway.emit('participant:left', left);
    await bench.talk([bert], 10, 20);
    const pause = { recordingId: 'r1', by };
    await bench.server.gateway.timeout(5000).emitWithAck('recording:pause', pause);
    await bench.talk([bert], 10, 30);
    await bench.server.stop('r1');
    const { ledger } = await bench.manifest('r1');
    expect(ledger).toMatchObject([
      { received: 20, written: 20 },
      { received: 30, written: 30 },
    ]);
  });

  it('sends receiver reports', async () => {
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    const talker = new Talker(1, await encode(tone(440, 200)), 100);
    await bench.talk([talker], 5);
    bench.clock += 6000;
    const told = (): unknown => {
      const report = bench.server.rtcp.at(-1);
      return [report?.[1], report?.readUInt32BE(8), report?.readUInt32BE(16)];
    };
    await expect.poll(told).toEqual([201, 1, 104]);
  });

  it('ignores strangers, other SSRCs and rubbish', async () => {
    await bench.start('r1');
    await bench.server.consume('anna', 'browser', 1);
    for (const rubbish of ['', '80', '806f', '80c8ffff', 'ff'.repeat(1500)]) {
      await bench.server.send(Buffer.from(rubbish, 'hex'));
    }
    await bench.talk([new Talker(77, await encode(tone(440, 200)))], 5);
    expect((await bench.server.stop('r1')).ok).toBe(true);
    const pcm = await bench.listen('r1', bench.server.reports.at(-1)!.tracks[0]!.id);
    expect(pcm.every((sample) => sample === 0)).toBe(true);
  });
});
