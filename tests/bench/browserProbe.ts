/*
 * What runs inside the page. Each function is sent as source: it may use nothing from outside itself.
 * ScriptProcessor is deprecated, and still the one node that needs no module loaded from a URL.
 */
/* eslint-disable @typescript-eslint/no-deprecated */

/** Piece of a stream with the page's time, in ms since 1970; samples of 48 kHz as base64. */
export interface PagePiece {
  at: number;
  position: number;
  samples: string;
}

interface Bench {
  clickedAt: number;
  /** When the first sound of anybody came, ms since 1970; 0 while there is none. */
  firstSoundAt: number;
  voice: MediaStream | undefined;
}

declare global {
  var bench: Bench;
}

/**
 * Before the page: notes when "Join" is pressed and when the first sound comes. Looks for the `<audio>`
 * of a participant at every tick of an audio clock that runs from the start.
 */
export function watchFirstSound(): void {
  const now = (): number => performance.timeOrigin + performance.now();
  globalThis.bench = { clickedAt: 0, firstSoundAt: 0, voice: undefined };
  addEventListener('DOMContentLoaded', () => {
    document.addEventListener(
      'click',
      (event) => {
        const button = (event.target as Element | null)?.closest('button');
        if (button?.type === 'submit') bench.clickedAt = now();
      },
      { capture: true },
    );
    const context = new AudioContext({ sampleRate: 48_000 });
    const processor = context.createScriptProcessor(256, 1, 1);
    let source: MediaStreamAudioSourceNode | undefined;
    processor.onaudioprocess = ({ inputBuffer }) => {
      const stream = document.querySelector<HTMLAudioElement>('audio[data-participant-id]')
        ?.srcObject as MediaStream | null | undefined;
      if (source === undefined && stream) {
        source = context.createMediaStreamSource(stream);
        source.connect(processor);
      }
      const isSound = inputBuffer.getChannelData(0).some((value) => Math.abs(value) > 0.01);
      if (!isSound || source === undefined) return;
      bench.firstSoundAt = now();
      processor.onaudioprocess = null;
      void context.close();
    };
    processor.connect(context.destination);
  });
}

/** Before the page: the microphone says one second (48 kHz, base64 of 16 bits) over and over. */
export function speakInstead(second: string): void {
  const bytes = Uint8Array.from(atob(second), (character) => character.charCodeAt(0));
  const samples = new Int16Array(bytes.buffer);
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const buffer = context.createBuffer(1, samples.length, 48_000);
    const channel = buffer.getChannelData(0);
    samples.forEach((sample, i) => (channel[i] = sample / 32768));
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    const destination = context.createMediaStreamDestination();
    source.connect(destination);
    source.start();
    globalThis.bench = { clickedAt: 0, firstSoundAt: 0, voice: destination.stream };
    return destination.stream.clone();
  };
}

/** Notes what is heard, or said, for so many seconds, with times. */
export async function listenWithClock(options: {
  seconds: number;
  which: 'heard' | 'said';
}): Promise<PagePiece[]> {
  const stream =
    options.which === 'said'
      ? bench.voice
      : (document.querySelector<HTMLAudioElement>('audio[data-participant-id]')
          ?.srcObject as MediaStream | null);
  if (!stream) throw new Error('There is nothing to listen to.');
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const processor = context.createScriptProcessor(256, 1, 1);
  const pieces: PagePiece[] = [];
  let position = 0;
  await new Promise<void>((resolve) => {
    processor.onaudioprocess = ({ inputBuffer }) => {
      const samples = Int16Array.from(inputBuffer.getChannelData(0), (value) => value * 32767);
      // The last sample of the buffer is the one that is there now.
      const at = performance.timeOrigin + performance.now() - (samples.length / 48_000) * 1000;
      const text = btoa(String.fromCharCode(...new Uint8Array(samples.buffer)));
      pieces.push({ at, position, samples: text });
      position += samples.length;
      if (position > options.seconds * 48_000) resolve();
    };
    context.createMediaStreamSource(stream).connect(processor);
    processor.connect(context.destination);
  });
  processor.onaudioprocess = null;
  await context.close();
  return pieces;
}
