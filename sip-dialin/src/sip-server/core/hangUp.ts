import type { SipRequest } from '../message/SipMessage.ts';
import type { Context, SipDialog } from './Context.ts';
import { dispatch } from './dialogTarget.ts';

/** Ends a dialog from the server's side. Gives the BYE; its answer is nobody's business. */
export function hangUp(context: Context, dialog: SipDialog, why: string): SipRequest | undefined {
  context.dialogs.remove(dialog);
  const bye = dialog.request('BYE');
  // The wording is that of drachtio-server: drachtio-srf tells its users the text.
  bye.headers.append('Reason', `SIP ;cause=200 ;text="${why}"`);
  const target = dispatch(context, dialog, bye);
  // Nowhere to send it: there is nobody to tell.
  if (target === undefined) return undefined;
  const nothing = (): void => undefined;
  context.transactions.request(bye, target, {
    onResponse: nothing,
    onFailure: nothing,
    onTerminated: nothing,
  });
  return bye;
}
