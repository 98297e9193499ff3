import { PHONE_RATE } from './soundFile.ts';

/** Fills the next frame of what the phone says; false when there is nothing more to say. */
export type FrameSource = (frame: Int16Array) => boolean;

/** A clip, once. */
export function clip(samples: Int16Array): FrameSource {
  let at = 0;
  return (frame) => {
    frame.fill(0);
    frame.set(samples.subarray(at, at + frame.length));
    at += frame.length;
    return at - frame.length < samples.length;
  };
}

/** A steady sine, for ever. `amplitude`: 0 to 1. */
export function sine(frequency: number, amplitude = 0.25): FrameSource {
  const step = (2 * Math.PI * frequency) / PHONE_RATE;
  let phase = 0;
  return (frame) => {
    for (let i = 0; i < frame.length; i++) {
      frame[i] = Math.round(32767 * amplitude * Math.sin(phase));
      phase = (phase + step) % (2 * Math.PI);
    }
    return true;
  };
}
