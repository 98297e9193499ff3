import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { levelAt, loudness } from '../../support/audio/goertzel.ts';
import { duration, slice } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { readWav, writeWav } from '../../support/audio/wav.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { Child, exitOf } from '../../support/process/Child.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const MAIN = join(import.meta.dirname, '../../../sip-dialin/src/phone/main.ts');
let switchroom: Switchroom;
let folder: string;

it.beforeAll(async ({ switchroom: shared }) => {
  folder = await mkdtemp(join(tmpdir(), 'phone-'));
  switchroom = shared;
  return () => rm(folder, { recursive: true, force: true });
});

/** What `npm run phone --` runs when the set-up is done. */
function phone(...args: string[]): Child {
  return new Child({ name: 'phone', command: process.execPath, args: [MAIN, ...args] });
}

describe('npm run phone', () => {
  it('dials in, two of them, and each saves what the other played', async () => {
    const { id, pin } = await switchroom.rest.createMeeting();
    const file = join(folder, 'in.wav');
    await writeWav(file, tone({ frequency: 620, seconds: 30, sampleRate: 44_100 }));
    const common = ['--dial', '+15550100', '--server', switchroom.sipAddress, '--pin', pin];
    const save = [join(folder, 'one.wav'), join(folder, 'two.wav')] as const;
    // The second one is there before the first comes, and goes after it: so it is known where both are in.
    const two = phone(
      ...common,
      '--tone',
      '910',
      '--info',
      '--save',
      save[1],
      '--transport',
      'tcp',
    );
    await two.waitFor(/Answered/);
    const answeredAt = performance.now();
    const one = phone(...common, '--play', file, '--save', save[0], '--seconds', '12');
    await eventually(async () => (await switchroom.rest.participants(id)).length === 2, {
      what: 'both phones in the meeting',
    });
    expect((await exitOf(one, 30_000)).code, one.output).toBe(0);
    const togetherUntil = (performance.now() - answeredAt) / 1000;
    two.signal('SIGINT');
    expect((await exitOf(two, 30_000)).code, two.output).toBe(0);
    for (const { output } of [one, two]) {
      expect(output).toMatch(/Dialling[^]*Answered, talking PCMU[^]*Keyed the PIN \(6 digits\)/);
      expect(output).not.toContain(pin);
    }
    const [first, second] = [await readWav(save[0]), await readWav(save[1])];
    expect(loudness(slice(first, 0, 1))).toBeGreaterThan(-50); // The prompt.
    const end = duration(first);
    const atFirst = slice(first, end - 2.5, end - 0.5);
    // Loud voices are brought to -26 dBov, which of a sine is an amplitude of -23 dBFS.
    expect(levelAt(atFirst, 910)).toBeGreaterThan(-28);
    expect(levelAt(atFirst, 620)).toBeLessThan(-50);
    // The first had hung up when its program ended, a little before.
    const atSecond = slice(second, togetherUntil - 4, togetherUntil - 2);
    expect(levelAt(atSecond, 620)).toBeGreaterThan(-28);
    expect(levelAt(atSecond, 910)).toBeLessThan(-50);
  });

  it('says in words that there is no such number, and ends with 1', async () => {
    const child = phone('--dial', '+15559999', '--server', switchroom.sipAddress);
    expect((await exitOf(child, 20_000)).code).toBe(1);
    expect(child.output).toContain('No call: there is no such number (404');
  });

  it('calls a phone that is not ours', async () => {
    const baresip = await BaresipPhone.start({
      sound: tone({ frequency: 440, seconds: 30 }),
      autoAnswer: true,
    });
    try {
      const saved = join(folder, 'baresip.wav');
      const child = phone(
        '--dial',
        baresip.uri,
        '--tone',
        '910',
        '--seconds',
        '3',
        '--save',
        saved,
        '--json',
      );
      expect((await exitOf(child, 20_000)).code).toBe(0);
      const events = child.output
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events.filter((event) => event !== 'ringing')).toEqual([
        'dialling',
        'answered',
        'playing',
        'ended',
        'saved',
      ]);
      expect(levelAt(await readWav(saved), 440)).toBeGreaterThan(-15);
      expect(levelAt(await baresip.heard(1), 910)).toBeGreaterThan(-15);
    } finally {
      await baresip.close();
    }
  });

  it('tells how it is used when the command is wrong', async () => {
    const child = phone('--pin', '123456');
    expect((await exitOf(child, 10_000)).code).toBe(2);
    expect(child.output).toMatch(/^--dial is missing[^]*npm run phone -- --dial/);
  });
});
