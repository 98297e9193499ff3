import { describe, expect, it, vi } from 'vitest';
import { MAX_NAMES_WAITING, RING_EVERY_MS } from './Doorbell.ts';
import { participantView } from './testing/FakeGatewaySocket.ts';
import { settle, useGatewayBench } from './testing/GatewayBench.ts';

const bench = useGatewayBench();
const NAME = Uint8Array.of(1, 2, 3);

const said = (): string[] => bench.rooms.open.get('m1')!.said;
const browser = (id: string, state: 'lobby' | 'joined' = 'joined') =>
  participantView({ id, kind: 'browser', state });
const news = () => bench.socket.handlers.news;
const comes = (id: string, state?: 'lobby' | 'joined'): void =>
  news()['participant:joined']({ meetingId: 'm1', participant: browser(id, state) });
const goes = (participantId: string): void =>
  news()['participant:left']({ meetingId: 'm1', participantId, reason: 'left' });
const later = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(RING_EVERY_MS);
};

describe('Doorbell: tones', () => {
  it('rings for phones and browsers that enter and leave', async () => {
    bench.socket.entry = 'tones';
    await bench.joined();
    expect(said()).toEqual(['entry']);
    await later();
    comes('b1');
    await later();
    goes('b1');
    await later();
    const other = await bench.joined();
    await later();
    other.membership.leave();
    await settle();
    expect(said()).toEqual(['entry', 'entry', 'leave', 'entry', 'leave']);
  });

  it('keeps nobody waiting', async () => {
    bench.socket.entry = 'tones';
    const release = bench.socket.hold('participant:count');
    await bench.joined();
    expect(said()).toEqual([]);
    release();
    await settle();
    expect(said()).toEqual(['entry']);
  });

  it('rings once for many who come at a time', async () => {
    bench.socket.entry = 'tones';
    await bench.joined();
    for (const id of ['b1', 'b2', 'b3']) comes(id);
    await settle();
    expect(said()).toEqual(['entry']);
    await later();
    comes('b4');
    await settle();
    expect(said()).toEqual(['entry', 'entry']);
  });

  it('does not ring in a full room', async () => {
    bench.socket.entry = 'tones';
    bench.socket.people = 31;
    await bench.joined();
    expect(said()).toEqual([]);
  });

  it('rings for those in the lobby only when they are let in', async () => {
    bench.socket.entry = 'tones';
    await bench.joined();
    await later();
    comes('b1', 'lobby');
    comes('b2', 'lobby');
    goes('b2');
    await settle();
    expect(said()).toEqual(['entry']);
    news()['participant:updated']({ meetingId: 'm1', participant: browser('b1') });
    news()['participant:updated']({ meetingId: 'm1', participant: browser('b1') });
    await later();
    expect(said()).toEqual(['entry', 'entry']);
    bench.socket.joinsAs = 'lobby';
    const phone = bench.enter();
    await settle();
    phone.membership.leave();
    await later();
    expect(said()).toHaveLength(2);
  });

  it('does not ring for a phone that somebody’s sound moves to and back, but when they leave', async () => {
    bench.socket.entry = 'tones';
    await bench.joined();
    await later();
    bench.socket.takeInAs(browser('b1'));
    const phone = await bench.joined('m1', { callId: 'c1' });
    await later();
    phone.membership.leave();
    await later();
    expect(said()).toEqual(['entry']);
    bench.socket.takeInAs(browser('b2'));
    const other = await bench.joined('m1', { callId: 'c2' });
    await later();
    goes('b2');
    await settle();
    expect(said()).toEqual(['entry', 'leave']);
    expect(other.events).toEqual(['joined', 'left']);
  });

  it('does not ring where the meeting wants none, nor as phones join again', async () => {
    await bench.joined('m1', { recordedName: NAME });
    comes('b1');
    await settle();
    expect(said()).toEqual([]);
    bench.socket.entry = 'tones';
    bench.socket.disconnect();
    bench.socket.reconnect();
    await settle();
    expect(said()).toEqual([]);
  });
});

describe('Doorbell: roll-call', () => {
  it('has a phone say its own name after the tone, and a tone as it leaves', async () => {
    bench.socket.entry = 'roll-call';
    await bench.joined();
    await later();
    const ada = await bench.joined('m1', { recordedName: NAME });
    expect(said()).toEqual(['entry', 'entry', expect.stringMatching(/^name as leg-\d+$/)]);
    await later();
    ada.membership.leave();
    await settle();
    expect(said().at(-1)).toBe('leave');
  });

  it('says every name, though several come at a time', async () => {
    bench.socket.entry = 'roll-call';
    await bench.joined('m1', { recordedName: NAME });
    await bench.joined('m1', { recordedName: NAME });
    expect(said().map((each) => each.split(' ')[0])).toEqual(['entry', 'name', 'name']);
  });

  it('says names one after the other; whoever comes while a few wait has a tone', async () => {
    bench.socket.entry = 'roll-call';
    await bench.joined('m1');
    await later();
    const release = bench.rooms.open.get('m1')!.holdNames();
    for (let i = 0; i < 6; i++) await bench.joined('m1', { recordedName: NAME });
    const names = (): string[] => said().filter((each) => each.startsWith('name'));
    expect(names()).toHaveLength(1);
    await later();
    expect(names()).toHaveLength(1);
    const tones = said().filter((each) => each === 'entry').length;
    await bench.joined('m1', { recordedName: NAME });
    expect(said().filter((each) => each === 'entry')).toHaveLength(tones + 1);
    release();
    await settle();
    expect(names()).toHaveLength(1 + MAX_NAMES_WAITING);
    expect(new Set(names()).size).toBe(1 + MAX_NAMES_WAITING);
    await later();
    await bench.joined('m1', { recordedName: NAME });
    expect(names()).toHaveLength(2 + MAX_NAMES_WAITING);
  });
});
