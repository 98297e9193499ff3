import { randomUUID } from 'node:crypto';
import type { ControlClient } from '../control/ControlClient.ts';
import { responseTo } from '../message/build.ts';
import { formatNameAddr, parseNameAddr, tagOf } from '../message/nameAddr.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { ServerTransaction } from '../transaction/ServerTransaction.ts';
import type { Peer } from '../transport/peer.ts';
import type { Refusal } from './admission.ts';
import type { SipDialog } from './Context.ts';
import { randomToken } from './ids.ts';
import { dialogIdOf } from './tell.ts';

/** Headers that the server sets in every answer, whatever the application says. */
const OWN = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Record-Route', 'Content-Length']);

/** A request from the network on its way to an answer. */
export class ServedRequest {
  /** The application's name for the transaction. */
  readonly id = randomUUID();
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
  readonly peer: Peer;
  /** The application that is to answer. */
  owner: ControlClient | undefined;
  /** The dialog it belongs to or has made. */
  dialog: SipDialog | undefined;
  /** True when it came outside of any dialog. */
  readonly initial: boolean;
  #toTag: string | undefined;

  constructor(transaction: ServerTransaction, peer: Peer) {
    this.transaction = transaction;
    this.request = transaction.request;
    this.peer = peer;
    this.#toTag = tagOf(this.request.headers.get('To'));
    this.initial = this.#toTag === undefined;
  }

  get method(): string {
    return this.request.method;
  }

  get callId(): string {
    return this.request.headers.get('Call-ID') ?? '';
  }

  /** The caller's tag; '' from clients older than RFC 3261. */
  get fromTag(): string {
    return tagOf(this.request.headers.get('From')) ?? '';
  }

  get toTag(): string {
    this.#toTag ??= randomToken();
    return this.#toTag;
  }

  /** The dialog's name, or the one it would get. */
  get dialogId(): string {
    return this.dialog?.id ?? dialogIdOf(this.callId, this.fromTag);
  }

  /** Sends 100 at once, as drachtio-server does: the caller stops sending again (RFC 3261 section 17.2.1). */
  trying(): void {
    this.transaction.respond(responseTo(this.request, 100));
  }

  /** Our own answer, without asking the application; false when there was a final one before. */
  answer({ status, reason, headers = {} }: Refusal): boolean {
    const response = responseTo(this.request, status, reason);
    this.#tag(response);
    for (const [name, value] of Object.entries(headers)) response.headers.append(name, value);
    return this.transaction.respond(response);
  }

  /** The application's answer made whole; `contact` is added where the method wants one. */
  complete(template: SipResponse, contact: string | undefined): SipResponse {
    this.#toTag ??= tagOf(template.headers.get('To'));
    const response = responseTo(this.request, template.status, template.reason);
    if (template.status > 100) this.#tag(response);
    if (template.status > 100 && template.status < 300) {
      for (const route of this.request.headers.getAll('Record-Route')) {
        response.headers.append('Record-Route', route);
      }
    }
    if (contact !== undefined && !template.headers.has('Contact')) {
      response.headers.append('Contact', contact);
    }
    for (const [name, value] of template.headers) {
      if (!OWN.has(name)) response.headers.append(name, value);
    }
    response.body = template.body;
    return response;
  }

  /**
   * The To value with our tag: the local party of the dialog. The tag is appended, the rest stays as
   * it came: the caller may compare it letter by letter.
   */
  get taggedTo(): string {
    const to = this.request.headers.get('To') ?? '';
    const party = parseNameAddr(to);
    if (party === undefined || tagOf(to) !== undefined) return to;
    if (!party.params.has('tag')) return `${to};tag=${this.toTag}`;
    // An empty tag is none.
    return formatNameAddr({ ...party, params: new Map([...party.params, ['tag', this.toTag]]) });
  }

  #tag(response: SipResponse): void {
    response.headers.set('To', this.taggedTo);
  }
}
