import type { GatewayTrunk } from '@switchroom/protocol';

/** A trunk for calls from this machine, as the server tells of it. For tests. */
export function gatewayTrunk(changes: Partial<GatewayTrunk> = {}): GatewayTrunk {
  return {
    id: 'loopback',
    name: 'loopback',
    cidrs: ['127.0.0.0/8', '::1/128'],
    digest: null,
    maxCalls: 1000,
    callsPerSecond: 1000,
    srtp: 'optional',
    clientCertificate: false,
    outbound: null,
    ...changes,
  };
}
