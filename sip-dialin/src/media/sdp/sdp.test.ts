import { describe, expect, it } from 'vitest';
import { chooseAudio, G711_CODECS, mirrored } from './audio.ts';
import { buildAnswer, buildOffer } from './buildSdp.ts';
import type { SrtpPolicy } from './crypto.ts';
import { attribute, parseSdp } from './parseSdp.ts';

const local = { sessionId: '77', version: 1, address: '192.0.2.1', port: 20000 };
const head = ['v=0', 'o=alice 1 1 IN IP4 198.51.100.7', 's=call', 'c=IN IP4 198.51.100.7', 't=0 0'];
const sdp = (...media: string[]): string => [...head, ...media, ''].join('\r\n');
const answerTo = (offer: string): string => {
  const session = parseSdp(offer);
  return buildAnswer(local, session, chooseAudio(session));
};

describe('chooseAudio()', () => {
  it("takes the offerer's first codec of ours, with its event type and packet time", () => {
    const offer = sdp(
      'm=audio 4000 RTP/AVP 9 8 0 96',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:96 telephone-event/8000',
      'a=fmtp:96 0-16',
      'a=ptime:30',
    );
    expect(chooseAudio(parseSdp(offer))).toEqual({
      index: 0,
      rtp: { ip: '198.51.100.7', port: 4000 },
      rtcp: { ip: '198.51.100.7', port: 4001 },
      rtcpMux: false,
      direction: 'sendrecv',
      codec: 'PCMA',
      payloadType: 8,
      eventPayloadType: 96,
      eventClockRate: 8000,
      usesDtx: false,
      ptimeMs: 30,
    });
  });

  it('needs no rtpmap for static types, and takes any case and dynamic numbers', () => {
    expect(chooseAudio(parseSdp(sdp('m=audio 4000 RTP/AVP 0'))).codec).toBe('PCMU');
    const dynamic = chooseAudio(
      parseSdp(sdp('m=audio 4000 RTP/AVP 98', 'a=rtpmap:98 pcma/8000/1')),
    );
    expect(dynamic).toMatchObject({ codec: 'PCMA', payloadType: 98, eventPayloadType: undefined });
  });

  it.each([
    ['m=audio 4000 RTP/AVP 9\r\na=rtpmap:9 G722/16000', 'G722'],
    ['m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000', 'opus'],
    ['m=AUDIO 4000 rtp/avp 8', 'PCMA'],
    ['m=audio 4000 RTP/AVP 0\r\nc=in ip4 192.0.2.1\0', 'PCMU'],
  ])('understands %j', (line, codec) => {
    const { codec: chosen } = chooseAudio(parseSdp(sdp(line)), ['opus', 'G722', 'PCMU', 'PCMA']);
    expect(chosen).toBe(codec);
  });

  it('does not take a static number that was given another meaning', () => {
    const offer = sdp('m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 L16/8000');
    expect(() => chooseAudio(parseSdp(offer))).toThrow(
      expect.objectContaining({ code: 'no-codec' }),
    );
  });

  it('prefers c= and direction of the media to those of the session', () => {
    const offer = sdp('a=sendrecv', 'm=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::1', 'a=sendonly');
    expect(chooseAudio(parseSdp(offer))).toMatchObject({
      rtp: { ip: '2001:db8::1', port: 4000 },
      direction: 'sendonly',
    });
    expect(chooseAudio(parseSdp(sdp('a=inactive', 'm=audio 1 RTP/AVP 0'))).direction).toBe(
      'inactive',
    );
  });

  it('gives IPv6 as a socket tells it of what comes from there', () => {
    const offer = sdp('m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:DB8:0:0::1');
    expect(chooseAudio(parseSdp(offer)).rtp).toEqual({ ip: '2001:db8::1', port: 4000 });
  });

  it('reads where RTCP goes', () => {
    const rtcpOf = (line: string) =>
      chooseAudio(parseSdp(sdp('m=audio 4000 RTP/AVP 0', line))).rtcp;
    expect(rtcpOf('a=rtcp:5001')).toEqual({ ip: '198.51.100.7', port: 5001 });
    expect(rtcpOf('a=rtcp:5001 IN IP4 203.0.113.9')).toEqual({ ip: '203.0.113.9', port: 5001 });
    expect(rtcpOf('a=rtcp-mux')).toEqual({ ip: '198.51.100.7', port: 4000 });
    expect(rtcpOf('a=rtcp:banana')).toBeUndefined();
  });

  it('has no address for hold by 0.0.0.0 and for host names', () => {
    for (const address of ['0.0.0.0', 'phone.example']) {
      const offer = sdp('m=audio 4000 RTP/AVP 0', `c=IN IP4 ${address}`);
      expect(chooseAudio(parseSdp(offer)).rtp).toBeUndefined();
    }
  });

  it('takes 0.0.0.0 for hold in every direction', () => {
    const directionOf = (direction: string) =>
      chooseAudio(parseSdp(sdp('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', `a=${direction}`)))
        .direction;
    expect(directionOf('sendrecv')).toBe('sendonly');
    expect(directionOf('sendonly')).toBe('sendonly');
    expect(directionOf('recvonly')).toBe('inactive');
    expect(directionOf('inactive')).toBe('inactive');
  });

  it.each([
    ['no media', []],
    ['video only', ['m=video 4000 RTP/AVP 96']],
    ['codecs of others', ['m=audio 4000 RTP/AVP 9 18']],
    ['audio that is turned off', ['m=audio 0 RTP/AVP 0']],
    ['SRTP only', ['m=audio 4000 RTP/SAVP 0']],
  ])('throws no-codec for %s', (_, media) => {
    expect(() => chooseAudio(parseSdp(sdp(...media)))).toThrow(
      expect.objectContaining({ code: 'no-codec' }),
    );
  });
});

