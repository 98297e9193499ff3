import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NAME_LIMIT_MS } from '../ivr/naming.ts';
import { FakeCall } from './testing/FakeCall.ts';
import { settle, usePhoneLegBench } from './testing/PhoneLegBench.ts';

const bench = usePhoneLegBench();
const NAME = Uint8Array.of(1, 2, 3);

async function key(keys: string): Promise<void> {
  bench.sound().press(keys);
  await settle();
}

async function heard(): Promise<void> {
  bench.sound().finishPrompt();
  await settle();
}

describe('PhoneLeg: roll-call', () => {
  beforeEach(async () => {
    bench.rooms.entry = 'roll-call';
    bench.make(new FakeCall());
    await bench.answered();
    await key('123456#');
    expect(bench.lastFiles()).toEqual(['en/say-name', 'sounds/record-tone']);
    await heard();
    expect(bench.sound().recording).toBe(true);
  });

  it('records a name until the #, plays it back and joins with it', async () => {
    bench.sound().recorded = NAME;
    await key('#');
    expect(bench.sound().played.at(-1)?.[1]).toEqual(NAME);
    expect(bench.lastPlayed()).toEqual(['you-said', 'recording', 'name-review']);
    expect(bench.rooms.phones).toEqual([]);
    await key('1');
    expect(bench.rooms.phones).toMatchObject([{ recordedName: NAME }]);
    bench.rooms.tellJoined();
    expect(bench.states.slice(-3)).toEqual(['naming', 'joining', 'joined']);
  });

  it('asks again for a name that nobody said, then joins without', async () => {
    await vi.advanceTimersByTimeAsync(NAME_LIMIT_MS);
    expect(bench.lastPlayed()).toEqual(['name-not-heard', 'say-name', 'record-tone']);
    await heard();
    await key('#');
    expect(bench.rooms.phones).toHaveLength(1);
    expect(bench.rooms.phones[0]).not.toHaveProperty('recordedName');
  });

  it('goes on without a name when the engine cannot record', async () => {
    bench.sound().record = () => Promise.reject(new Error('no memory'));
    await key('#');
    await heard();
    expect(bench.rooms.phones).toHaveLength(1);
  });

  it('ends when the caller hangs up meanwhile', async () => {
    bench.call.emit({ type: 'ended', lost: false });
    await settle();
    expect(bench.leg.state.name).toBe('ended');
    expect(bench.rooms.phones).toEqual([]);
  });
});

describe('PhoneLeg: the lobby', () => {
  beforeEach(async () => {
    bench.make(new FakeCall());
    await bench.answered();
    await key('123456#');
    bench.rooms.tell({ type: 'waiting' });
  });

  it('plays music in a loop until the host lets the caller in', async () => {
    expect(bench.lastPlayed()).toEqual(['lobby-wait']);
    expect(bench.leg.state.name).toBe('waiting');
    await heard();
    expect(bench.lastFiles()).toEqual(['sounds/waiting-music']);
    expect(bench.sound().looping).toBe(true);
    bench.rooms.tellJoined({ recording: true });
    expect(bench.lastPlayed()).toEqual(['admitted', 'recording-on']);
    expect(bench.sound().looping).toBe(false);
    expect(bench.leg.state.name).toBe('joined');
  });

  it('says goodbye to a caller who is turned away', async () => {
    bench.rooms.tell({ type: 'removed' });
    expect(bench.lastPlayed()).toEqual(['removed', 'goodbye']);
    expect(bench.rooms.left).toHaveLength(1);
    await heard();
    expect(bench.call.sent.at(-1)).toBe('BYE');
  });

  it('leaves its place when the caller hangs up', async () => {
    bench.call.emit({ type: 'ended', lost: false });
    await settle();
    expect(bench.rooms.left).toHaveLength(1);
  });
});

describe('PhoneLeg: a moderator', () => {
  beforeEach(async () => {
    bench.make(new FakeCall());
    await bench.answered();
    await key('654321#');
    expect(bench.rooms.phones).toMatchObject([{ role: 'host' }]);
    bench.rooms.tellJoined({ role: 'host', waiting: 1 });
  });

  it('hears that somebody waits, lets them in, and hears so', async () => {
    expect(bench.lastPlayed()).toEqual(['somebody-waiting']);
    await key('*2');
    expect(bench.rooms.commands).toEqual(['admitAll']);
    expect(bench.lastPlayed()).toEqual(['let-in']);
  });

  it('hears what was refused', async () => {
    bench.rooms.commandError = 'recording-off';
    await key('*5');
    expect(bench.rooms.commands).toEqual(['toggleRecording']);
    expect(bench.lastPlayed()).toEqual(['not-possible']);
  });
});

describe('PhoneLeg: in the meeting', () => {
  it('changes the volume, tells the quality and the names of the others', async () => {
    await bench.joined();
    bench.rooms.names = [NAME];
    await key('*1');
    expect(bench.sound().volumeDb).toBe(3);
    expect(bench.lastFiles()).toEqual(['sounds/step']);
    await key('*3');
    expect(bench.lastPlayed()).toEqual(['alone', 'recording']);
    const quality = { mos: 4.2, loss: 0, jitterMs: 1, roundTripMs: 20 };
    bench.sound().emit({ type: 'quality', quality });
    expect(bench.rooms.qualities).toEqual([quality]);
  });

  it('hears that the meeting is locked, and is hung up', async () => {
    await bench.answered();
    await key('123456#');
    bench.rooms.tell({ type: 'meetingLocked' });
    expect(bench.lastPlayed()).toEqual(['meeting-locked', 'goodbye']);
    await heard();
    expect(bench.call.sent.at(-1)).toBe('BYE');
  });
});
