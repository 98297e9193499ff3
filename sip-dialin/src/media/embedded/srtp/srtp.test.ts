import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SRTP_SUITES, SrtpKey, srtpKeyBytes, type SrtpSuite } from '../../sdp/crypto.ts';
import { parseRtp, writeRtp } from '../rtp/packet.ts';
import { deriveKeys } from './deriveKeys.ts';
import { SrtpSession } from './SrtpSession.ts';
import { createTransform } from './transforms.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const keyOf = (suite: SrtpSuite): SrtpKey => new SrtpKey(suite, randomBytes(srtpKeyBytes(suite)));
const MASTER = hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');

describe('published vectors', () => {
  it('RFC 3711 appendix B.3: key derivation', () => {
    const keys = deriveKeys(new SrtpKey('AES_CM_128_HMAC_SHA1_80', MASTER), 'rtp');
    expect(keys.cipher).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(keys.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(keys.auth).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  });

  it('RFC 3711 appendix B.2: AES in counter mode', () => {
    const transform = createTransform('AES_CM_128_HMAC_SHA1_80', 'rtp', {
      cipher: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      auth: Buffer.alloc(20),
    });
    const none = Buffer.alloc(0);
    const { body } = transform.seal(none, Buffer.alloc(48), none, { ssrc: 0, index: 0 });
    expect(body).toEqual(
      hex(`E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
           41E95B3BB0A2E8DD477901E4FCA894C0`),
    );
  });

  const GCM_KEYS = {
    cipher: hex('000102030405060708090a0b0c0d0e0f'),
    salt: hex('517569642070726f2071756f'),
    auth: Buffer.alloc(0),
  };

  it('RFC 7714 section 16.1.1: AES-GCM of RTP', () => {
    const transform = createTransform('AEAD_AES_128_GCM', 'rtp', GCM_KEYS);
    const { body, tag } = transform.seal(
      hex('8040f17b 8041f8d3 5501a0b2'),
      Buffer.from('Gallia est omnis divisa in partes tres'),
      Buffer.alloc(4),
      { ssrc: 0x5501a0b2, index: 0xf17b },
    );
    expect(Buffer.concat([body, tag])).toEqual(
      hex(`f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
           899d7f27 beb16a91 52cf765e e4390cce`),
    );
  });
});

describe.each(SRTP_SUITES)('SrtpSession with %s', (suite) => {
  function pair(): [SrtpSession, SrtpSession] {
    const [a, b] = [keyOf(suite), keyOf(suite)];
    return [new SrtpSession(a, b), new SrtpSession(b, a)];
  }
  const packet = (i: number, ssrc = 7): Uint8Array =>
    writeRtp({
      payloadType: 0,
      sequenceNumber: (65500 + i) & 0xffff,
      timestamp: i * 160,
      ssrc,
      payload: Buffer.alloc(160, i),
      extensions: [{ id: 1, data: Uint8Array.of(i & 0xff) }],
    });
  const report = Buffer.concat([hex('80c90001 00000007'), Buffer.from('the rest')]);

  it('opens what the other side protected, over rollovers, reordered, and each once', () => {
    const [us, them] = pair();
    const sealed = Array.from({ length: 70_000 }, (_, i) =>
      i < 100 || i > 65_000 ? us.protectRtp(packet(i)) : undefined,
    );
    for (const i of [0, 1, 3, 2, 40, 39, 41]) {
      expect(them.unprotectRtp(sealed[i]!)).toEqual(Buffer.from(packet(i)));
      expect(them.unprotectRtp(sealed[i]!)).toBeUndefined();
    }
    expect(them.stats).toEqual({ unauthentic: 0, replayed: 7 });
    expect(parseRtp(sealed[50]!)!.payload).not.toEqual(parseRtp(packet(50))!.payload);
  });

  it('keeps the rollover counter on both sides', () => {
    const [us, them] = pair();
    for (let i = 0; i < 200_000; i += 1000) {
      expect(them.unprotectRtp(us.protectRtp(packet(i)))).toEqual(Buffer.from(packet(i)));
    }
  });

  it('protects reports as well, each opened once', () => {
    const [us, them] = pair();
    for (let i = 0; i < 3; i++) {
      const sealed = us.protectRtcp(report);
      expect(sealed.includes('the rest')).toBe(false);
      expect(them.unprotectRtcp(sealed)).toEqual(report);
      expect(them.unprotectRtcp(sealed)).toBeUndefined();
    }
  });

  it('takes nothing that was changed, cut or made by somebody else', () => {
    const [us, them] = pair();
    const [stranger] = pair();
    const rtp = us.protectRtp(packet(0));
    const rtcp = us.protectRtcp(report);
    for (let at = 0; at < rtp.length; at += 3) {
      const changed = Buffer.from(rtp);
      changed[at]! ^= 0x40;
      expect(them.unprotectRtp(changed)).toBeUndefined();
      expect(them.unprotectRtp(rtp.subarray(0, at))).toBeUndefined();
    }
    for (let at = 0; at < rtcp.length; at++) {
      const changed = Buffer.from(rtcp);
      changed[at]! ^= 0x01;
      expect(them.unprotectRtcp(changed)).toBeUndefined();
    }
    expect(them.unprotectRtp(stranger.protectRtp(packet(0)))).toBeUndefined();
    expect(them.unprotectRtp(Buffer.from(packet(0)))).toBeUndefined();
    expect(them.unprotectRtp(rtp)).toBeDefined();
  });
});

it('a key shows neither in JSON nor in what a log prints', () => {
  const key = keyOf('AEAD_AES_128_GCM');
  for (const text of [JSON.stringify({ key }), inspect({ key }), inspect(key)]) {
    expect(text).toContain('[key of AEAD_AES_128_GCM]');
    expect(text).not.toContain(key.inline);
    expect(text).not.toContain(key.key.toString('hex'));
  }
});
