import { pino } from 'pino';
import type { SoundHarness, SoundPhone } from '../../phoneMediaSoundContract.ts';
import type { LegCodec } from '../codecs/legCodecs.ts';
import { createSourceDecoder, type SourceDecoder } from '../codecs/opus.ts';
import { createEmbeddedPhoneMedia } from '../index.ts';
import { bindUdp } from '../net/bindUdp.ts';
import { writePrompt } from '../prompts/wav.ts';
import { parseRtp } from '../rtp/packet.ts';
import { CodecPhone } from './CodecPhone.ts';
import { amplitudeAt, toneFrame } from './tones.ts';

const HOST = '127.0.0.1';
/** Within what the leveller leaves as it is: -22.4 dBov. */
const AMPLITUDE = 3500;
/** 800 ms at 16 kHz. */
const LISTEN_SAMPLES = 12_800;

/** What one SSRC said last to the SFU. */
class Heard {
  packets = 0;
  readonly pcm = new Int16Array(LISTEN_SAMPLES);
  readonly decoder: SourceDecoder;

  constructor(decoder: SourceDecoder) {
    this.decoder = decoder;
  }

  push(payload: Uint8Array): void {
    this.packets += 1;
    if (payload.length <= 2) return;
    const pcm = this.decoder.decode(payload);
    this.pcm.copyWithin(0, pcm.length);
    this.pcm.set(pcm, LISTEN_SAMPLES - pcm.length);
  }
}

/** The embedded engine with phones of one codec, whose packets go out every 20 ms. */
export async function startSoundHarness(
  codec: LegCodec,
  payloadType: number,
): Promise<SoundHarness & { phones: readonly CodecPhone[] }> {
  const media = createEmbeddedPhoneMedia({
    host: HOST,
    announcedAddress: HOST,
    rtpPorts: { min: 0, max: 0 },
    logger: pino({ level: 'silent' }),
  });
  const phones: CodecPhone[] = [];
  const sfu = await bindUdp(HOST, 0);
  const heard = new Map<number, Heard>();
  for (const ssrc of [1, 2, 3]) heard.set(ssrc, new Heard(await createSourceDecoder()));
  sfu.onMessage = (data) => {
    const packet = parseRtp(data);
    if (packet) heard.get(packet.ssrc)?.push(packet.payload);
  };

  const start = performance.now();
  let sent = 0;
  const pump = setInterval(() => {
    for (; start + sent * 20 <= performance.now(); sent++) for (const phone of phones) phone.send();
  }, 5);

  return {
    media,
    phones,
    openPhone: async (hz): Promise<SoundPhone> => {
      const phone = await CodecPhone.open(codec, hz);
      phones.push(phone);
      phone.talking = false;
      return {
        set talking(talking: boolean) {
          phone.talking = talking;
        },
        call: (leg) => phone.call(leg, payloadType),
        hears: (tone) => phone.hears(tone),
      };
    },
    sfu: {
      address: sfu.local,
      packets: (ssrc) => heard.get(ssrc)!.packets,
      hears: (ssrc, hz) => {
        const amplitude = amplitudeAt(heard.get(ssrc)!.pcm, hz, 16_000);
        return 20 * Math.log10(amplitude / AMPLITUDE + 1e-9);
      },
    },
    tone: (hz, ms) => writePrompt(toneFrame(hz, 16_000, 0, ms * 16, AMPLITUDE)),
    release: async () => {
      clearInterval(pump);
      for (const { decoder } of heard.values()) decoder.free();
      await Promise.all([sfu.close(), ...phones.map((phone) => phone.close())]);
    },
  };
}
