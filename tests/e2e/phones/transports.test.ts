import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  makeCertificates,
  type Certificates,
} from '../../../sip-dialin/src/sip-server/testing/certificates.ts';
import { tone } from '../../support/audio/tones.ts';
import { freePort } from '../../support/net/freePort.ts';
import { BaresipPhone, type BaresipOptions } from '../../support/phones/BaresipPhone.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const TONES = { udp: 440, tcp: 620, tls: 910 } as const;

let files: Certificates;
/** Certificate and key in one file, as baresip wants them: one that our CA signed, one that nobody did. */
let own: string;
let stranger: string;
let switchroom: Switchroom;
let tlsAddress: string;
let line: MeetingLine;
const phones: BaresipPhone[] = [];

beforeAll(async () => {
  files = await makeCertificates();
  const both = async (name: string, ...parts: string[]): Promise<string> => {
    const path = join(dirname(files.ca), name);
    const texts = await Promise.all(parts.map((part) => readFile(part, 'utf8')));
    await writeFile(path, texts.join('\n'));
    return path;
  };
  own = await both('own-both.pem', files.cert, files.key);
  stranger = await both('stranger-both.pem', files.strangerCert, files.strangerKey);
  const port = await freePort();
  tlsAddress = `127.0.0.1:${port}`;
  switchroom = await Switchroom.start({
    env: {
      SIP_TLS_PORT: String(port),
      SIP_TLS_CERT: files.cert,
      SIP_TLS_KEY: files.key,
      SIP_TLS_CA: files.ca,
    },
  });
  line = await openLine(switchroom);
  return () => switchroom.stop();
});

afterAll(() => files.remove());

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await membersOf(switchroom, line, 0);
});

async function phoneBy(
  transport: keyof typeof TONES,
  options: Partial<BaresipOptions> = {},
): Promise<BaresipPhone> {
  const sound = tone({ frequency: TONES[transport], seconds: 60 });
  const phone = await BaresipPhone.start({ sound, transport, ...options });
  phones.push(phone);
  return phone;
}

const secureUri = (): string => `sip:${line.number}@${tlsAddress};transport=tls`;

it('phones by UDP, TCP and TLS hear each other', async () => {
  const [udp, tcp] = [await phoneBy('udp'), await phoneBy('tcp')];
  const tls = await phoneBy('tls', { tls: { certificate: own, ca: files.ca } });
  await udp.dial(line.uri);
  await tcp.dial(`${line.uri};transport=tcp`);
  await tls.dial(secureUri());
  await hears(udp, [TONES.tcp, TONES.tls], [TONES.udp]);
  await hears(tcp, [TONES.udp, TONES.tls], [TONES.tcp]);
  await hears(tls, [TONES.udp, TONES.tcp], [TONES.tls]);
  await tls.hangUp();
  await membersOf(switchroom, line, 2);
});

describe('a trunk that wants a client certificate', () => {
  beforeAll(async () => {
    const { body } = await switchroom.rest.raw('GET', '/trunks');
    const [trunk] = body as { id: string }[];
    const change = { clientCertificate: true };
    const { status } = await switchroom.rest.raw('PATCH', `/trunks/${trunk!.id}`, change);
    expect(status).toBe(200);
  });

  it('takes calls with one that our CA signed', async () => {
    const phone = await phoneBy('tls', { tls: { certificate: own, ca: files.ca } });
    await phone.dial(secureUri());
    await membersOf(switchroom, line, 1);
  });

  it.each(['one that nobody signed', 'plain UDP'])('takes none with %s', async (what) => {
    const isPlain = what === 'plain UDP';
    const phone = isPlain
      ? await phoneBy('udp')
      : await phoneBy('tls', { tls: { certificate: stranger, ca: files.ca } });
    await expect(phone.dial(isPlain ? line.uri : secureUri())).rejects.toThrow(/call ended/);
    expect(await switchroom.rest.participants(line.meetingId)).toEqual([]);
  });
});
