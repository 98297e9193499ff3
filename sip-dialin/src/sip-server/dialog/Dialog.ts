import { Headers } from '../message/Headers.ts';
import { listOf, tokensOf } from '../message/lists.ts';
import { parseNameAddr } from '../message/nameAddr.ts';
import { cseqOf, type SipMessage, type SipRequest } from '../message/SipMessage.ts';
import { parseSipUri } from '../message/uri.ts';
import type { Peer } from '../transport/peer.ts';

export interface DialogOptions<Owner> {
  /** The name the application knows it by: `<call-id>;from-tag=<tag of the first From>`. */
  id: string;
  role: 'uac' | 'uas';
  /** The method that made it. */
  method: string;
  callId: string;
  localTag: string;
  remoteTag: string;
  /** From or To value with our tag, and with theirs. */
  local: string;
  remote: string;
  localSeq: number;
  /** Undefined until the far end has sent a request. */
  remoteSeq: number | undefined;
  routeSet: string[];
  remoteTarget: string;
  owner: Owner;
  /** Where the far end was last heard from. */
  peer: Peer;
}

/** One dialog: RFC 3261 section 12. It builds requests and judges those that come. */
export class Dialog<Owner> {
  readonly id: string;
  readonly role: 'uac' | 'uas';
  readonly method: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly owner: Owner;
  /** False until a 2xx (section 12.1). */
  confirmed = false;
  /** True while an INVITE of theirs waits for its answer: another one must wait (section 14.2). */
  inviteFromRemote = false;
  /** True while an INVITE of ours waits for its answer. */
  inviteFromLocal = false;
  /** The session description of ours that is in use; empty when there is none yet. */
  localSdp: Buffer = Buffer.alloc(0);
  /** True when the far end says that it takes UPDATE. */
  allowsUpdate = false;
  #peer: Peer;
  readonly #local: string;
  readonly #remote: string;
  #localSeq: number;
  #remoteSeq: number | undefined;
  #remoteRSeq: number | undefined;
  #routeSet: string[];
  #remoteTarget: string;

  constructor(options: DialogOptions<Owner>) {
    this.id = options.id;
    this.role = options.role;
    this.method = options.method;
    this.callId = options.callId;
    this.localTag = options.localTag;
    this.remoteTag = options.remoteTag;
    this.owner = options.owner;
    this.#peer = options.peer;
    this.#local = options.local;
    this.#remote = options.remote;
    this.#localSeq = options.localSeq;
    this.#remoteSeq = options.remoteSeq;
    this.#routeSet = options.routeSet;
    this.#remoteTarget = options.remoteTarget;
  }

  get peer(): Peer {
    return this.#peer;
  }

  /**
   * Notes the CSeq of a request from the far end; false when it is not above the last one
   * (section 12.2.2). ACK and CANCEL carry the number of their INVITE and are not asked about.
   */
  admit(request: SipRequest, peer: Peer): boolean {
    const seq = cseqOf(request)?.seq ?? 0;
    if (this.#remoteSeq !== undefined && seq <= this.#remoteSeq) return false;
    this.#remoteSeq = seq;
    this.#peer = peer;
    return true;
  }

  /** Notes the RSeq of a reliable provisional answer; false when it is not the next (RFC 3262 section 4). */
  admitReliable(rseq: number): boolean {
    if (this.#remoteRSeq !== undefined && rseq !== this.#remoteRSeq + 1) return false;
    this.#remoteRSeq = rseq;
    return true;
  }

  /** Takes the Contact of a target refresh request or its 2xx (section 12.2), and what it says of UPDATE. */
  refreshTarget(message: SipMessage): void {
    const contact = contactUri(message);
    if (contact !== undefined) this.#remoteTarget = contact;
    const allow = message.headers.getAll('Allow');
    if (allow.length > 0) this.allowsUpdate = tokensOf(allow).includes('update');
  }

  /** Takes route set and target of the 2xx, which may differ from those of a 1xx (section 13.2.2.4). */
  confirm(message: SipMessage): void {
    if (!this.confirmed && this.role === 'uac') this.#routeSet = recordRoute(message).reverse();
    this.confirmed = true;
    this.refreshTarget(message);
  }

  /** Notes a session description of ours that went out; a message without one changes nothing. */
  described({ body }: SipMessage): void {
    if (body.length > 0) this.localSdp = body;
  }

  /** A request within the dialog, without Via and body (section 12.2.1.1). `seq` is given for ACK only. */
  request(method: string, seq?: number): SipRequest {
    const number = seq ?? ++this.#localSeq;
    const headers = new Headers();
    const { uri, routes } = this.#path();
    for (const route of routes) headers.append('Route', route);
    headers.append('Max-Forwards', '70');
    headers.append('From', this.#local);
    headers.append('To', this.#remote);
    headers.append('Call-ID', this.callId);
    headers.append('CSeq', `${number} ${method}`);
    return { kind: 'request', method, uri, headers, body: Buffer.alloc(0) };
  }

  /** A first hop without `lr` wants its own URI in the request line (strict routing). */
  #path(): { uri: string; routes: string[] } {
    const first = this.#routeSet[0];
    const uri = first === undefined ? undefined : parseNameAddr(first)?.uri;
    if (uri === undefined || parseSipUri(uri)?.params.has('lr') !== false) {
      return { uri: this.#remoteTarget, routes: this.#routeSet };
    }
    return { uri, routes: [...this.#routeSet.slice(1), `<${this.#remoteTarget}>`] };
  }
}

/** The URI of the only Contact; undefined when there is none. */
export function contactUri(message: SipMessage): string | undefined {
  const contact = message.headers.get('Contact');
  return contact === undefined ? undefined : parseNameAddr(contact)?.uri;
}

/** The Record-Route values from top to bottom. */
export function recordRoute(message: SipMessage): string[] {
  return listOf(message.headers.getAll('Record-Route')).filter(
    (value) => parseNameAddr(value) !== undefined,
  );
}
