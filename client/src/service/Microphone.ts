import { readonly, shallowRef, type ShallowRef } from 'vue';
import type { MicrophoneProblem, useMicrophoneStore } from '../stores/microphone.ts';
import { microphoneProblem } from './microphoneProblem.ts';

type Devices = Pick<MediaDevices, 'getUserMedia' | 'enumerateDevices'> &
  Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

interface Options {
  /** `navigator.mediaDevices`, which is absent outside a secure context. */
  devices: Devices | undefined;
  store: ReturnType<typeof useMicrophoneStore>;
  /** The device the user prefers; empty for the system's default. */
  preferredId: () => string;
  /** Echo cancellation, noise suppression and gain control. */
  processing: boolean;
}

export class MicrophoneError extends Error {
  readonly problem: MicrophoneProblem;

  constructor(problem: MicrophoneProblem, options?: { cause?: unknown }) {
    super(`No microphone: ${problem}`, options);
    this.name = 'MicrophoneError';
    this.problem = problem;
  }
}

/**
 * The processing of the microphone is on, unless the page was opened with `?processing=off`:
 * end-to-end tests send pure tones, which noise suppression takes for noise.
 */
export function processingWanted(search: string): boolean {
  return new URLSearchParams(search).get('processing') !== 'off';
}

/** Our microphone: opens it when asked, and falls back to the default when it is unplugged. */
export class Microphone {
  readonly #options: Options;
  readonly #stream = shallowRef<MediaStream>();
  #opening: Promise<MediaStreamTrack> | undefined;
  /** Goes up with every open and close: an answer of an earlier one is thrown away. */
  #generation = 0;
  /** Called with the track that takes the place of one that the user changed, or lost. */
  onReplaced: (track: MediaStreamTrack, why: 'chosen' | 'lost') => void = () => undefined;
  /** Called when the microphone was lost and no other could be opened. */
  onLost: (problem: MicrophoneProblem) => void = () => undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The open stream, for the level meter. */
  get stream(): Readonly<ShallowRef<MediaStream | undefined>> {
    return readonly(this.#stream);
  }

  get track(): MediaStreamTrack | undefined {
    return this.#stream.value?.getAudioTracks()[0];
  }

  /** Asks for the permission if need be. Throws a `MicrophoneError`. */
  open(): Promise<MediaStreamTrack> {
    const track = this.track;
    if (track?.readyState === 'live') return Promise.resolve(track);
    this.#opening ??= this.#acquire(this.#options.preferredId()).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Changes to another device, if the microphone is open. */
  async switchTo(deviceId: string): Promise<void> {
    if (this.track === undefined) return;
    await this.#replace(deviceId, 'chosen');
  }

  close(): void {
    this.#generation += 1;
    this.#opening = undefined;
    this.#drop();
    this.#options.store.closed();
  }

  async #acquire(deviceId: string): Promise<MediaStreamTrack> {
    const { devices, store, processing } = this.#options;
    const generation = ++this.#generation;
    store.opening();
    let stream: MediaStream;
    try {
      if (devices === undefined) throw new TypeError('no mediaDevices');
      stream = await devices.getUserMedia({
        audio: {
          channelCount: 1,
          echoCancellation: processing,
          noiseSuppression: processing,
          autoGainControl: processing,
          // Ideal, not exact: a device that is gone gives the default and no error.
          ...(deviceId === '' ? {} : { deviceId: { ideal: deviceId } }),
        },
      });
    } catch (cause) {
      const problem = microphoneProblem(cause);
      if (generation === this.#generation) store.failed(problem);
      throw new MicrophoneError(problem, { cause });
    }
    const track = stream.getAudioTracks()[0];
    if (generation !== this.#generation || track === undefined) {
      for (const one of stream.getTracks()) one.stop();
      throw new MicrophoneError('absent');
    }
    this.#drop();
    this.#stream.value = stream;
    track.addEventListener('ended', this.#onLost);
    devices.addEventListener('devicechange', this.#onDeviceChange);
    store.opened(track.getSettings().deviceId ?? deviceId);
    return track;
  }

  async #replace(deviceId: string, why: 'chosen' | 'lost'): Promise<void> {
    try {
      this.onReplaced(await this.#acquire(deviceId), why);
    } catch (error) {
      const problem = error instanceof MicrophoneError ? error.problem : 'absent';
      // Closed, or opened anew, while we waited: nothing is lost.
      if (this.#options.store.problem !== problem) return;
      this.#drop();
      this.onLost(problem);
    }
  }

  #drop(): void {
    this.#options.devices?.removeEventListener('devicechange', this.#onDeviceChange);
    const stream = this.#stream.value;
    this.#stream.value = undefined;
    for (const track of stream?.getTracks() ?? []) {
      track.removeEventListener('ended', this.#onLost);
      track.stop();
    }
  }

  /** Only the end that we did not cause ourselves comes as an event. */
  readonly #onLost = (): void => {
    void this.#replace('', 'lost');
  };

  /** Some browsers keep a track alive, and silent, after its device was unplugged. */
  readonly #onDeviceChange = (): void => {
    void this.#checkDevice();
  };

  async #checkDevice(): Promise<void> {
    const { devices, store } = this.#options;
    const before = this.track;
    const known = (await devices?.enumerateDevices()) ?? [];
    const inputs = known.filter((one) => one.kind === 'audioinput');
    if (before === undefined || before !== this.track) return;
    if (before.readyState === 'live' && inputs.some((one) => one.deviceId === store.deviceId)) {
      return;
    }
    await this.#replace('', 'lost');
  }
}
