import { expect, it } from 'vitest';
import { buildOffer } from './buildSdp.ts';
import { Negotiation } from './Negotiation.ts';

const phone = { sessionId: '1', version: 1, address: '198.51.100.7', port: 4000 };
const offer = buildOffer(phone);
const versionOf = (sdp: string): number => Number(/^o=- \d+ (\d+)/m.exec(sdp)![1]);

it('answers, remembers the other side, and counts the version up only on a change', () => {
  const negotiation = new Negotiation('192.0.2.1', 20000);
  expect(negotiation.remote).toBeUndefined();
  expect(versionOf(negotiation.answer(offer))).toBe(1);
  expect(versionOf(negotiation.answer(offer))).toBe(1);
  expect(versionOf(negotiation.answer(buildOffer(phone, 'sendonly')))).toBe(2);
  expect(negotiation.remote).toMatchObject({ direction: 'sendonly' });
});

it('takes an answer to its own offer once, and none without', () => {
  const negotiation = new Negotiation('192.0.2.1', 20000);
  const peer = new Negotiation('198.51.100.7', 4000);
  expect(() => negotiation.accept(offer)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  const answer = peer.answer(negotiation.offer());
  negotiation.accept(answer);
  expect(negotiation.remote).toMatchObject({
    codec: 'PCMU',
    rtp: { ip: '198.51.100.7', port: 4000 },
  });
  expect(() => negotiation.accept(answer)).toThrow(
    expect.objectContaining({ code: 'bad-request' }),
  );
});

it('takes a phone with both families that names IPv6 to us on IPv4, and waits for its packets', () => {
  const negotiation = new Negotiation('192.0.2.1', 20000);
  const other = buildOffer({ ...phone, address: '2001:db8::7' });
  expect(negotiation.answer(other)).toContain('c=IN IP4 192.0.2.1');
  expect(negotiation.remote).toMatchObject({ rtp: undefined, rtcp: undefined });
  expect(negotiation.remote).toMatchObject({ direction: 'sendrecv' });

  const ours = new Negotiation('2001:db8::1', 20000);
  expect(ours.answer(other)).toContain('IP6 2001:db8::1');
  expect(ours.remote?.rtp).toEqual({ ip: '2001:db8::7', port: 4000 });
});

it('stays as it was when an offer is refused', () => {
  const negotiation = new Negotiation('192.0.2.1', 20000);
  negotiation.answer(offer);
  expect(() => negotiation.answer('rubbish')).toThrow();
  expect(negotiation.remote?.rtp?.port).toBe(4000);
});
