/** The phone as a tool of tests and benchmarks: `@switchroom/sip-dialin/phone`. */
export type { OutboundCall } from '../signaling/OutboundCall.ts';
export { CallRefused, SipCaller } from '../signaling/SipCaller.ts';
export { SoftPhone, type DialOptions } from './SoftPhone.ts';
export type { HeardFrame } from './RtpEndpoint.ts';
export { clip, sine, type FrameSource } from './sources.ts';
