import { afterEach, expect, it, vi } from 'vitest';
import type { LegMedia } from '../PhoneMedia.ts';
import { LEG_FORMATS, type LegCodec } from './codecs/legCodecs.ts';
import type { CodecPhone } from './testing/CodecPhone.ts';
import { startSoundHarness } from './testing/soundHarness.ts';

/*
 * One phone talks over a network that does to its packets what networks do; another phone and the SFU go
 * on hearing its tone as if nothing was: the last 800 ms at any time, by real sockets.
 */
const HZ = 500;
const FULL_DB = -2.5;
const WAIT = { timeout: 15_000, interval: 50 };

let harness: Awaited<ReturnType<typeof startSoundHarness>>;
let talker: CodecPhone;
let listener: CodecPhone;
let leg: LegMedia;

async function start(codec: LegCodec, payloadType: number): Promise<void> {
  harness = await startSoundHarness(codec, payloadType);
  const room = await harness.media.createRoom('r');
  await room.connect({ ...harness.sfu.address, payloadType: 100, audioLevelExtensionId: 1 });
  for (const [i, hz] of [HZ, 900].entries()) {
    const phone = await harness.openPhone(hz);
    const opened = await harness.media.createLeg(`leg ${i}`);
    if (i === 0) {
      leg = opened;
      // Numbers and timestamps wrap within the first second.
      harness.phones[0]!.firstSequenceNumber = 0x10000 - 40;
      harness.phones[0]!.firstTimestamp = 2 ** 32 - LEG_FORMATS[codec].clockRate;
    }
    await phone.call(opened);
    await opened.join('r', 1 + i);
    phone.talking = i === 0;
  }
  [talker, listener] = harness.phones as [CodecPhone, CodecPhone];
}

const isHeard = (): Promise<void> =>
  vi.waitFor(() => {
    expect(listener.hears(HZ)).toBeGreaterThan(FULL_DB);
    expect(harness.sfu.hears(1, HZ)).toBeGreaterThan(FULL_DB);
  }, WAIT);

/** Until this many packets more have gone out. */
async function sent(packets: number): Promise<void> {
  let count = 0;
  const { network } = talker;
  talker.network = (datagram) => {
    count += 1;
    return network(datagram);
  };
  await vi.waitFor(() => expect(count).toBeGreaterThanOrEqual(packets), WAIT);
  talker.network = network;
}

const CODECS: readonly [LegCodec, number][] = [
  ['PCMA', 8],
  ['opus', 97],
];

afterEach(async () => {
  await harness.media.close();
  await harness.release();
});

for (const [codec, payloadType] of CODECS) {
  const here = (what: string): string => `${codec}: ${what}`;

  it(
    here('numbers that wrap, packets twice, and neighbours that change places'),
    { timeout: 40_000 },
    async () => {
      await start(codec, payloadType);
      await isHeard();
      talker.network = (datagram) => [datagram, datagram];
      await sent(60);
      await isHeard();

      let held: Uint8Array | undefined;
      let count = 0;
      talker.network = (datagram) => {
        if (held) {
          const pair = [datagram, held];
          held = undefined;
          return pair;
        }
        if (count++ % 10 > 0) return [datagram];
        held = datagram;
        return [];
      };
      await sent(60);
      await isHeard();
    },
  );

  it(here('one packet in twenty lost, and another SSRC'), { timeout: 40_000 }, async () => {
    await start(codec, payloadType);
    let count = 0;
    talker.network = (datagram) => (count++ % 20 === 7 ? [] : [datagram]);
    await sent(60);
    await isHeard();

    talker.ssrc = 0xfeedbeef;
    talker.firstSequenceNumber = 12_345;
    talker.firstTimestamp = 77;
    await sent(60);
    await isHeard();
  });

  it(here('a pause of three seconds without a packet'), { timeout: 40_000 }, async () => {
    await start(codec, payloadType);
    await isHeard();
    talker.network = () => [];
    await sent(150);
    expect(listener.hears(HZ)).toBeLessThan(-25);
    talker.network = (datagram) => [datagram];
    await isHeard();
    // The same with numbers that go on as if there had been none: the phone slept.
    talker.network = () => [];
    await sent(150);
    talker.firstSequenceNumber -= 150;
    talker.firstTimestamp -= 150 * (LEG_FORMATS[codec].clockRate / 50);
    talker.network = (datagram) => [datagram];
    await isHeard();
    await leg.close();
  });
}
