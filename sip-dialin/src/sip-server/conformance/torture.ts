/*
 * The messages of RFC 4475, by its names, made to come from this machine: `%p` is the sender's port.
 * Each with what becomes of it here: `app` (an application is asked, and answers 299), the status of a
 * refusal, or `silence`. Lines end with CRLF.
 */

export type Fate = 'app' | 'silence' | number;
export type Torture = [name: string, fate: Fate, lines: (string | Buffer)[]];

const VIA = 'Via: SIP/2.0/UDP 127.0.0.1:%p;branch=z9hG4bK.%n';
const SDP = [
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.3',
  's=-',
  'c=IN IP4 192.0.2.4',
  't=0 0',
  'm=audio 49217 RTP/AVP 0 12',
  'm=video 3227 RTP/AVP 31',
  'a=rtpmap:31 LPC',
];

/** The usual headers; a line given with the same name takes the place of the usual one. */
function message(start: string, own: string[] = [], body: (string | Buffer)[] = []): Torture[2] {
  const method = start.split(' ')[0] ?? '';
  const usual = [
    VIA,
    'To: sip:j.user@example.com',
    'From: sip:caller@example.net;tag=134161461246',
    'Call-ID: %n.7ba23c1@example.net',
    `CSeq: 8 ${method}`,
    'Max-Forwards: 70',
    ...(method === 'INVITE' ? ['Contact: <sip:caller@127.0.0.1:%p>'] : []),
    ...(body === SDP ? ['Content-Type: application/sdp'] : []),
  ];
  const nameOf = (line: string): string => (line.split(':')[0] ?? '').trim().toLowerCase();
  const names = new Set(own.map(nameOf));
  return [start, ...usual.filter((line) => !names.has(nameOf(line))), ...own, '', ...body];
}

const invite = (uri: string, own?: string[]): Torture[2] =>
  message(`INVITE ${uri} SIP/2.0`, own, SDP);
const options = (own?: string[], uri = 'sip:user@example.com'): Torture[2] =>
  message(`OPTIONS ${uri} SIP/2.0`, own);
const register = (own?: string[]): Torture[2] => message('REGISTER sip:example.com SIP/2.0', own);

const wsinv = (to: string): string[] => [
  'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
  `TO :\r\n sip:vivekg@chair-dnrc.example.com ;   ${to}`,
  'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
  '  ;',
  '  tag = 98asjd8',
  'MaX-fOrWaRdS: 0068',
  'Call-ID: wsinv.ndaksdj@192.0.2.1',
  'Content-Length   : 150',
  'cseq: 0009',
  '  INVITE',
  'Via  : SIP  /   2.0',
  ' /UDP',
  '    127.0.0.1:%p;branch=390skdjuw',
  's :',
  'NewFangledHeader:   newfangled value',
  ' continued newfangled value',
  'UnknownHeaderWithUnusualValue: ;;,,;;,;',
  'Content-Type: application/sdp',
  'Route:',
  ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
  'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
  '  branch  =   z9hG4bK9ikj8  ,',
  ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
  ' z9hG4bK30239',
  'm:"Quoted string \\"\\"" <sip:jdrosen@127.0.0.1:%p> ; newparam =',
  '      newvalue ;',
  '  secondparam ; q = 0.33',
  '',
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.3',
  's=-',
  'c=IN IP4 192.0.2.4',
  't=0 0',
  'm=audio 49217 RTP/AVP 0 12',
  'm=video 3227 RTP/AVP 31',
  'a=rtpmap:31 LPC',
];

const STRANGE_USER =
  "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)";

