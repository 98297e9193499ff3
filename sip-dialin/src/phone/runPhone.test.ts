import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseArguments } from './arguments.ts';
import { runPhone } from './runPhone.ts';
import { PHONE_RATE, readSound } from './soundFile.ts';
import { FarEnd, type FarEndOptions } from './testing/FarEnd.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Run {
  far: FarEnd;
  events: string[];
  texts: string[];
  interrupt: AbortController;
  exitCode: Promise<number>;
}

/** Dials a far end with the options of a command line. */
async function dial(farEnd: FarEndOptions, ...options: string[]): Promise<Run> {
  const far = await FarEnd.open(farEnd);
  closers.push(() => far.close());
  const [events, texts] = [[] as string[], [] as string[]];
  const interrupt = new AbortController();
  const exitCode = runPhone(
    parseArguments(['--dial', '+15550100', '--server', `127.0.0.1:${far.port}`, ...options]),
    {
      interrupt: interrupt.signal,
      tell: (event, text) => {
        events.push(event);
        texts.push(text);
      },
    },
  );
  return { far, events, texts, interrupt, exitCode };
}

describe('runPhone', () => {
  it('calls, keys the PIN as telephone events, talks, and hangs up when the time is over', async () => {
    const run = await dial({}, '--pin', '123456', '--tone', '440', '--seconds', '4');
    expect(await run.exitCode).toBe(0);
    expect(run.far.keys).toBe('123456#');
    expect(run.far.methods).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(run.events).toEqual(['dialling', 'ringing', 'answered', 'keyed', 'playing', 'ended']);
    expect(run.far.heard.flatMap((frame) => [...frame]).some((sample) => sample > 8000)).toBe(true);
  }, 15_000);

  it('keys by SIP INFO when it is told to, or the far end knows no events', async () => {
    for (const [events, option] of [
      [true, ['--info']],
      [false, []],
    ] as const) {
      const run = await dial({ events }, '--pin', '42', ...option);
      await vi.waitFor(() => expect(run.far.keys).toBe('42#'), 5000);
      run.interrupt.abort();
      expect(await run.exitCode).toBe(0);
      expect(run.far.methods).toEqual(['INVITE', 'ACK', 'INFO', 'INFO', 'INFO', 'BYE']);
    }
  }, 15_000);

  it('saves what it hears', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phone-'));
    closers.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'heard.wav');
    const run = await dial({}, '--seconds', '1', '--save', file);
    expect(await run.exitCode).toBe(0);
    const samples = readSound(await readFile(file));
    // Timers of a busy machine run late: how much it is, is not what is asked here.
    expect(samples.length).toBeGreaterThan(PHONE_RATE / 4);
    expect(Math.max(...samples.subarray(0, 800))).toBeGreaterThan(8000);
    expect(run.events.at(-1)).toBe('saved');
  });

  it('tells when the far end hangs up, before the time and without one', async () => {
    for (const [options, code] of [
      [['--seconds', '60'], 3],
      [[], 0],
    ] as const) {
      const run = await dial({}, ...options);
      await vi.waitFor(() => expect(run.events).toContain('answered'), 5000);
      run.far.bye();
      expect(await run.exitCode).toBe(code);
      expect(run.texts.at(-1)).toMatch(/^The far end hung up after/);
      await vi.waitFor(() => expect(run.far.methods).toContain('200 answer'));
    }
  });

  it.each([
    [404, 'Not Found', 'No call: there is no such number (404 Not Found)'],
    [486, 'Busy Here', 'No call: the line is busy (486 Busy Here)'],
    [488, 'Not Acceptable Here', 'No call: the far end has no audio codec of ours (488'],
    [503, 'Service Unavailable', 'No call: the far end takes no calls at the moment (503'],
    [499, 'Odd', 'No call: the far end could not read the call (499 Odd)'],
  ])('says in words what %i means', async (status, reason, text) => {
    const run = await dial({ status, reason });
    expect(await run.exitCode).toBe(1);
    expect(run.texts.at(-1)).toContain(text);
    await vi.waitFor(() => expect(run.far.methods).toEqual(['INVITE', 'ACK']));
  });

  it('gives up by CANCEL when it is interrupted while it rings', async () => {
    const run = await dial({ silent: true });
    await vi.waitFor(() => expect(run.events).toContain('ringing'), 5000);
    run.interrupt.abort();
    expect(await run.exitCode).toBe(1);
    expect(run.texts.at(-1)).toBe('No call: the call was given up (487 Request Terminated)');
    expect(run.far.methods).toContain('CANCEL');
  });

  it('shows neither the PIN nor the whole number', async () => {
    const run = await dial({}, '--pin', '987654', '--seconds', '3');
    await run.exitCode;
    expect(run.texts.join('\n')).not.toMatch(/987654|15550100/);
    expect(run.texts).toContain('Keyed the PIN (6 digits) and #');
  }, 15_000);

  it('does not call when there is nothing to play', async () => {
    const run = dial({}, '--play', '/nonexistent.wav');
    await expect(run.then(({ exitCode }) => exitCode)).rejects.toThrow(
      '/nonexistent.wav cannot be',
    );
  });
});
