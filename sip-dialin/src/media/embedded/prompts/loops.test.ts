import { describe, expect, it } from 'vitest';
import { createLegDecoder, LEG_CODECS, LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { PromptPlayer } from '../leg/PromptPlayer.ts';
import { amplitudeAt, toneFrame, worstResidueDb } from '../testing/tones.ts';
import { loopOf } from './loopOf.ts';
import { PromptStore } from './PromptStore.ts';
import { SayQueue } from './SayQueue.ts';
import { writePrompt } from './wav.ts';

const FRAME = 320;

describe('loopOf', () => {
  it('leaves whole frames as they are', () => {
    const pcm = toneFrame(500, 16_000, 0, 4 * FRAME);
    const { once, again } = loopOf([pcm.subarray(0, 500), pcm.subarray(500)], FRAME);
    expect(once).toEqual(pcm);
    expect(again).toEqual(pcm);
  });

  it('fades what is left over into the next round, without a step', () => {
    const ramp = Int16Array.from({ length: 3 * FRAME + 100 }, (_, i) => i);
    const { once, again } = loopOf([ramp], FRAME);
    expect([once.length, again.length]).toEqual([3 * FRAME, 3 * FRAME]);
    expect(once[0]).toBe(0);
    expect(again[0]).toBe(3 * FRAME); // It follows on the last sample,
    expect(again[100]).toBe(100); // and comes back to the beginning.
  });

  it('fills less than a frame up, and has nothing of nothing', () => {
    expect(loopOf([new Int16Array(10).fill(7)], FRAME).again).toHaveLength(FRAME);
    expect(loopOf([], FRAME).once).toHaveLength(0);
  });
});

describe('a loop in a codec', () => {
  const play = async (codec: LegCodec, sounds: Uint8Array[], frames: number) => {
    const player = new PromptPlayer(await new PromptStore().loadLoop(sounds, codec), () => {
      expect.unreachable('A loop never ends.');
    });
    const decoder = await createLegDecoder(codec);
    const parts = Array.from({ length: frames }, () => decoder.decode(player.next()!));
    decoder.free();
    const pcm = parts.flatMap((part) => (part instanceof Int16Array ? [...part] : []));
    return Int16Array.from(pcm);
  };

  it.each(LEG_CODECS)('has no click where it begins again: %s', async (codec) => {
    const { pcmRate } = LEG_FORMATS[codec];
    // 15 frames and a bit, of whole periods: the tone goes on over the end.
    const tone = writePrompt(toneFrame(500, 16_000, 0, 16 * 303));
    const pcm = await play(codec, [tone], 100);
    expect(pcm).toHaveLength(pcmRate * 2);
    const steady = pcm.subarray(pcmRate / 5);
    expect(amplitudeAt(steady, 500, pcmRate)).toBeGreaterThan(3500);
    // The tone of a few periods more or less is pushed on by the fade: no wider than that.
    const whole = await play(codec, [writePrompt(toneFrame(500, 16_000, 0, 16 * 300))], 100);
    expect(worstResidueDb(whole.subarray(pcmRate / 5), 500, pcmRate)).toBeLessThan(-20);
  });

  it('is silent, and does not end, without a sound in it', async () => {
    const loop = await new PromptStore().loadLoop([writePrompt(new Int16Array(0))], 'PCMU');
    const player = new PromptPlayer(loop, () => expect.unreachable('A loop never ends.'));
    for (let i = 0; i < 5; i++) expect(player.next()).toBeUndefined();
  });

  it('is encoded once for all who wait', async () => {
    const store = new PromptStore();
    const file = new URL('../../../../prompts/en/welcome.wav', import.meta.url).pathname;
    const [one, two] = await Promise.all([
      store.loadLoop([file], 'opus'),
      store.loadLoop([file], 'opus'),
    ]);
    expect(one).toBe(two);
    expect(await store.load(file, 'opus')).toBe(await store.load(file, 'opus'));
  });
});

describe('SayQueue', () => {
  const sound = (value: number, samples: number) => new Int16Array(samples).fill(value);

  it('says sounds in the order of the calls, and tells each at its end', async () => {
    const queue = new SayQueue();
    const slow = Promise.withResolvers<Int16Array>();
    const ends: number[] = [];
    const first = queue.add(slow.promise).then(() => ends.push(1));
    const second = queue.add(Promise.resolve(sound(2, FRAME))).then(() => ends.push(2));
    await Promise.resolve();
    expect(queue.pull()).toBeUndefined();
    slow.resolve(sound(1, FRAME + 10));
    await slow.promise;
    expect(queue.pull()?.[0]).toBe(1);
    const rest = queue.pull()!;
    expect([rest[9], rest[10], rest.length]).toEqual([1, 0, FRAME]);
    expect(queue.pull()?.[0]).toBe(2);
    await first;
    expect(ends).toEqual([1]);
    expect(queue.pull()).toBeUndefined();
    await second;
    expect(queue.isEmpty).toBe(true);
  });

  it('passes over what cannot be loaded, and tells who asked', async () => {
    const queue = new SayQueue();
    const failed = queue.add(Promise.reject(new Error('not there')));
    const next = queue.add(Promise.resolve(sound(2, FRAME)));
    await expect(failed).rejects.toThrow('not there');
    expect(queue.pull()?.[0]).toBe(2);
    expect(queue.pull()).toBeUndefined();
    await next;
  });

  it('tells all who wait when it is cleared, and begins anew', async () => {
    const queue = new SayQueue();
    const never = queue.add(new Promise(() => undefined));
    const half = queue.add(Promise.resolve(sound(1, 2 * FRAME)));
    queue.clear();
    await half;
    const next = queue.add(Promise.resolve(sound(3, FRAME)));
    await Promise.resolve();
    expect(queue.pull()?.[0]).toBe(3);
    queue.clear();
    await next;
    void never;
  });
});