describe('chooseAudio() with SRTP', () => {
  const key = Buffer.alloc(30, 7).toString('base64');
  const crypto = `a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20`;
  const chosen = (srtp: SrtpPolicy, ...media: string[]) =>
    chooseAudio(parseSdp(sdp(...media)), G711_CODECS, srtp);

  it('takes keys beside plain RTP (RFC 8643), and not where SRTP is off', () => {
    const either = ['m=audio 4000 RTP/AVP 0', crypto];
    expect(chosen('optional', ...either).crypto?.tag).toBe('3');
    expect(chosen('required', ...either).crypto?.tag).toBe('3');
    expect(chosen('off', ...either).crypto).toBeUndefined();
  });

  it('prefers the line with keys, wherever it is', () => {
    const both = ['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0', crypto];
    expect(chosen('optional', ...both)).toMatchObject({ index: 1, crypto: { tag: '3' } });
    expect(chosen('off', ...both)).toMatchObject({ index: 0 });
  });

  it('is content with plain RTP where none of the keys will do', () => {
    const unknown = crypto.replace('AES_CM_128', 'AES_256_CM');
    expect(chosen('optional', 'm=audio 4000 RTP/AVP 0', unknown).crypto).toBeUndefined();
  });
});

describe('parseSdp()', () => {
  it.each([
    ['nothing', ''],
    ['something else', '<html></html>'],
    ['a line that is none', sdp('hello')],
    ['a port beyond 65535', sdp('m=audio 70000 RTP/AVP 0')],
    ['a broken c= line', sdp('c=IN IP4')],
    ['more than 32 media', sdp(...Array<string>(33).fill('m=audio 1 RTP/AVP 0'))],
    ['more than 32 KiB', sdp(`a=${'x'.repeat(40_000)}`)],
  ])('throws bad-request for %s', (_, text) => {
    expect(() => parseSdp(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('takes spaces at the ends of lines', () => {
    const text = sdp('m=audio 4000 RTP/AVP 0', ' ').replaceAll('\r\n', ' \r\n');
    expect(parseSdp(text).media).toHaveLength(1);
  });

  it('takes bare line feeds and port counts', () => {
    const session = parseSdp(sdp('m=audio 4000/2 RTP/AVP 0').replaceAll('\r\n', '\n'));
    expect(session.media[0]).toMatchObject({ port: 4000, formats: ['0'] });
  });
});

describe('buildAnswer()', () => {
  it("answers one codec and the keys, under the offerer's numbers", () => {
    const answer = answerTo(
      sdp('m=audio 4000 RTP/AVP 8 0 97', 'a=rtpmap:97 telephone-event/8000', 'a=rtcp-mux'),
    );
    expect(answer.split('\r\n')).toEqual([
      'v=0',
      'o=- 77 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 8 97',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:97 telephone-event/8000',
      'a=fmtp:97 0-15',
      'a=ptime:20',
      'a=sendrecv',
      'a=rtcp-mux',
      '',
    ]);
  });

  it('refuses all other media with port 0, in the order of the offer', () => {
    const answer = answerTo(
      sdp(
        'm=video 5000 RTP/SAVPF 96 97',
        'm=audio 4000 RTP/SAVP 0',
        'm=audio 4002 RTP/AVP 0',
        'm=audio 4004 RTP/AVP 8',
      ),
    );
    expect(answer.match(/^m=.*$/gm)?.map((line) => line.trim())).toEqual([
      'm=video 0 RTP/SAVPF 96 97',
      'm=audio 0 RTP/SAVP 0',
      'm=audio 20000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 8',
    ]);
  });

  it.each([
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ] as const)('mirrors %s as %s', (theirs, ours) => {
    expect(mirrored(theirs)).toBe(ours);
    const media = parseSdp(answerTo(sdp('m=audio 1 RTP/AVP 0', `a=${theirs}`))).media[0]!;
    expect(attribute(media, ours)).toBe('');
  });
});

it('buildOffer() offers both laws and keys, and is taken by ourselves', () => {
  const offer = buildOffer({ ...local, address: '2001:db8::2' });
  expect(offer).toContain('o=- 77 1 IN IP6 2001:db8::2\r\n');
  expect(offer).toContain('m=audio 20000 RTP/AVP 0 8 101\r\n');
  expect(chooseAudio(parseSdp(offer))).toMatchObject({ codec: 'PCMU', eventPayloadType: 101 });
});
