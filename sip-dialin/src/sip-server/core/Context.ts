import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import type { ControlServer } from '../control/ControlServer.ts';
import type { Dialog } from '../dialog/Dialog.ts';
import type { DialogTable } from '../dialog/DialogTable.ts';
import type { SipMessage } from '../message/SipMessage.ts';
import type { SipTimers } from '../transaction/timers.ts';
import type { TransactionLayer } from '../transaction/TransactionLayer.ts';
import type { Target } from '../transport/peer.ts';
import type { LocalAddress } from './LocalAddress.ts';

export type SipDialog = Dialog<ControlClient>;

/** A 401 or 407 to a request that the server has sent by itself within a dialog. */
export interface Challenged {
  callId: string;
  method: string;
  /** Request-URI. */
  uri: string;
  status: number;
  /** A header of the answer; several of one name come joined by commas. */
  get(name: string): string | undefined;
}

/** Gives name and value of the header to send it again with; undefined when there is none. */
export type Authorize = (challenged: Challenged) => readonly [string, string] | undefined;

/** What both directions of the user agent share. */
export interface Context {
  clock: Clock;
  timers: SipTimers;
  log: Logger;
  local: LocalAddress;
  transactions: TransactionLayer;
  dialogs: DialogTable<ControlClient>;
  control: ControlServer;
  authorize: Authorize;
  /** Sends outside of any transaction; what cannot be delivered is lost, as the network may lose it. */
  send: (message: SipMessage, target: Target) => void;
}