/** Section 3.1.1: well-formed, however it looks. */
export const VALID: Torture[] = [
  // Its To has a tag, and so it belongs to a dialog that does not exist.
  ['wsinv', 481, wsinv('tag    = 1918181833n')],
  ['wsinv without its tag', 'app', wsinv('unknown    = 1918181833n')],
  [
    'intmeth',
    501,
    message(
      `!interesting-Method0123456789_*+\`.%indeed'~ sip:${STRANGE_USER}@example.com SIP/2.0`,
      [
        `To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:${STRANGE_USER}@example.com>`,
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>" +
          ";fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\";tag=_token~1'+`*%!-.",
        "extensionHeader-!.%*+_`'~: \xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb",
      ],
    ),
  ],
  [
    'esc01',
    'app',
    invite('sip:sips%3Auser%40example.com@example.net', [
      'To: sip:%75se%72@example.com',
      'From: <sip:I%20have%20spaces@example.net>;tag=938',
      'Contact: <sip:cal%6Cer@127.0.0.1:%p;%6C%72;n%61me=v%61lue%25%34%31>',
    ]),
  ],
  [
    'escnull',
    'app',
    register([
      'To: sip:null-%00-null@example.com',
      'From: sip:null-%00-null@example.com;tag=839923423',
      'L:0',
      'Contact: <sip:%00@127.0.0.1>',
      'Contact : <sip:%00%00@127.0.0.1>',
    ]),
  ],
  [
    'esc02',
    501,
    message('RE%47IST%45R sip:registrar.example.com SIP/2.0', [
      'To: "%Z%45" <sip:resource@example.com>',
      'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
      'Contact: <sip:alias1@host1.example.com>, <sip:alias2@host2.example.com>;expires=1000',
    ]),
  ],
  ['lwsdisp', 'app', options(['From: caller<sip:caller@example.com>;tag=323'])],
  [
    'longreq',
    'app',
    invite('sip:user@example.com', [
      `To: "I have a user name of ${'extreme'.repeat(40)} proportion"<sip:user@example.com:6000;` +
        `unknownparam1=very${'long'.repeat(40)}value;longparam${'name'.repeat(40)}=shortvalue;` +
        `very${'long'.repeat(40)}ParameterNameWithNoValue>`,
      `From: sip:${'amazinglylongcallername'.repeat(10)}@example.net;tag=12${'982'.repeat(50)}424;` +
        `unknownheaderparam${'name'.repeat(40)}=unknownheaderparam${'value'.repeat(30)}`,
      `Call-ID: longreq.one${'really'.repeat(40)}longcallid`,
      `Unknown-${'Long'.repeat(40)}-Name: unknown-${'long'.repeat(40)}-value`,
      ...Array.from({ length: 34 }, (_, hop) => `V: SIP/2.0/TCP sip${hop}.example.com`),
      `Contact: <sip:amazinglylongcallername${'really'.repeat(20)}@127.0.0.1:%p>`,
    ]),
  ],
  [
    'dblreq',
    'app',
    [...register(['Content-Length: 0']), ...invite('sip:joe@example.com', ['Call-ID: second'])],
  ],
  ['semiuri', 'app', options([], 'sip:user;par=u%40example.net@example.com')],
  [
    'transports',
    'app',
    options([
      VIA,
      'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
      'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
      'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
    ]),
  ],
  [
    'mpart01',
    'app',
    message(
      'MESSAGE sip:kumiko@example.org SIP/2.0',
      ['Content-Type: multipart/mixed;boundary=7a9cbec02ceef655'],
      [
        '--7a9cbec02ceef655',
        'Content-Type: text/plain',
        '',
        'Hello',
        '--7a9cbec02ceef655',
        'Content-Type: application/octet-stream',
        '',
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        '--7a9cbec02ceef655--',
      ],
    ),
  ],
  // Answers to nothing that we have asked.
  [
    'unreason',
    'silence',
    message(
      'SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe',
      ['CSeq: 35 INVITE', 'Contact: <sip:user@host198.example.com>'],
      SDP,
    ),
  ],
  ['noreason', 'silence', message('SIP/2.0 100 ', ['CSeq: 35 INVITE'])],
];

