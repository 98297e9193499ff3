export interface CarrierHabits {
  /**
   * What becomes of a call: it is answered after it rang, refused with a status (after ringing, or at once), rings
   * until it is cancelled, or nothing is said to it at all.
   */
  calls: 'answered' | 'rings' | 'silence' | { refused: number; rings?: boolean };
  /** What OPTIONS gets; 200 if not given. */
  options?: number;
  /** Whom it wants to be registered, and for how long, s. */
  registers?: { username: string; password: string; seconds: number };
  /** Capture that is played once a call is answered. */
  pcap?: string;
}

const SDP = `v=0
o=carrier 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20`;

/** An answer to what came last; `to` adds our tag. */
function answer(
  status: number,
  { body = '', attributes = '', tagged = true, headers = '' } = {},
): string {
  const tag = tagged ? ';tag=[pid]carrier[call_number]' : '';
  return `<send${attributes}><![CDATA[
SIP/2.0 ${status} Whatever
[last_Via:]
[last_From:]
[last_To:]${tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>
${headers}${body === '' ? '' : 'Content-Type: application/sdp\n'}Content-Length: [len]

${body}
]]></send>`;
}

/** The longest that a call stays, ms: the test ends it before. */
const LONGEST_MS = 600_000;
const ACK = '<recv request="ACK"/>';

function treatment({ calls, pcap }: CarrierHabits): string[] {
  if (calls === 'silence') return [`<pause milliseconds="${LONGEST_MS}"/>`];
  if (calls === 'rings') {
    return [
      answer(180),
      `<recv request="CANCEL" timeout="${LONGEST_MS}"/>`,
      answer(200, { tagged: false }),
      ...['<pause milliseconds="32000"/>'],
    ];
  }
  if (calls !== 'answered') {
    const ringing = calls.rings === true ? [answer(180), '<pause milliseconds="300"/>'] : [];
    return [...ringing, answer(calls.refused, { attributes: ' retrans="500"' }), ACK];
  }
  return [
    answer(180),
    '<pause milliseconds="300"/>',
    answer(200, { body: SDP, attributes: ' retrans="500"' }),
    ACK,
    ...(pcap === undefined
      ? []
      : [`<nop><action><exec play_pcap_audio="${pcap}"/></action></nop>`]),
    `<recv request="BYE" timeout="${LONGEST_MS}"/>`,
    answer(200, { tagged: false }),
  ];
}

const CHALLENGE = 'WWW-Authenticate: Digest realm="carrier", nonce="[call_id]", algorithm=MD5\n';

/** A REGISTER that is challenged, and then taken where the password is right. */
function registrar({ username, password, seconds }: NonNullable<CarrierHabits['registers']>) {
  return [
    '<label id="register"/>',
    answer(401, { headers: CHALLENGE }),
    `<recv request="REGISTER"><action>
<verifyauth assign_to="valid" username="${username}" password="${password}"/>
</action></recv>`,
    '<nop hide="true" test="valid" next="valid"/>',
    answer(403, { attributes: ' next="end"' }),
    '<label id="valid"/>',
    answer(200, { headers: `Expires: ${seconds}\n`, attributes: ' next="end"' }),
  ];
}

/** The XML that SIPp runs for every call, and for every OPTIONS and REGISTER. */
export function carrierScenario(habits: CarrierHabits): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="carrier">
<recv request="OPTIONS" optional="true" next="options"/>
${habits.registers === undefined ? '' : '<recv request="REGISTER" optional="true" next="register"/>'}
<recv request="INVITE"/>
${treatment(habits).join('\n')}
<nop next="end"/>
${habits.registers === undefined ? '' : registrar(habits.registers).join('\n')}
<label id="options"/>
${answer(habits.options ?? 200)}
<label id="end"/>
</scenario>
`;
}
