import { describe, expect, it } from 'vitest';
import { levelAt } from './goertzel.ts';
import { tone } from './tones.ts';
import { decodeWav, encodeWav } from './wav.ts';

describe('WAV', () => {
  const sound = tone({ frequency: 440, seconds: 0.5, sampleRate: 16000 });

  it('keeps PCM16 sample for sample', () => {
    expect(decodeWav(encodeWav(sound))).toEqual(sound);
  });

  it('keeps a tone through mu-law', () => {
    const again = decodeWav(encodeWav(sound, 'mulaw'));
    expect(again.sampleRate).toBe(16000);
    expect(levelAt(again, 440)).toBeCloseTo(levelAt(sound, 440), 0);
  });

  it('mixes two channels to one', () => {
    const file = encodeWav({ sampleRate: 8000, samples: Int16Array.of(100, 300, -5, 5) });
    file.writeUInt16LE(2, 22);
    expect([...decodeWav(file).samples]).toEqual([200, 0]);
  });

  it('takes what is there of a file that was cut', () => {
    const file = encodeWav(sound);
    expect(decodeWav(file.subarray(0, 44 + 200)).samples).toEqual(sound.samples.subarray(0, 100));
  });

  it('takes what is there of a file that is still being written', () => {
    const file = encodeWav(sound);
    file.writeUInt32LE(0, 40);
    expect(decodeWav(file)).toEqual(sound);
  });

  it('refuses what is no WAV file', () => {
    expect(() => decodeWav(Buffer.from('<html>nothing here</html>'))).toThrow('Not a WAV file.');
  });
});
