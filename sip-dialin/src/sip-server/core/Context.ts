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

/** What both directions of the user agent share. */
export interface Context {
  clock: Clock;
  timers: SipTimers;
  log: Logger;
  local: LocalAddress;
  transactions: TransactionLayer;
  dialogs: DialogTable<ControlClient>;
  control: ControlServer;
  /** Sends outside of any transaction; what cannot be delivered is lost, as the network may lose it. */
  send: (message: SipMessage, target: Target) => void;
}
