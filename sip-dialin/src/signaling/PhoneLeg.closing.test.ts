import { describe, expect, it } from 'vitest';
import { callEnd } from './callEnd.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();

describe('PhoneLeg: closing', () => {
  it('close() says BYE, leaves the room and frees the media', async () => {
    await bench.joined();
    await bench.leg.close();
    expect(bench.call.sent.at(-1)).toBe('BYE');
    expect(bench.rooms.left).toHaveLength(1);
    expect(bench.media.legs.size).toBe(0);
    expect(bench.ends).toEqual([callEnd.shutdown()]);
  });

  it('close() twice is silent, and so is what comes after', async () => {
    await bench.joined();
    await bench.leg.close();
    await bench.leg.close();
    bench.call.emit({ type: 'key', key: '1' });
    bench.call.emit({ type: 'ended', lost: false });
    bench.rooms.tell({ type: 'removed' });
    expect(bench.call.sent.filter((each) => each === 'BYE')).toHaveLength(1);
  });

  it('close() before the answer refuses the call', async () => {
    const gate = Promise.withResolvers<undefined>();
    bench.rooms.didGate = gate.promise;
    const start = bench.leg.start();
    await bench.leg.close();
    gate.resolve(undefined);
    await start;
    expect(bench.call.sent).toEqual(['503']);
  });

  it('ends though its media cannot be closed', async () => {
    await bench.joined();
    const close = bench.sound().close.bind(bench.sound());
    bench.sound().close = async () => {
      await close();
      throw new Error('The engine is gone.');
    };
    await bench.leg.close();
    expect(bench.ends).toEqual([callEnd.shutdown()]);
  });

  it('knows that the network ended it', async () => {
    await bench.answered();
    bench.call.emit({ type: 'ended', lost: true });
    await settle();
    expect(bench.ends).toEqual([callEnd.signalingLost()]);
  });
});
