import { describe, expect, it } from 'vitest';
import { audioLevelByte, levelDbov } from './level.ts';
import { VoiceGate } from './VoiceGate.ts';

describe('levelDbov()', () => {
  it('is 0 for a full-scale square, -3 for a full-scale sine, -127 for silence', () => {
    expect(levelDbov(Int16Array.from([32767, -32768]))).toBeCloseTo(0, 3);
    const sine = Int16Array.from(
      { length: 160 },
      (_, i) => 32767 * Math.sin((2 * Math.PI * i) / 16),
    );
    expect(levelDbov(sine)).toBeCloseTo(-3.01, 2);
    expect(levelDbov(new Int16Array(160))).toBe(-127);
    expect(levelDbov(new Int16Array(0))).toBe(-127);
  });

  it('audioLevelByte() has the voice bit on top and stays within 7 bits', () => {
    expect(audioLevelByte(-26.4, true)).toBe(0x80 | 26);
    expect(audioLevelByte(-127, false)).toBe(127);
    expect(audioLevelByte(0, false)).toBe(0);
    expect(audioLevelByte(-300, true)).toBe(0xff);
  });
});

describe('VoiceGate', () => {
  it('opens with the first loud frame, and holds 200 ms after the last', () => {
    const gate = new VoiceGate();
    expect(gate.update(-60, 20)).toBe(false);
    expect(gate.update(-30, 20)).toBe(true);
    for (let i = 0; i < 10; i++) expect(gate.update(-70, 20)).toBe(true);
    expect(gate.update(-70, 20)).toBe(false);
  });

  it('is held open by what would not open it', () => {
    const gate = new VoiceGate();
    expect(gate.update(-53, 20)).toBe(false);
    gate.update(-40, 20);
    for (let i = 0; i < 100; i++) gate.update(-53, 20);
    expect(gate.isOpen).toBe(true);
  });
});
