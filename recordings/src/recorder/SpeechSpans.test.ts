import { describe, expect, it } from 'vitest';
import { FRAME, tone } from '../testing/sound.ts';
import { SpeechSpans } from './SpeechSpans.ts';

const VOICE = tone(300, 20, 3000);
const NOISE = tone(300, 20, 60);

/** Packets of 20 ms: `v` loud, `.` not. */
function spansOf(packets: string): string[] {
  const speech = new SpeechSpans();
  packets.split('').forEach((one, index) => {
    speech.push(one === 'v' ? VOICE : NOISE, index * FRAME);
  });
  return speech.spans.map(({ fromMs, toMs }) => `${fromMs}-${toMs}`);
}

describe('SpeechSpans', () => {
  it('has a turn from its first to its last loud packet, over short pauses', () => {
    expect(spansOf('....vvvvvv....')).toEqual(['80-200']);
    expect(spansOf(`vvvvvv${'.'.repeat(50)}vvvvvv`)).toEqual(['0-1240']);
    expect(spansOf(`vvvvvv${'.'.repeat(51)}vvvvvv`)).toEqual(['0-120', '1140-1260']);
  });

  it('leaves out noise and clicks', () => {
    expect(spansOf('.'.repeat(100))).toEqual([]);
    expect(spansOf(`..v${'.'.repeat(60)}vvvvvvv${'.'.repeat(60)}vv`)).toEqual(['1260-1400']);
  });
});
