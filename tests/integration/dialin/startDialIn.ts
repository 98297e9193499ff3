import { parseConfig } from '@switchroom/protocol';
import { createDialIn, type DialIn } from '@switchroom/sip-dialin';
import { pino } from 'pino';
import { freePortRange } from '../../support/net/freePort.ts';
import { SERVICE_TOKEN } from '../serverHarness.ts';

/** The real sip-dialin at a real server, on ports of its own. The caller closes it. */
export async function startDialIn(signalingUrl: string): Promise<DialIn> {
  const { min, max } = await freePortRange(20);
  const config = parseConfig({
    SIP_PORT: '0',
    RTP_PORTS: `${min}-${max}`,
    SIGNALING_URL: signalingUrl,
    SERVICE_TOKEN,
  });
  return createDialIn(config, { logger: pino({ level: 'silent' }) });
}
