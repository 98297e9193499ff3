import type { ErrorCode } from '@switchroom/protocol';
import type { LegEvent, LegMediaOptions, RtpAddress, Sound } from '../../PhoneMedia.ts';
import type { PortRange } from '../net/PortPool.ts';
import type { SfuAddress } from '../room/Room.ts';

/** What the worker is started with. */
export interface WorkerConfig {
  host: string;
  announcedAddress: string;
  rtpPorts: PortRange;
}

/** Requests of the main thread, and what each gives. */
export interface Operations {
  'leg:create': { args: { legId: string } & LegMediaOptions; result: undefined };
  'leg:answer': { args: { legId: string; sdp: string }; result: string };
  'leg:offer': { args: { legId: string }; result: string };
  'leg:accept': { args: { legId: string; sdp: string }; result: undefined };
  'leg:play': {
    args: { legId: string; sounds: readonly Sound[]; loop: boolean };
    result: 'finished' | 'stopped';
  };
  'leg:record': { args: { legId: string; maxMs: number }; result: Uint8Array };
  'leg:stop': { args: { legId: string }; result: undefined };
  'leg:join': { args: { legId: string; roomId: string; ssrc: number }; result: undefined };
  'leg:leave': { args: { legId: string }; result: undefined };
  'leg:setMuted': { args: { legId: string; muted: boolean }; result: undefined };
  'leg:setVolume': { args: { legId: string; db: number }; result: undefined };
  'leg:close': { args: { legId: string }; result: undefined };
  'room:create': { args: { roomId: string }; result: RtpAddress };
  /** Gives the address that the SFU sees. */
  'room:connect': { args: { roomId: string; sfu: SfuAddress }; result: RtpAddress };
  'room:setForwarding': { args: { roomId: string; forwarding: boolean }; result: undefined };
  'room:addSource': { args: { roomId: string; ssrc: number }; result: undefined };
  'room:removeSource': { args: { roomId: string; ssrc: number }; result: undefined };
  'room:say': { args: { roomId: string; sound: Sound; legId?: string }; result: undefined };
  'room:close': { args: { roomId: string }; result: undefined };
  close: { args: Record<string, never>; result: undefined };
}

export type Operation = keyof Operations;

export type Request = {
  [K in Operation]: { id: number; operation: K; args: Operations[K]['args'] };
}[Operation];

export type FromWorker =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'failed'; id: number; code: ErrorCode; message: string }
  | { type: 'event'; legId: string; event: LegEvent }
  /** Something inside went wrong that nobody asked for. */
  | { type: 'trouble'; message: string };
