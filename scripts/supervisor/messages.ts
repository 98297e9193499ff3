/*
 * What the supervised processes tell their supervisor over IPC: `{ type: 'ready', info? }` when they
 * serve, or `{ type: 'failed', message }`, one line that says what to do, before they end.
 */

export interface ReadyInfo {
  server: { url: string; dataDir: string; adminEmail?: string; adminPassword?: string };
  'sip-dialin': { sipUri: string; numbers: string[] };
  'recorder 1': unknown;
  'recorder 2': unknown;
}

export type ProcessName = keyof ReadyInfo;

export type ChildMessage = { type: 'ready'; info?: unknown } | { type: 'failed'; message: string };

/** Undefined when it is nothing of ours. */
export function parseChildMessage(message: unknown): ChildMessage | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type === 'ready') {
    return { type: 'ready', ...('info' in message ? { info: message.info } : {}) };
  }
  if (message.type === 'failed' && 'message' in message && typeof message.message === 'string') {
    return { type: 'failed', message: message.message };
  }
  return undefined;
}
