export * from './config.ts';
export * from './errors.ts';
export * from './gateway.ts';
export * from './media.ts';
export * from './meet.ts';
export * from './meeting.ts';
export * from './redact.ts';
export * from './version.ts';
