import { afterEach, describe, expect, it } from 'vitest';
import { levelAt } from '../audio/goertzel.ts';
import { duration } from '../audio/Sound.ts';
import { tone } from '../audio/tones.ts';
import { eventually } from '../eventually.ts';
import { BaresipPhone } from './BaresipPhone.ts';
import { SippPhone } from './SippPhone.ts';

const toClose: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

async function answering(): Promise<BaresipPhone> {
  const sound = tone({ frequency: 440, seconds: 20 });
  const phone = await BaresipPhone.start({ sound, autoAnswer: true });
  toClose.unshift(phone);
  return phone;
}

describe('the test phones', () => {
  it('hear each other', async () => {
    const baresip = await answering();
    const sound = tone({ frequency: 910, seconds: 20 });
    const sipp = await SippPhone.dial({ uri: baresip.uri, sound, keys: '12#' });
    toClose.unshift(sipp);
    await eventually(
      async () => duration(await baresip.heard()) > 3 && duration(sipp.heard()) > 3,
      {
        what: '3 s of sound on both',
      },
    );
    expect(levelAt(sipp.heard(2), 440)).toBeGreaterThan(-15);
    expect(levelAt(sipp.heard(2), 910)).toBeLessThan(-50);
    const heard = await baresip.heard(2);
    expect(levelAt(heard, 910)).toBeGreaterThan(-15);
    expect(levelAt(heard, 440)).toBeLessThan(-50);
    expect(baresip.events.map(({ type }) => type)).toContain('CALL_ESTABLISHED');
  });

  it('SIPp hangs up when it is closed', async () => {
    const baresip = await answering();
    const sipp = await SippPhone.dial({ uri: baresip.uri });
    await eventually(() => baresip.events.some(({ type }) => type === 'CALL_ESTABLISHED'), {
      what: 'the call',
    });
    await sipp.close();
    await baresip.ended(2000);
  });

  it('SIPp ends well when the far end hangs up', async () => {
    const baresip = await answering();
    const sipp = await SippPhone.dial({ uri: baresip.uri });
    toClose.unshift(sipp);
    await eventually(() => baresip.events.some(({ type }) => type === 'CALL_ESTABLISHED'), {
      what: 'the call',
    });
    await baresip.hangUp();
    await sipp.ended(5000);
  });

  it('SIPp tells when it is not refused as expected', async () => {
    const baresip = await answering();
    const sipp = await SippPhone.dial({ uri: baresip.uri, refusal: 404 });
    toClose.unshift(sipp);
    await expect(sipp.ended(10_000)).rejects.toThrow(/SIPp ended with 1/);
  });
});
