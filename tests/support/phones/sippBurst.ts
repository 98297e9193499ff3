import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, freePortRange } from '../net/freePort.ts';
import { Child, exitOf } from '../process/Child.ts';
import { parseUri } from './SippPhone.ts';
import { offer, request } from './sippScenario.ts';

export interface BurstOptions {
  /** `sip:user@ip:port` */
  uri: string;
  calls: number;
  /** New calls a second. */
  rate: number;
  /** The user part of who calls; `[call_number]` makes each another one. */
  from?: string;
  /** Of this machine; 127.0.0.1 if not given. */
  address?: string;
  /** Keyed by SIP INFO once a call is up, with a pause where there is a comma. */
  keys?: string;
  /** ms */
  within?: number;
}

/** A pause in the keys, ms. */
const COMMA_MS = 400;

/**
 * Many short calls by one SIPp: each is answered, keys, and hangs up; or is refused with 503. Gives how many of
 * each there were. Rejects when one went another way.
 */
export async function sippBurst(
  options: BurstOptions,
): Promise<{ answered: number; refused: number; log: string }> {
  const { user, remote } = parseUri(options.uri);
  const { address = '127.0.0.1', within = 60_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sipp-burst-'));
  try {
    await writeFile(join(folder, 'burst.xml'), scenario(options));
    const media = await freePortRange(4);
    const sipp = new Child({
      name: 'SIPp',
      command: 'sipp',
      cwd: folder,
      // prettier-ignore
      args: [
        remote, '-sf', 'burst.xml', '-s', user, '-m', String(options.calls), '-r', String(options.rate),
        '-nostdin', '-i', address, '-p', String(await freePort()), '-t', 'u1', '-mp', String(media.min),
        '-mi', address, '-cp', String(await freePort()), '-trace_msg', '-message_file', 'messages.log',
        '-trace_err', '-error_file', 'errors.log',
      ],
      env: { ...process.env, TERM: 'dumb' },
    });
    const { code } = await exitOf(sipp, within);
    const log = await readFile(join(folder, 'messages.log'), 'utf8');
    if (code !== 0) {
      const errors = await readFile(join(folder, 'errors.log'), 'utf8').catch(() => '');
      throw new Error(`SIPp ended with ${String(code)}: ${errors.slice(0, 3000)}`);
    }
    return { answered: callsWith(log, 200), refused: callsWith(log, 503), log };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function scenario({ keys = '', from = 'sipp' }: BurstOptions): string {
  const target = 'sip:[service]@[remote_ip]:[remote_port]';
  const presses = keys.split('').flatMap((key) => {
    if (key === ',') return [`<pause milliseconds="${COMMA_MS}"/>`];
    const body = `Signal=${key}\nDuration=160`;
    const info = request('INFO', '[next_url]', 'Content-Type: application/dtmf-relay\n', body);
    return [info, '<recv response="200"/>'];
  });
  const steps = [
    request('INVITE', target, 'Content-Type: application/sdp\n', offer()),
    ...[100, 180, 183].map((code) => `<recv response="${code}" optional="true"/>`),
    '<recv response="503" optional="true" next="refused"/>',
    '<recv response="200" rrs="true"/>',
    request('ACK', '[next_url]', ''),
    ...presses,
    request('BYE', '[next_url]', ''),
    '<recv response="200"/>',
    '<nop next="end"/>',
    '<label id="refused"/>',
    request('ACK', '[last_Request_URI]', ''),
    '<label id="end"/>',
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="burst">
${steps.join('\n').replaceAll('[service_from]', from)}
</scenario>
`;
}

/** How many INVITEs were answered so, retransmissions aside. */
function callsWith(log: string, status: number): number {
  const ids = log
    .split(/^-{20,} /m)
    .filter((entry) => entry.includes(`SIP/2.0 ${status} `) && /^CSeq: \d+ INVITE/im.test(entry))
    .map((entry) => /^Call-ID: (\S+)/im.exec(entry)?.[1]);
  return new Set(ids).size;
}
