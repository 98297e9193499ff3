import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { duration, slice, type Sound } from '../audio/Sound.ts';
import { encodeWav, readWav } from '../audio/wav.ts';
import { eventually } from '../eventually.ts';
import { freePort, freePortRange } from '../net/freePort.ts';
import { Child } from '../process/Child.ts';
import { BaresipControl, type BaresipEvent } from './BaresipControl.ts';

/** Debian's modules. */
const MODULES = '/usr/lib/baresip/modules';
/** A key's tone lasts this long until the next may come, ms: people are slower. */
const KEY_MS = 200;

/** Of what baresip says, the lines that tell of its stream. */
const OF_SOUND = /stream:|sndfile:|decoder|discard|SSRC|dropping/;

export type BaresipCodec = keyof typeof CODECS;

/** What baresip calls a codec, and the rate and channels that its sound must have. */
const CODECS = {
  PCMU: { name: 'PCMU/8000/1', module: 'g711', sampleRate: 8000, channels: 1 },
  PCMA: { name: 'PCMA/8000/1', module: 'g711', sampleRate: 8000, channels: 1 },
  G722: { name: 'G722/16000/1', module: 'g722', sampleRate: 16_000, channels: 1 },
  opus: { name: 'opus/48000/2', module: 'opus', sampleRate: 48_000, channels: 2 },
} as const;

export interface BaresipOptions {
  /** Played from the answer on; as fast as its codec wants it: G.711 8 kHz, G.722 16, Opus 48. Not repeated. */
  sound: Sound;
  /** The only one that it speaks; G.711 of both laws if not given. */
  codec?: BaresipCodec;
  /** `srtp` offers keys beside plain RTP, `srtp-mand` nothing else (RTP/SAVP). */
  encryption?: 'srtp' | 'srtp-mand';
  /** For TLS: PEM files. `certificate` has the key in it. */
  tls?: { certificate: string; ca: string };
  /** Answers every call at once. */
  autoAnswer?: boolean;
  transport?: 'udp' | 'tcp' | 'tls';
  /** What it is called by: a number, for calls that come from a trunk. */
  user?: string;
  /** Says no name besides its number. */
  nameless?: boolean;
  /** Where it calls from, of this machine; 127.0.0.1 if not given. */
  address?: string;
}

const LOOPBACK = '127.0.0.1';

/** A call by baresip (Debian's 1.0.0), headless; its own decoder writes down what it hears. */
export class BaresipPhone {
  readonly name = 'baresip';
  /** Where it can be called. */
  readonly uri: string;
  readonly #baresip: Child;
  readonly #control: BaresipControl;
  readonly #folder: string;
  readonly #events: BaresipEvent[] = [];
  #closed = false;

