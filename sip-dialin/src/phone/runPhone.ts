import { readFile, writeFile } from 'node:fs/promises';
import { AppError, maskNumber } from '@switchroom/protocol';
import { CallRefused, addressTowards } from '../signaling/SipCaller.ts';
import type { PhoneArguments } from './arguments.ts';
import { HeardSound } from './HeardSound.ts';
import type { HeardFrame } from './RtpEndpoint.ts';
import { SoftPhone } from './SoftPhone.ts';
import { PHONE_RATE, readSound, writeSound } from './soundFile.ts';
import { clip, sine, type FrameSource } from './sources.ts';
import { refusalInWords } from './words.ts';

/** A file that cannot be read or written; one line that names it. */
export class FileError extends Error {}

/** Something worth a line: its name, for programs, and a text for people. */
export type Tell = (event: string, text: string, facts?: Record<string, unknown>) => void;

export interface Surroundings {
  tell: Tell;
  /** Ctrl-C: hang up, or give up. */
  interrupt: AbortSignal;
}

/** A prompt is heard when a frame is louder than this: mu-law's comfort noise is not. */
const AUDIBLE = 300;
/** No prompt by then: the PIN is keyed all the same, ms. */
const PROMPT_LIMIT_MS = 3000;

/** Makes the call that the command line asks for. Gives the exit code; errors: `FileError`. */
export async function runPhone(
  options: PhoneArguments,
  { tell, interrupt }: Surroundings,
): Promise<number> {
  const source = await sourceOf(options);
  const heard = new HeardSound();
  const prompt = Promise.withResolvers<undefined>();
  const onFrame = ({ samples, timestamp, ssrc }: HeardFrame): void => {
    heard.push(samples, timestamp, ssrc);
    if (samples.some((sample) => Math.abs(sample) > AUDIBLE)) prompt.resolve(undefined);
  };

  const shown = withoutNumber(options.uri);
  tell('dialling', `Dialling ${shown}`, { uri: shown });
  let phone: SoftPhone;
  try {
    phone = await SoftPhone.dial({
      uri: options.uri,
      localAddress: await addressTowards(options.host, options.port),
      onFrame,
      onProgress: (status) => {
        if (status === 180 || status === 183) tell('ringing', 'It rings', { status });
      },
      signal: interrupt,
    });
  } catch (error) {
    const { why, facts } = whyNot(error);
    tell('failed', `No call: ${why}`, facts);
    return 1;
  }
  tell('answered', `Answered, talking ${phone.codec}`, { codec: phone.codec });
  const answeredAt = performance.now();

  const timers: NodeJS.Timeout[] = [];
  const onInterrupt = (): void => void phone.hangUp();
  interrupt.addEventListener('abort', onInterrupt, { once: true });
  if (interrupt.aborted) onInterrupt();
  if (options.seconds !== undefined) {
    timers.push(setTimeout(() => void phone.hangUp(), options.seconds * 1000));
  }
  const talking = talk(phone, options, source, prompt.promise, tell);
  const by = await phone.ended;
  await talking;
  timers.forEach(clearTimeout);
  interrupt.removeEventListener('abort', onInterrupt);

  const seconds = Math.round((performance.now() - answeredAt) / 100) / 10;
  tell('ended', `${by === 'us' ? 'Hung up' : 'The far end hung up'} after ${seconds} s`, {
    by,
    seconds,
  });
  if (options.save !== undefined) await save(options.save, heard.samples, tell);
  return by === 'them' && options.seconds !== undefined ? 3 : 0;
}

/** Keys the PIN when it is asked for, then speaks. */
async function talk(
  phone: SoftPhone,
  { pin, info }: PhoneArguments,
  source: FrameSource | undefined,
  prompt: Promise<undefined>,
  tell: Tell,
): Promise<void> {
  if (pin !== undefined) {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, PROMPT_LIMIT_MS)));
    await Promise.race([prompt, limit, phone.ended]);
    clearTimeout(timer);
    if (phone.isOver()) return;
    try {
      await phone.key(`${pin}#`, { info });
    } catch (error) {
      tell('keysRefused', error instanceof Error ? error.message : 'The keys were not taken.');
      return;
    }
    if (phone.isOver()) return;
    tell('keyed', `Keyed the PIN (${pin.length} digits) and #`, { digits: pin.length });
  }
  if (source === undefined) return;
  tell('playing', 'Playing');
  await phone.play(source);
  if (!phone.isOver()) tell('played', 'Played to the end');
}

async function sourceOf({ play, tone }: PhoneArguments): Promise<FrameSource | undefined> {
  if (tone !== undefined) return sine(tone);
  if (play === undefined) return undefined;
  try {
    return clip(readSound(await readFile(play)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new FileError(`${play} cannot be played: ${why}.`, { cause });
  }
}

async function save(path: string, samples: Int16Array, tell: Tell): Promise<void> {
  try {
    await writeFile(path, writeSound(samples));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new FileError(`${path} cannot be written: ${why}.`, { cause });
  }
  const seconds = Math.round((samples.length / PHONE_RATE) * 10) / 10;
  tell('saved', `Saved ${seconds} s to ${path}`, { path, seconds });
}

function whyNot(error: unknown): { why: string; facts: Record<string, unknown> } {
  if (error instanceof CallRefused) {
    return { why: refusalInWords(error), facts: { status: error.status } };
  }
  if (error instanceof AppError) return { why: error.message, facts: { code: error.code } };
  return { why: error instanceof Error ? error.message : String(error), facts: {} };
}

/** The URI as it may be shown: a number in it by its last digits only. */
function withoutNumber(uri: string): string {
  return uri.replace(/\+?\d{7,}(?=@)/, maskNumber);
}
