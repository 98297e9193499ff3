import { AppError } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import { shallowRef } from 'vue';
import type { Source } from './Playback.ts';
import { useHeardTracks } from './useHeardTracks.ts';

const ann = { id: 'ann', startMs: 0 };
const bea = { id: 'bea', startMs: 500 };
const damage = [{ fromMs: 100, toMs: 200 }];

/** With a playback that loads at once what is chosen. `broken`: what cannot be read. */
function setUp(given: { readable?: (typeof ann)[]; broken?: Record<string, AppError> } = {}) {
  const { readable = [ann, bea], broken = {} } = given;
  const loaded: string[] = [];
  let chosen: [string, number][] = [];
  const choose = async (sources: readonly Source[]): Promise<void> => {
    await Promise.all(sources.map(({ load }) => load()));
    chosen = sources.map(({ id, startMs }) => [id, startMs]);
  };
  const audio = (trackId = 'mix') => {
    loaded.push(trackId);
    const error = broken[trackId];
    if (error) return Promise.reject(error);
    return Promise.resolve({ content: new Blob(), damage: trackId === 'mix' ? damage : [] });
  };
  const tracks = useHeardTracks({
    tracks: shallowRef([ann, bea]),
    ...{ readable: shallowRef(readable), playback: shallowRef({ choose }), audio },
  });
  return { tracks, loaded, chosen: () => chosen };
}

const unreadable = new AppError('recording-damaged', 'It is damaged.');

describe('useHeardTracks', () => {
  it('hears everyone by the mix, and knows its damage from then on', async () => {
    const { tracks, chosen } = setUp();
    expect([...tracks.heard.value]).toEqual(['ann', 'bea']);
    expect(tracks.mixDamage.value).toEqual([]);
    await tracks.choose(new Set(['bea', 'ann']));
    expect(chosen()).toEqual([['mix', 0]]);
    expect(tracks.mixDamage.value).toEqual(damage);
  });

  it('hears some by their tracks', async () => {
    const { tracks, chosen } = setUp();
    await tracks.choose(new Set(['bea']));
    expect(chosen()).toEqual([['bea', 500]]);
    expect([...tracks.heard.value]).toEqual(['bea']);
  });

  it('everyone includes by the mix who cannot be read alone', async () => {
    const { tracks, chosen } = setUp({ readable: [ann] });
    await tracks.choose(tracks.heard.value);
    expect(chosen()).toEqual([['mix', 0]]);
    await tracks.choose(new Set(['ann']));
    expect(chosen()).toEqual([['ann', 0]]);
    await tracks.choose(tracks.everyone.value);
    expect(chosen()).toEqual([['mix', 0]]);
  });

  it('hears the tracks in the place of a mix that cannot be read, and asks for it once', async () => {
    const { tracks, loaded, chosen } = setUp({ broken: { mix: unreadable } });
    await tracks.choose(tracks.everyone.value);
    await tracks.choose(tracks.everyone.value);
    expect(tracks.lost.value).toBe('mix');
    expect(chosen()).toEqual([
      ['ann', 0],
      ['bea', 500],
    ]);
    expect(loaded.filter((id) => id === 'mix')).toHaveLength(1);
  });

  it('says that all is lost where neither the mix nor a track can be read', async () => {
    const { tracks } = setUp({ readable: [], broken: { mix: unreadable } });
    await tracks.choose(tracks.everyone.value);
    expect(tracks.lost.value).toBe('all');
  });

  it('throws what else goes wrong, and gives nothing up', async () => {
    const refused = new AppError('forbidden', 'Only officers.');
    const { tracks } = setUp({ broken: { mix: refused, ann: unreadable } });
    await expect(tracks.choose(tracks.everyone.value)).rejects.toBe(refused);
    await expect(tracks.choose(new Set(['ann']))).rejects.toBe(unreadable);
    expect(tracks.lost.value).toBeUndefined();
  });
});
