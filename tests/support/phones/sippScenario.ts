import { TELEPHONE_EVENT } from './rtpPcap.ts';

export interface ScenarioOptions {
  /** Keys that are sent one by one as SIP INFO once the call is up. */
  infoKeys?: string;
  /** Capture that is played as RTP once the call is up. */
  pcap?: string;
  /** SDP of the offer; a G.711 one if not given. */
  sdp?: string;
  /** The status that must answer the INVITE; 200 and a call if not given. */
  refusal?: number;
  /** More header lines of the INVITE, each with its end of line. */
  headers?: string;
  /** The first INVITE is challenged, and the next one proves who this is. */
  digest?: { username: string; password: string };
  /** The SDP is not in the INVITE but in the ACK. */
  lateOffer?: boolean;
  /** What comes before the 200, as XML; provisional answers of all kinds if not given. */
  progress?: string;
  /** What happens in the call once sound and keys are sent, as XML. `request()` helps. */
  steps?: readonly string[];
}

/** Waits for `SippPhone.proceed()`. */
export const WAIT = '<recv request="MESSAGE"/>';

/** How long a call is held at most, ms. The test ends it before. */
const LONGEST_CALL = 600_000;

/** What it offers; `direction` is `sendrecv`, `sendonly`, `recvonly` or `inactive`. */
export const offer = (direction = 'sendrecv', version = 1): string => `v=0
o=sipp 1 ${version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 ${TELEPHONE_EVENT}
a=rtpmap:0 PCMU/8000
a=rtpmap:${TELEPHONE_EVENT} telephone-event/8000
a=fmtp:${TELEPHONE_EVENT} 0-15
a=ptime:20
a=${direction}`;

/** A request of this call; in its dialog where it goes to `[next_url]`, as all but the first INVITE do. */
export function request(method: string, target: string, headers: string, body = ''): string {
  const opens = method === 'INVITE' && target !== '[next_url]';
  // The ACK of a refusal is of the INVITE's transaction (RFC 3261 section 17.1.1.3).
  const isOfInvite = method === 'ACK' && target !== '[next_url]';
  const via = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]';
  return `<send${method === 'ACK' ? '' : ' retrans="500"'}><![CDATA[
${method} ${target} SIP/2.0
${isOfInvite ? '[last_Via:]' : via}
From: "SIPp" <sip:[service_from]@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>${opens ? '' : '[peer_tag_param]'}
Call-ID: [call_id]
CSeq: [cseq] ${method}
Contact: <sip:[service_from]@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
${headers}Content-Length: [len]

${body}
]]></send>`;
}

const PROGRESS = [100, 180, 183]
  .map((code) => `<recv response="${code}" optional="true"/>`)
  .join('\n');

/** The XML that SIPp runs as the caller: it holds the call until it is signalled or gets a BYE. */
export function sippScenario(options: ScenarioOptions): string {
  const { infoKeys = '', pcap, sdp = offer(), refusal, headers = '', lateOffer = false } = options;
  const TYPE = 'Content-Type: application/sdp\n';
  const target = 'sip:[service]@[remote_ip]:[remote_port]';
  const invite = (more = ''): string =>
    request('INVITE', target, headers + more + (lateOffer ? '' : TYPE), lateOffer ? '' : sdp);
  const steps = [invite(), options.progress ?? PROGRESS];
  if (options.digest !== undefined) {
    const { username, password } = options.digest;
    steps.push(
      '<recv response="401" auth="true"/>',
      request('ACK', '[last_Request_URI]', ''),
      invite(`[authentication username=${username} password=${password}]\n`),
      options.progress ?? PROGRESS,
    );
  }
  if (refusal !== undefined) {
    steps.push(`<recv response="${refusal}"/>`, request('ACK', '[last_Request_URI]', ''));
  } else {
    // A PRACK may have counted on since.
    const ack = request('ACK', '[next_url]', lateOffer ? TYPE : '', lateOffer ? sdp : '').replace(
      'CSeq: [cseq]',
      'CSeq: 1',
    );
    steps.push('<recv response="200" rrs="true"/>', ack);
    if (pcap !== undefined) {
      steps.push(`<nop><action><exec play_pcap_audio="${pcap}"/></action></nop>`);
    }
    for (const key of infoKeys) {
      const body = `Signal=${key}\nDuration=160`;
      steps.push('<pause milliseconds="120"/>');
      steps.push(
        request('INFO', '[next_url]', 'Content-Type: application/dtmf-relay\n', body),
        '<recv response="200"/>',
      );
    }
    steps.push(...(options.steps ?? []));
    // A CANCEL of an answered call has no meaning in SIP: here it is the test that says "hang up".
    steps.push(
      '<recv request="CANCEL" optional="true" next="hangUp"/>',
      `<recv request="BYE" timeout="${LONGEST_CALL}"/>`,
      OK_TO_BYE.replace('<send>', '<send next="end">'),
      '<label id="hangUp"/>',
      request('BYE', '[next_url]', ''),
      '<recv response="200"/>',
      '<label id="end"/>',
    );
  }
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="caller">
${steps.join('\n').replaceAll('[service_from]', 'sipp')}
</scenario>
`;
}

const OK_TO_BYE = `<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

]]></send>`;
