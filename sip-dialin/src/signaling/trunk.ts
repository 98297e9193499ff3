import { BlockList, isIPv6 } from 'node:net';

/**
 * Where calls may come from. This is the one place that decides it: whatever it does not let in is
 * answered 403 before anything is looked up. The default trunk of the public contract takes calls
 * from this machine only. A Trunk with networks (CIDR), digest and limits takes its place later.
 */
export interface Trunk {
  readonly name: string;
  /** Whether an INVITE from this IP address may come in. */
  admits(address: string): boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export const loopbackTrunk: Trunk = {
  name: 'loopback',
  admits(address) {
    const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:/i, '');
    return loopback.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
  },
};
