import { parseArgs } from 'node:util';

export const USAGE = `npm run phone -- --dial <number or SIP URI> [options]

  --dial +15550100        a number at --server, or sip:user@host:port
  --pin 123456            keyed once the prompt is heard, with # after it
  --server 127.0.0.1:5060 where numbers are dialled; default: SIP_HOST and SIP_PORT
  --transport udp|tcp     udp
  --play in.wav           says this file (16-bit PCM, any rate)
  --tone 440              says a tone of so many Hz
  --save out.wav          writes down what is heard
  --seconds 30            hangs up after so long; else Ctrl-C or the far end does
  --info                  keys by SIP INFO and not by RFC 4733
  --json                  one JSON object a line

It ends with 0 after a call, 1 when there was none, 2 for a mistake in the command, and 3 when the
far end hung up before the time was over.`;

export interface PhoneArguments {
  uri: string;
  /** Where the call goes first. */
  host: string;
  port: number;
  pin: string | undefined;
  play: string | undefined;
  tone: number | undefined;
  save: string | undefined;
  seconds: number | undefined;
  info: boolean;
  json: boolean;
}

/** A command that cannot be followed; the message is one line. */
export class UsageError extends Error {}

const OPTIONS = {
  dial: { type: 'string' },
  pin: { type: 'string' },
  server: { type: 'string' },
  transport: { type: 'string', default: 'udp' },
  play: { type: 'string' },
  tone: { type: 'string' },
  save: { type: 'string' },
  seconds: { type: 'string' },
  info: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** Reads the command line. `home` is where numbers are dialled by default. Throws `UsageError`. */
export function parseArguments(argv: readonly string[], home = '127.0.0.1:5060'): PhoneArguments {
  const values = valuesOf(argv);
  if (values.dial === undefined) throw new UsageError('--dial is missing: whom to call.');
  if (values.transport !== 'udp' && values.transport !== 'tcp') {
    throw new UsageError('--transport must be udp or tcp.');
  }
  if (values.pin !== undefined && !/^\d{1,16}$/.test(values.pin)) {
    throw new UsageError('--pin must be 1 to 16 digits.');
  }
  if (values.play !== undefined && values.tone !== undefined) {
    throw new UsageError('--play and --tone cannot be had at once.');
  }
  return {
    ...targetOf(values.dial, values.server ?? home, values.transport),
    pin: values.pin,
    play: values.play,
    tone: numberOf('--tone', values.tone, 20, 4000),
    save: values.save,
    seconds: numberOf('--seconds', values.seconds, 0, 86_400),
    info: values.info,
    json: values.json,
  };
}

function valuesOf(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // What parseArgs says names the option and may repeat the value beside it: only the name is told.
    const option = error instanceof Error ? /'(--?[\w-]+)/.exec(error.message)?.[1] : undefined;
    throw new UsageError(option ? `${option} cannot be used so.` : 'That is no option.', {
      cause: error,
    });
  }
}

function numberOf(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() === '' || !(number >= min && number <= max)) {
    throw new UsageError(`${name} must be a number from ${min} to ${max}.`);
  }
  return number;
}

/** A number is dialled at the server; a SIP URI leads where it says (RFC 3261 section 19.1). */
function targetOf(
  dial: string,
  server: string,
  transport: string,
): Pick<PhoneArguments, 'uri' | 'host' | 'port'> {
  const isUri = /^sips?:/i.test(dial);
  if (!isUri && !/^[+\d][\d\s().-]*$/.test(dial)) {
    throw new UsageError('--dial must be a number or a SIP URI (sip:user@host:port).');
  }
  const uri = isUri ? dial : `sip:${dial.replace(/[^+\d]/g, '')}@${server}`;
  const match = /^sip:(?:[^@\s]+@)?(\[[\da-f:.]+\]|[^:;?@\s[\]]+)(?::(\d{1,5}))?([;?]\S*)?$/i.exec(
    uri,
  );
  if (match === null) {
    throw new UsageError(
      isUri ? '--dial is not a SIP URI that can be called.' : '--server must be host:port.',
    );
  }
  const [, host = '', port = '5060', parameters = ''] = match;
  const named = /;transport=/i.test(parameters) || transport === 'udp';
  return {
    uri: named ? uri : `${uri};transport=${transport}`,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
  };
}
