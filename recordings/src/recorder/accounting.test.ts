import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifest, type Manifest } from '../format/manifest.ts';
import { chirp, collect, decodeOgg, encode, within } from '../testing/sound.ts';
import { play, STARTED_AT, Studio } from '../testing/studio.ts';
import { Talker } from '../testing/talker.ts';

const ANNA = { id: 'p-anna', name: 'Anna Example', kind: 'browser' as const };
const BERT = { id: 'p-bert', name: 'Bert Example', kind: 'phone' as const };

let studio: Studio;

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => await studio.close());

async function manifestOf(recordingId: string): Promise<Manifest> {
  const path = join(studio.vaultDirectory, recordingId, 'manifest.sealed');
  return await readManifest(path, studio.keys.identity);
}

async function listen(recordingId: string, trackId: string): Promise<Int16Array> {
  const audio = await studio.vault.openAudio(recordingId, trackId);
  return await decodeOgg(await collect(audio.read(0, audio.size)));
}

async function chirper(ssrc: number, ms: number, atMs: number): Promise<Talker> {
  return new Talker(ssrc, await encode(within(ms, atMs, chirp(200))));
}

/** What the next recorder would find. */
async function journaled(): Promise<Manifest | undefined> {
  return (await studio.journal.read(join(studio.vaultDirectory, 'r1')))?.manifest;
}

describe('the manifest', () => {
  it('states where a track has nothing, and that the server was away', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const talker = await chirper(1, 2000, 400);
    play(recording, [{ participantId: ANNA.id, talker, fromMs: 0 }], 0, 3000);
    recording.serverLost(STARTED_AT + 3000);
    await recording.addTrack(ANNA, STARTED_AT + 6000);
    const again = { participantId: ANNA.id, talker: await chirper(2, 2000, 400), fromMs: 8000 };
    play(recording, [again], 3000, 12_000);
    await recording.stop(STARTED_AT + 12_000);
    const { gaps } = await manifestOf('r1');
    const file = recording.view.tracks[0]!.id;
    const end = expect.any(Number) as number;
    expect(gaps).toEqual([
      { file, fromMs: end, toMs: 3000, reason: 'no-packets' },
      { file, fromMs: 3000, toMs: 6000, reason: 'server-lost' },
      { file, fromMs: 6000, toMs: end, reason: 'no-packets' },
      { file, fromMs: end, toMs: 12_000, reason: 'no-packets' },
    ]);
    // Talk ends at 1980 or so, and is back at 8000: a packet ends when it comes.
    expect(gaps.map((gap) => Math.round(gap.fromMs / 100))).toEqual([20, 30, 60, 100]);
    expect(Math.round(gaps[2]!.toMs! / 100)).toBe(80);
  });

  it('says what was counted of each track when that was last noted, and what nobody knows', async () => {
    const recording = await studio.record('r1');
    await recording.addTrack(ANNA, STARTED_AT);
    const part = { participantId: ANNA.id, talker: await chirper(1, 4000, 400), fromMs: 100 };
    play(recording, [part], 0, 9000);
    const [anna] = recording.view.tracks;
    await expect.poll(async () => (await listen('r1', anna!.id)).length / 48).toBeGreaterThan(3800);
    recording.tally.compared(ANNA.id, 201, 199);
    play(recording, [part], 9000, 11_000);
    await expect.poll(async () => (await journaled())?.ledger[0]?.upToMs).toBe(10_000);
    // This one comes after what was noted last.
    await recording.addTrack(BERT, STARTED_AT + 11_000);
    const bert = recording.view.tracks[1]!;
    await expect.poll(async () => (await journaled())?.recording.tracks.length).toBe(2);
    const [view] = await studio.recover();
    const { ledger, gaps } = await manifestOf('r1');
    const compared = { produced: 201, received: 199 };
    expect(ledger).toEqual([
      // Nothing is brought to the disk in a studio.
      {
        ...{ track: anna!.id, compared, received: 200, written: 0 },
        ...{ sounding: 'unknown', upToMs: 10_000 },
      },
      {
        ...{ track: bert.id, compared: null, received: 'unknown', written: 'unknown' },
        ...{ sounding: 'unknown', upToMs: 0 },
      },
    ]);
    expect(gaps.filter(({ file }) => file === anna!.id)).toEqual([
      { file: anna!.id, fromMs: view!.tracks[0]!.endMs, toMs: null, reason: 'recorder-died' },
    ]);
    await recording.discard(STARTED_AT + 11_000);
  });
});
