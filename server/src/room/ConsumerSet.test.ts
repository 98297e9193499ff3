import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeRouter } from '../sfu/fake/FakeRouter.ts';
import type { FakeTransport } from '../sfu/fake/FakeTransport.ts';
import type { MediaProducer } from '../sfu/Sfu.ts';
import { ConsumerSet } from './ConsumerSet.ts';
import { Participant } from './Participant.ts';

describe('ConsumerSet', () => {
  const participant = new Participant({ name: 'Ann', kind: 'browser', role: 'participant' });
  let source: MediaProducer;
  let transport: FakeTransport;
  let answers: { resolve: () => void; reject: (error: Error) => void }[];
  let retracted: string[];
  let set: ConsumerSet;

  beforeEach(async () => {
    const router = new FakeRouter();
    source = await (await router.createPlainTransport()).producePlain(1);
    transport = await router.createPlainTransport();
    answers = [];
    retracted = [];
    set = new ConsumerSet({
      consume: (producer) => transport.consumePlain(producer),
      announce: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
      retract: (consumer) => retracted.push(consumer.id),
      logger: pino({ level: 'silent' }),
    });
  });

  it('resumes a consumer only after the peer acknowledged', async () => {
    set.start();
    set.add(participant, source);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    expect(transport.consumers[0]!.resumed).toBe(false);
    answers[0]!.resolve();
    await vi.waitFor(() => expect(transport.consumers[0]!.resumed).toBe(true));
  });

  it('makes nothing before start(), and everything then', async () => {
    set.add(participant, source);
    expect(transport.consumers).toHaveLength(0);
    set.start();
    set.start();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    expect(set.size).toBe(1);
  });

  it('a peer that cannot receive loses the consumer and is told so', async () => {
    set.start();
    set.add(participant, source);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    answers[0]!.reject(new Error('no'));
    await vi.waitFor(() => expect(retracted).toEqual([transport.consumers[0]!.id]));
    expect(transport.consumers[0]!.closed).toBe(true);
    expect(set.size).toBe(0);
  });

  it('a source that goes while its consumer is made leaves nothing behind', async () => {
    set.start();
    set.add(participant, source);
    set.remove(source);
    await vi.waitFor(() => expect(transport.consumers[0]?.closed).toBe(true));
    expect(answers).toHaveLength(0);
    expect(retracted).toEqual([]);
  });

  it('transportClosed() empties it; twice is silent and nothing is added later', () => {
    set.start();
    set.add(participant, source);
    set.transportClosed();
    set.transportClosed();
    set.add(participant, source);
    expect(set.size).toBe(0);
  });
});
