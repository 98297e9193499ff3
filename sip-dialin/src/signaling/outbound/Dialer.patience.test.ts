import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Call } from '../Call.ts';
import { Dialer, type Dialled, type DialerOptions } from './Dialer.ts';
import type { SipClient } from './SipClient.ts';

const CHALLENGE = 'Digest realm="carrier", nonce="abc"';

/** Answers each time a second later: with a challenge first, then by taking the call. */
function slowCarrier(call: Call) {
  const delay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_000));
  let tries = 0;
  return {
    invite: vi.fn<SipClient['invite']>(async () => {
      tries += 1;
      await delay();
      return tries === 1
        ? { status: 407, reason: 'Proxy Authentication Required', get: () => CHALLENGE }
        : { call, answer: 'sdp' };
    }),
  };
}

let call: Call;
let carrier: ReturnType<typeof slowCarrier>;

beforeEach(() => {
  vi.useFakeTimers();
  call = {} as Call;
  carrier = slowCarrier(call);
});

afterEach(() => {
  vi.useRealTimers();
});

function dial(signal: AbortSignal): Promise<Dialled> {
  const trunk = {
    settings: { name: 'carrier', srtp: 'off' },
    outbound: { uri: 'sip:192.0.2.1', callerId: '+15550100', username: 'us', password: 'secret' },
    take: () => true,
    release: () => undefined,
    suspect: () => undefined,
    rest: () => undefined,
  };
  const options = {
    client: carrier,
    trunks: { inOrder: () => [trunk] },
    locator: { locate: async () => ['sip:192.0.2.1'] },
    logger: pino({ level: 'silent' }),
  } as unknown as DialerOptions;
  const offer = (): Promise<string> => Promise.resolve('sdp');
  return new Dialer(options).dial({
    ...{ number: '+15550123', offer, onRinging: () => undefined, signal },
  });
}

it('has as much patience after a challenge as before it', async () => {
  const dialled = dial(new AbortController().signal);
  const result = expect(dialled).resolves.toMatchObject({ call, answer: 'sdp' });
  await vi.advanceTimersByTimeAsync(2_000);
  await result;
});

it('does not answer the challenge of a call that was given up meanwhile', async () => {
  const giveUp = new AbortController();
  const result = expect(dial(giveUp.signal)).rejects.toMatchObject({ reason: 'cancelled' });
  await vi.advanceTimersByTimeAsync(500);
  giveUp.abort();
  await vi.advanceTimersByTimeAsync(5_000);
  await result;
  expect(carrier.invite).toHaveBeenCalledTimes(1);
});