/** Section 3.1.2: malformed. */
export const INVALID: Torture[] = [
  [
    'badinv01',
    400,
    invite('sip:user@example.com', [
      'Contact: "Joe" <sip:joe@example.org>;;;;',
      'Via: SIP/2.0/UDP 127.0.0.1:%p;;,;,,',
    ]),
  ],
  ['clerr', 400, invite('sip:user@example.com', ['Content-Length: 9999'])],
  ['ncl', 400, invite('sip:user@example.com', ['Content-Length: -999'])],
  [
    'scalar02',
    400,
    register([
      'CSeq: 36893488147419103232 REGISTER',
      'Max-Forwards: 300',
      'Expires: 10000000000000000000000000000000',
      'Contact: <sip:user@host129.example.com>;expires=280297596632815',
    ]),
  ],
  [
    'scalarlg',
    'silence',
    message('SIP/2.0 503 Service Unavailable', [
      'CSeq: 9292394834772304023312 OPTIONS',
      'Retry-After: 949302838503028349304023988',
      'Warning: 1812 overture "In Progress"',
    ]),
  ],
  ['quotbal', 400, invite('sip:user@example.com', ['To: "Mr. J. User <sip:j.user@example.com>'])],
  ['ltgtruri', 400, invite('<sip:user@example.com>')],
  ['lwsruri', 400, invite('sip:user@example.com; lr')],
  ['lwsstart', 400, message('INVITE  sip:user@example.com  SIP/2.0', [], SDP)],
  ['trws', 400, message('OPTIONS sip:remote-target@example.com SIP/2.0  ')],
  ['escruri', 400, invite('sip:user@example.com?Route=%3Csip:example.com%3E')],
  // We have no use for the date, and so it may be wrong.
  ['baddate', 'app', invite('sip:user@example.com', ['Date: Fri, 01 Jan 2010 16:00:00 EST'])],
  ['regbadct', 400, register(['Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E'])],
  ['badaspec', 400, options(['To: "Watson, Thomas" < t.watson@example.org >'])],
  ['baddn', 400, options(['From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43'])],
  [
    'badvers',
    505,
    message('OPTIONS sip:t.watson@example.org SIP/7.0', [
      'Via: SIP/7.0/UDP 127.0.0.1:%p;branch=z9hG4bKkdjuw',
    ]),
  ],
  ['mismatch01', 400, options(['CSeq: 8 INVITE'])],
  ['mismatch02', 400, message('NEWMETHOD sip:user@example.com SIP/2.0', ['CSeq: 8 INVITE'])],
  [
    'bigcode',
    'silence',
    message('SIP/2.0 4294967301 better not break the receiver', ['CSeq: 8 A']),
  ],
];

/** Sections 3.2 to 3.4: what transactions and applications have to judge, and the ways of RFC 2543. */
export const SEMANTICS: Torture[] = [
  ['badbranch', 'app', options(['Via: SIP/2.0/UDP 127.0.0.1:%p;branch=z9hG4bK'])],
  [
    'insuf',
    400,
    ['INVITE sip:user@example.com SIP/2.0', 'CSeq: 193942 INVITE', VIA, 'Content-Length: 0', ''],
  ],
  ['unkscm', 416, options([], 'nobodyKnowsThisScheme:totallyopaquecontent')],
  ['novelsc', 416, options([], 'soap.beep://192.0.2.103:3002')],
  [
    'unksm2',
    'app',
    register([
      'To: isbn:2983792873',
      'From: <http://www.example.com>;tag=3234233',
      'Contact: <name:John_Smith>',
    ]),
  ],
  [
    'bext01',
    420,
    options([
      'Require: nothingSupportsThis, nothingSupportsThisEither',
      'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis',
    ]),
  ],
  // A UAS has nothing to do with what proxies must be able to.
  ['bext01 without Require', 'app', options(['Proxy-Require: noProxiesSupportThis'])],
  // 415 is for the application to say (SipListener does).
  ['invut', 'app', invite('sip:user@example.com', ['Content-Type: application/unknownformat'])],
  ['regaut01', 'app', register(['Authorization: NoOneKnowsThisScheme opaque-data=here'])],
  [
    'multi01',
    400,
    [
      ...invite('sip:user@company.com').slice(0, 7),
      'CSeq: 59 INVITE',
      'Call-ID: multi01.98asdh@192.0.2.2',
      'From: sip:caller@example.net;tag=other',
      'To: sip:other@company.com',
      'Max-Forwards: 5',
      'Contact: <sip:caller@host5.example.net>',
      '',
      ...SDP,
    ],
  ],
  [
    'mcl01',
    400,
    [...options().slice(0, -1), 'Content-Length: 13', 'Content-Length: 5', '', 'There'],
  ],
  [
    'bcast',
    'silence',
    message('SIP/2.0 200 OK', [
      'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
      'CSeq: 35 INVITE',
    ]),
  ],
  // We are an endpoint and forward nothing: zero is as good as any.
  ['zeromf', 'app', options(['Max-Forwards: 0'])],
  ['cparam01', 'app', register(['Contact: sip:+19725552222@gw1.example.net;unknownparam'])],
  ['cparam02', 'app', register(['Contact: <sip:+19725552222@gw1.example.net;unknownparam>'])],
  [
    'regescrt',
    'app',
    register(['Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>']),
  ],
  ['sdp01', 'app', invite('sip:user@example.com', ['Accept: text/nobodyKnowsThis'])],
  [
    'inv2543',
    'app',
    invite('sip:UserB@example.com', [
      'Via: SIP/2.0/UDP 127.0.0.1:%p',
      'From: sip:+16505551111@ss1.example.net;user=phone',
      'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
      'To: sip:+16505552222@ss1.example.net;user=phone',
      'CSeq: 1 INVITE',
      'Subject: hello',
    ]),
  ],
];
