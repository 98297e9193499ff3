/** Whether this IP address leads to this machine only. */
export function isLoopback(ip: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(ip) || ip === '::1';
}

/**
 * The address that WebRTC listens on, from the one that peers are told: a loopback address is kept,
 * so that nothing is open to the network by default; for any other the host listens on all.
 */
export function listenIpFor(announcedAddress: string): string {
  if (isLoopback(announcedAddress)) return announcedAddress;
  if (announcedAddress === 'localhost') return '127.0.0.1';
  return announcedAddress.includes(':') ? '::' : '0.0.0.0';
}
