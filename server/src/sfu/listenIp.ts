/**
 * The address that WebRTC listens on, from the one that peers are told: a loopback address is kept,
 * so that nothing is open to the network by default; for any other the host listens on all.
 */
export function listenIpFor(announcedAddress: string): string {
  if (/^127(\.\d{1,3}){3}$/.test(announcedAddress) || announcedAddress === '::1') {
    return announcedAddress;
  }
  if (announcedAddress === 'localhost') return '127.0.0.1';
  return announcedAddress.includes(':') ? '::' : '0.0.0.0';
}
