import { setTimeout as delay } from 'node:timers/promises';
import { SoftPhone, type FrameSource, type HeardFrame } from '@switchroom/sip-dialin/phone';
import type { MeetingView } from '@switchroom/protocol';
import { eventually } from '../support/eventually.ts';
import { timelineOf, type Piece, type Timeline } from './Timeline.ts';
import { voiceSecond } from './voice.ts';

/** The clock that all of this process notes times by, ms. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Our phone with a stop watch: it notes when each frame was sent and when each was heard. */
export class BenchPhone {
  readonly #heard: HeardFrame[] = [];
  readonly #sent: { at: number; frame: Int16Array }[] = [];
  #phone: SoftPhone | undefined;

  /** Dials in, up to the prompt. */
  static async dial(meeting: MeetingView): Promise<BenchPhone> {
    const phone = new BenchPhone();
    phone.#phone = await SoftPhone.dial({
      uri: meeting.dialIn[0]!.sipUri,
      localAddress: '127.0.0.1',
      onFrame: (frame) => phone.#heard.push(frame),
      onSent: (at, frame) => phone.#sent.push({ at, frame: frame.slice() }),
    });
    await eventually(() => phone.#heard.length > 25, { what: 'the prompt' });
    return phone;
  }

  /** Dials in and keys the PIN; resolves as soon as the keys are sent. */
  static async join(meeting: MeetingView, source?: FrameSource): Promise<BenchPhone> {
    const phone = await BenchPhone.dial(meeting);
    await phone.key(`${meeting.pin}#`);
    if (source !== undefined) phone.play(source);
    return phone;
  }

  key(keys: string): Promise<void> {
    return this.#phone!.key(keys);
  }

  play(source: FrameSource): void {
    void this.#phone!.play(source);
  }

  /** When the first frame after `since` (`performance.now()`) came that is mostly this tone, ms. */
  async firstTone(frequency: number, since: number): Promise<number> {
    const found = await eventually(
      () => this.#heard.find(({ at, samples }) => at > since && isMostly(samples, frequency)),
      { what: `${frequency} Hz on the phone`, every: 5 },
    );
    return found.at;
  }

  /** Forgets what it sent and heard, and listens for so long. */
  async listen(seconds: number): Promise<void> {
    this.#heard.length = 0;
    this.#sent.length = 0;
    await delay(seconds * 1000);
  }

  heard(): Timeline {
    return timelineOf(this.#pieces());
  }

  /** What it heard, frame by frame. */
  #pieces(): Piece[] {
    const first = this.#heard[0]?.timestamp ?? 0;
    return this.#heard.map(({ at, timestamp, samples }) => ({
      at: performance.timeOrigin + at,
      position: (timestamp - first) | 0,
      samples,
    }));
  }

  sent(): Timeline {
    let position = 0;
    return timelineOf(
      this.#sent.map(({ at, frame }) => {
        const piece = { at: performance.timeOrigin + at, position, samples: frame };
        position += frame.length;
        return piece;
      }),
    );
  }

  async hangUp(): Promise<void> {
    await this.#phone?.hangUp();
  }
}

/** Says the second of `voice.ts` over and over. */
export function voice(): FrameSource {
  const { samples } = voiceSecond(8000);
  let at = 0;
  return (frame) => {
    for (let i = 0; i < frame.length; i++) frame[i] = samples[at++ % samples.length]!;
    return true;
  };
}

/** Whether more than half of a frame's energy is at one frequency; silence is not. */
function isMostly(samples: Int16Array, frequency: number): boolean {
  let [re, im, energy] = [0, 0, 0];
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * frequency * i) / 8000;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
    energy += sample * sample;
  });
  const isAudible = energy / samples.length > 300 ** 2;
  return isAudible && (2 * (re * re + im * im)) / samples.length > 0.5 * energy;
}
