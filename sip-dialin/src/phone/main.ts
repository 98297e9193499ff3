import { ConfigError, parseConfig } from '@switchroom/protocol';
import { parseArguments, USAGE, UsageError } from './arguments.ts';
import { FileError, runPhone, type Tell } from './runPhone.ts';

const startedAt = performance.now();
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupt.abort());
}

/** The SIP server that `npm start` runs here, by the same variables. */
function home(): string {
  const { SIP_HOST, SIP_PORT, ANNOUNCED_ADDRESS } = parseConfig(process.env);
  const host = SIP_HOST === '0.0.0.0' || SIP_HOST === '::' ? ANNOUNCED_ADDRESS : SIP_HOST;
  return `${host.includes(':') ? `[${host}]` : host}:${SIP_PORT}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const options = parseArguments(process.argv.slice(2), home());
  const seconds = (): number => Math.round(performance.now() - startedAt) / 1000;
  const tell: Tell = options.json
    ? (event, text, facts) => say(JSON.stringify({ event, at: seconds(), ...facts, text }))
    : (_event, text) => say(`${seconds().toFixed(1).padStart(6)} s  ${text}`);
  process.exitCode = await runPhone(options, { tell, interrupt: interrupt.signal });
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}\n`);
    process.exitCode = 2;
  } else if (error instanceof FileError || error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}
