import { tryOnScopeDispose } from '@vueuse/core';
import { readonly, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { decibelsOf, meterOf } from './level.ts';

/** Falls by this share of the scale per drawn frame, so that it can be read. */
const FALL_PER_FRAME = 0.03;

interface Options {
  stream: Readonly<Ref<MediaStream | undefined>>;
  createContext?: () => AudioContext;
}

/**
 * The level of a stream, 0 to 1, drawn once a frame. The AudioContext is made when the stream
 * appears, which the user's click brought about, so that it may run.
 */
export function useLevelMeter({
  stream,
  createContext = () => new AudioContext(),
}: Options): Readonly<ShallowRef<number>> {
  const level = shallowRef(0);
  let stop = (): void => undefined;

  function start(source: MediaStream): () => void {
    const context = createContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(source).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = requestAnimationFrame(function draw() {
      analyser.getFloatTimeDomainData(samples);
      level.value = Math.max(meterOf(decibelsOf(samples)), level.value - FALL_PER_FRAME);
      frame = requestAnimationFrame(draw);
    });
    void context.resume();
    return () => {
      cancelAnimationFrame(frame);
      void context.close();
      level.value = 0;
    };
  }

  watch(
    stream,
    (next) => {
      stop();
      stop = next === undefined ? () => undefined : start(next);
    },
    { immediate: true },
  );
  tryOnScopeDispose(() => stop());
  return readonly(level);
}
