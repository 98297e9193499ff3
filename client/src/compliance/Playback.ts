import { readonly, ref, type Ref } from 'vue';

/** A sound on the recording's clock. */
export interface Source {
  id: string;
  startMs: number;
  /** Asked for when it is first listened to. */
  load: () => Promise<Blob>;
}

interface Voice {
  audio: HTMLAudioElement;
  startMs: number;
}

/** How often the sounds are looked after, ms. */
const EVERY_MS = 100;
/** Further apart than this, two sounds are put together again; each jump is heard, so that it is not done often, s. */
const APART_S = 0.08;
const MEND_MS = 2000;

/**
 * Plays any of several sounds together. The first that sounds is the clock for the others; where none does, time
 * goes on by itself. Owns an <audio> for each sound that was listened to, in `stage`.
 */
export class Playback {
  readonly playing: Readonly<Ref<boolean>>;
  /** On the recording's clock, ms. */
  readonly position: Readonly<Ref<number>>;
  readonly loading: Readonly<Ref<boolean>>;
  readonly #playing = ref(false);
  readonly #position = ref(0);
  readonly #loading = ref(false);
  readonly #stage: HTMLElement;
  readonly #durationMs: number;
  readonly #voices = new Map<string, Voice>();
  readonly #mended = new Map<string, number>();
  #chosen: string[] = [];
  #choices = 0;
  #rate = 1;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastTick = 0;
  #closed = false;

  constructor(stage: HTMLElement, durationMs: number) {
    this.#stage = stage;
    this.#durationMs = durationMs;
    this.playing = readonly(this.#playing);
    this.position = readonly(this.#position);
    this.loading = readonly(this.#loading);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pause();
    for (const { audio } of this.#voices.values()) {
      URL.revokeObjectURL(audio.src);
      audio.remove();
    }
    this.#voices.clear();
  }

  /** Listens to these, and to nothing else. Errors: those of `load`. */
  async choose(sources: readonly Source[]): Promise<void> {
    const choice = ++this.#choices;
    this.#loading.value = true;
    try {
      await Promise.all(sources.map((source) => this.#load(source)));
    } finally {
      if (choice === this.#choices) this.#loading.value = false;
    }
    if (choice !== this.#choices) return;
    this.#chosen = sources.map(({ id }) => id);
    for (const [id, { audio }] of this.#voices) if (!this.#chosen.includes(id)) audio.pause();
    this.#mended.clear();
    this.#tend();
  }

  play(): void {
    if (this.#playing.value || this.#closed) return;
    if (this.#position.value >= this.#durationMs) this.#position.value = 0;
    this.#playing.value = true;
    this.#lastTick = performance.now();
    for (const id of this.#chosen) this.#put(id);
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#tend();
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#playing.value = false;
    for (const { audio } of this.#voices.values()) audio.pause();
  }

  seek(ms: number): void {
    this.#position.value = Math.min(Math.max(0, ms), this.#durationMs);
    this.#mended.clear();
    for (const id of this.#chosen) this.#put(id);
    this.#tend();
  }

  setRate(rate: number): void {
    this.#rate = rate;
    for (const { audio } of this.#voices.values()) audio.playbackRate = rate;
  }

  async #load({ id, startMs, load }: Source): Promise<void> {
    if (this.#voices.has(id)) return;
    const blob = await load();
    if (this.#closed || this.#voices.has(id)) return;
    const audio = document.createElement('audio');
    audio.dataset['soundId'] = id;
    audio.preload = 'auto';
    audio.src = URL.createObjectURL(blob);
    audio.defaultPlaybackRate = this.#rate;
    audio.playbackRate = this.#rate;
    // A place that was asked for before it was known how long the sound is.
    audio.addEventListener('loadedmetadata', () => this.#put(id));
    this.#stage.append(audio);
    this.#voices.set(id, { audio, startMs });
  }

  #tick(): void {
    const now = performance.now();
    const passed = (now - this.#lastTick) * this.#rate;
    this.#lastTick = now;
    const clock = this.#sounding()[0];
    this.#position.value = clock
      ? clock.audio.currentTime * 1000 + clock.startMs
      : this.#position.value + (this.#isWaiting() ? 0 : passed);
    if (this.#position.value >= this.#durationMs) {
      this.#position.value = this.#durationMs;
      this.pause();
      return;
    }
    this.#tend();
  }

  #sounding(): Voice[] {
    return this.#chosen.flatMap((id) => {
      const voice = this.#voices.get(id);
      return voice && !voice.audio.paused && !voice.audio.ended ? [voice] : [];
    });
  }

  /** One that should sound is not ready: time waits for it. */
  #isWaiting(): boolean {
    return this.#chosen.some((id) => {
      const voice = this.#voices.get(id);
      return voice !== undefined && this.#placeOf(voice).isWithin;
    });
  }

  /** Begins what should sound now, and puts together what fell apart. */
  #tend(): void {
    if (!this.#playing.value) return;
    for (const id of this.#chosen) {
      const voice = this.#voices.get(id);
      if (voice === undefined) continue;
      const { audio } = voice;
      const { isWithin, seconds } = this.#placeOf(voice);
      if (!isWithin) audio.pause();
      else if (audio.paused) {
        this.#put(id);
        // Refused or interrupted: tried again at the next look.
        audio.play().catch(() => undefined);
      } else if (
        Math.abs(audio.currentTime - seconds) > APART_S &&
        performance.now() - (this.#mended.get(id) ?? 0) > MEND_MS
      ) {
        this.#mended.set(id, performance.now());
        audio.currentTime = seconds;
      }
    }
  }

  #placeOf({ audio, startMs }: Voice): { isWithin: boolean; seconds: number } {
    const seconds = (this.#position.value - startMs) / 1000;
    const end = Number.isFinite(audio.duration) ? audio.duration : Infinity;
    return { isWithin: seconds >= 0 && seconds < end, seconds };
  }

  #put(id: string): void {
    const voice = this.#voices.get(id);
    if (voice === undefined) return;
    const { isWithin, seconds } = this.#placeOf(voice);
    if (isWithin && Math.abs(voice.audio.currentTime - seconds) > 0.02) {
      voice.audio.currentTime = seconds;
    }
  }
}
