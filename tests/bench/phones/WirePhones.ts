import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SipCaller } from '@switchroom/sip-dialin/phone';
import type { MeetingView } from '@switchroom/protocol';
import { encodeMulaw } from '../../support/audio/g711.ts';
import type { Sound } from '../../support/audio/Sound.ts';
import { Child } from '../../support/process/Child.ts';
import { compile } from './compile.ts';
import { WireLog } from './WireLog.ts';
import { WirePhone } from './WirePhone.ts';

/** Until a file of half an hour is written, ms. */
const DUMP_LIMIT_MS = 60_000;

/** Phones whose sound is sent, heard and timed by `wirephones.c`; only their SIP is ours. */
export class WirePhones {
  /** Whether the phones run at real-time priority. */
  readonly isRealTime: boolean;
  readonly #child: Child;
  readonly #folder: string;
  readonly #ports: readonly number[];
  readonly #sip: SipCaller;
  readonly #free: number[];
  #files = 0;

  private constructor(child: Child, folder: string, sip: SipCaller) {
    const lines = child.output.split('\n');
    const ready = lines.findIndex((line) => line.startsWith('ready '));
    this.isRealTime = lines[ready] === 'ready fifo';
    this.#ports = lines.slice(0, ready).map(Number);
    this.#free = [...this.#ports.keys()];
    this.#child = child;
    this.#folder = folder;
    this.#sip = sip;
  }

  static async #start(count: number): Promise<WirePhones> {
    const child = new Child({
      name: 'wirephones',
      command: await compile('wirephones'),
      args: [String(count)],
    });
    await child.waitFor(/^ready \w+$/m);
    const folder = await mkdtemp(path.join(tmpdir(), 'switchroom-wire-'));
    return new WirePhones(child, folder, await SipCaller.open('127.0.0.1'));
  }

  /** Phones for as long as `use` takes; `count`: how many calls there can be at a time. */
  static async during<T>(count: number, use: (phones: WirePhones) => Promise<T>): Promise<T> {
    const phones = await WirePhones.#start(count);
    try {
      return await use(phones);
    } finally {
      await phones.stop();
    }
  }

  /** Dials in and keys the PIN. `phaseMs`: when its packets leave, after the beat of all phones, 0 to 20. */
  async join(meeting: MeetingView, phaseMs: number): Promise<WirePhone> {
    const index = this.#free.shift();
    if (index === undefined) throw new Error('All wire phones are in a call.');
    const phone = await WirePhone.dial({
      sip: this.#sip,
      uri: meeting.dialIn[0]!.sipUri,
      index,
      port: this.#ports[index]!,
      send: (port) => this.#tell(`to ${index} ${port} ${Math.floor(phaseMs * 1000)}`),
      say: (sound) => this.#say(index, sound),
      note: () => this.#tell(`note ${index}`),
      over: () => {
        this.#tell(`off ${index}`);
        this.#free.push(index);
      },
    });
    await phone.key(`${meeting.pin}#`);
    return phone;
  }

  /** All that was written down since it was asked for, or since the last time; stalls are of all the time. */
  async log(): Promise<WireLog> {
    const file = path.join(this.#folder, `log-${++this.#files}`);
    this.#tell(`dump ${file}`);
    const said = `^(?:[^]*?^dumped \\d+$){${this.#dumped() + 1}}`;
    await this.#child.waitFor(new RegExp(said, 'm'), DUMP_LIMIT_MS);
    const data = await readFile(file);
    await rm(file);
    return new WireLog(data);
  }

  async stop(): Promise<void> {
    await this.#sip.close();
    await this.#child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #say(index: number, sound: Sound | undefined): Promise<void> {
    if (sound === undefined) {
      this.#tell(`say ${index} -`);
      return;
    }
    const file = path.join(this.#folder, `voice-${++this.#files}`);
    await writeFile(file, encodeMulaw(sound.samples));
    this.#tell(`say ${index} ${file}`);
  }

  #dumped(): number {
    return this.#child.output.match(/^dumped \d+$/gm)?.length ?? 0;
  }

  #tell(command: string): void {
    this.#child.write(`${command}\n`);
  }
}