  private constructor(baresip: Child, control: BaresipControl, folder: string, uri: string) {
    this.#baresip = baresip;
    this.#control = control;
    this.#folder = folder;
    this.uri = uri;
    control.on('event', (event) => this.#events.push(event));
  }

  static async start(options: BaresipOptions): Promise<BaresipPhone> {
    const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
    // It takes the port after it for TLS, whether asked to or not.
    const sip = (await freePortRange(2)).min;
    const control = await freePort();
    const rtp = await freePortRange(10);
    const { channels } = CODECS[options.codec ?? 'PCMU'];
    const wav = encodeWav(options.sound, 'pcm16', { channels });
    await writeFile(join(folder, 'sound.wav'), wav);
    const ports = { sip, control, rtp };
    await writeFile(join(folder, 'config'), configuration(folder, ports, options));
    await writeFile(join(folder, 'accounts'), account(sip, options));
    const baresip = new Child({ name: 'baresip', command: 'baresip', args: ['-f', folder, '-v'] });
    await baresip.waitFor(/baresip is ready/);
    const uri = `sip:${options.user ?? 'baresip'}@${options.address ?? LOOPBACK}:${sip}`;
    return new BaresipPhone(baresip, await BaresipControl.connect(control), folder, uri);
  }

  /** Resolves when the call is answered; rejects when it is refused. */
  async dial(uri: string): Promise<void> {
    await this.#control.command('dial', uri);
    await eventually(
      () => {
        const closed = this.#find('CALL_CLOSED');
        if (closed !== undefined) return closed;
        return this.#find('CALL_ESTABLISHED');
      },
      { what: `an answer to baresip's call` },
    );
    const closed = this.#find('CALL_CLOSED');
    if (closed !== undefined) throw new Error(`baresip's call ended: ${closed.param ?? ''}`);
  }

  /** Keys digits, `*` and `#` as RFC 4733 events. */
  async key(keys: string): Promise<void> {
    for (const key of keys) {
      await this.#control.command('sndcode', key);
      await delay(KEY_MS);
    }
  }

  /** What it heard in the last `seconds` of what it received; silence it was not sent is not in it. */
  async heard(seconds = Infinity): Promise<Sound> {
    const dump = await this.#newestDump();
    if (dump === undefined) return { sampleRate: 8000, samples: new Int16Array(0) };
    const sound = await readWav(dump);
    return slice(sound, Math.max(0, duration(sound) - seconds));
  }

  /** What it says of the sound that it gets: why it hears nothing may be among that. */
  get story(): string {
    const lines = this.#baresip.output.split('\n').filter((line) => OF_SOUND.test(line));
    return lines.slice(-20).join('\n');
  }

  /** It begins another one whenever its audio starts anew, as after a hold. */
  async #newestDump(): Promise<string | undefined> {
    const files = await readdir(this.#folder);
    const dumps = files.filter((file) => file.startsWith('dump-') && file.endsWith('-dec.wav'));
    const dated = await Promise.all(
      dumps.map(async (file) => {
        const path = join(this.#folder, file);
        return { path, at: (await stat(path)).mtimeMs };
      }),
    );
    return dated.sort((a, b) => b.at - a.at)[0]?.path;
  }

  /** Music for the far end, or the conversation again: a re-INVITE. */
  async hold(on: boolean): Promise<void> {
    // What it hears from here on goes into a file that is named by the second: of an earlier name it makes none.
    const second = Math.floor(Date.now() / 1000);
    await eventually(() => Math.floor(Date.now() / 1000) > second, { what: 'another second' });
    await this.#control.command(on ? 'hold' : 'resume');
  }

  /** Hands its call on to another URI: a REFER. */
  async transfer(uri: string): Promise<void> {
    await this.#control.command('transfer', uri);
  }

  /** Resolves when the far end hung up. */
  async ended(within = 30_000): Promise<void> {
    await eventually(() => this.#find('CALL_CLOSED'), { what: 'the end of the call', within });
  }

  /** The events so far, e.g. `CALL_RINGING`. */
  get events(): readonly BaresipEvent[] {
    return this.#events;
  }

  /** Hangs up with a BYE and stays for another call. */
  async hangUp(): Promise<void> {
    await this.#control.command('hangup');
    await this.ended();
  }

  /** Hangs up and ends the program. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#control.close();
    // It waits for an answer to its BYE, and the far end may be gone: half a minute. Not our matter.
    await this.#baresip.stop({ grace: 2000 }).catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  #find(type: string): BaresipEvent | undefined {
    return this.#events.find((event) => event.type === type);
  }
}

function account(sip: number, options: BaresipOptions): string {
  const { codec, encryption, transport = 'udp', autoAnswer = false } = options;
  const { user = 'baresip', address = LOOPBACK } = options;
  const parameters = [
    'regint=0',
    `answermode=${autoAnswer ? 'auto' : 'manual'}`,
    ...(codec === undefined ? [] : [`audio_codecs=${CODECS[codec].name}`]),
    ...(encryption === undefined ? [] : [`mediaenc=${encryption}`]),
  ];
  // TLS has a port of its own: the one after.
  const port = transport === 'tls' ? sip + 1 : sip;
  const name = options.nameless === true ? '' : '"baresip" ';
  return `${name}<sip:${user}@${address}:${port};transport=${transport}>;${parameters.join(';')}\n`;
}

function configuration(
  folder: string,
  ports: { sip: number; control: number; rtp: { min: number; max: number } },
  { codec = 'PCMU', encryption, tls, address = LOOPBACK }: BaresipOptions,
): string {
  const { sip, control, rtp } = ports;
  // Nothing is decoded without a player: half a bridge is one that needs no sound card.
  return `poll_method epoll
sip_listen ${address}:${sip}
${tls === undefined ? '' : `sip_certificate ${tls.certificate}\nsip_cafile ${tls.ca}\n`}net_interface ${address}
rtp_ports ${rtp.min}-${rtp.max}
call_local_timeout 120
call_max_calls 4
audio_source aufile,${join(folder, 'sound.wav')}
audio_player aubridge,nobody
jitter_buffer_delay 1-5
module_path ${MODULES}
module ctrl_tcp.so
module ${CODECS[codec].module}.so
module sndfile.so
module aufile.so
module aubridge.so
${encryption === undefined ? '' : 'module srtp.so\n'}module_tmp account.so
module_app menu.so
ctrl_tcp_listen ${LOOPBACK}:${control}
snd_path ${folder}
`;
}
