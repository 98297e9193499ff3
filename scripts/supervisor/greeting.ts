import type { ReadyInfo } from './messages.ts';

/**
 * What `npm start` says when all is up. The last line tells where to go; the first administrator's
 * password is told here and never again.
 */
export function greeting(
  server: ReadyInfo['server'],
  { sipUri, numbers }: ReadyInfo['sip-dialin'],
): string {
  const administrator =
    server.adminEmail !== undefined && server.adminPassword !== undefined
      ? [
          `First administrator (told once, note it): ${server.adminEmail}, password ${server.adminPassword}`,
        ]
      : [];
  return [
    ...administrator,
    `Switchroom is ready: open ${server.url}, or dial ${numbers.join(' or ') || 'a DID that you make'} (${sipUri}); data lies in ${server.dataDir}`,
  ].join('\n');
}
