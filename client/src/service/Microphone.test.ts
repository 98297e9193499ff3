import { createPinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useMicrophoneStore } from '../stores/microphone.ts';
import { Microphone, processingWanted } from './Microphone.ts';
import { FakeMediaDevices } from './testing/fakeMedia.ts';

describe('Microphone', () => {
  let devices: FakeMediaDevices;
  let store: ReturnType<typeof useMicrophoneStore>;

  beforeEach(() => {
    devices = new FakeMediaDevices('built-in', 'headset');
    store = useMicrophoneStore(createPinia());
  });

  function create({ processing = true, preferred = '', absent = false } = {}): Microphone {
    return new Microphone({
      devices: absent ? undefined : devices,
      store,
      preferredId: () => preferred,
      processing,
    });
  }

  it('asks for nothing until it is opened', () => {
    create();
    expect(devices.asked).toEqual([]);
    expect(store.state).toBe('off');
  });

  it.each([true, false])('opens mono with all processing %s', async (processing) => {
    await create({ processing }).open();
    expect(devices.asked[0]?.audio).toMatchObject({
      channelCount: 1,
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
    });
    expect(store.state).toBe('on');
  });

  it('asks once when it is opened twice', async () => {
    const microphone = create();
    const tracks = await Promise.all([microphone.open(), microphone.open()]);
    expect(tracks[0]).toBe(tracks[1]);
    expect(await microphone.open()).toBe(tracks[0]);
    expect(devices.asked).toHaveLength(1);
  });

  it('opens the remembered device, or the default when that is gone', async () => {
    await create({ preferred: 'headset' }).open();
    expect(store.deviceId).toBe('headset');
    await create({ preferred: 'sold' }).open();
    expect(store.deviceId).toBe('built-in');
  });

  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'absent'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'unsupported'],
  ])('calls %s %s', async (name, problem) => {
    devices.refusal = name;
    await expect(create().open()).rejects.toMatchObject({ problem });
    expect(store.problem).toBe(problem);
  });

  it('is unsupported where the browser has no mediaDevices', async () => {
    await expect(create({ absent: true }).open()).rejects.toMatchObject({ problem: 'unsupported' });
  });

  it('close() while the user is asked throws the answer away', async () => {
    const microphone = create();
    const opening = microphone.open();
    microphone.close();
    await expect(opening).rejects.toThrow();
    expect(devices.opened[0]?.readyState).toBe('ended');
    expect(store.state).toBe('off');
  });

  it('switchTo() changes the device and lets go of the one before', async () => {
    const microphone = create();
    const onReplaced = vi.fn();
    microphone.onReplaced = onReplaced;
    await microphone.open();
    await microphone.switchTo('headset');
    expect(store.deviceId).toBe('headset');
    expect(devices.opened.map((one) => one.readyState)).toEqual(['ended', 'live']);
    expect(onReplaced.mock.calls).toEqual([[microphone.track, 'chosen']]);
  });

  it('goes to the default when its device is no longer listed', async () => {
    const microphone = create({ preferred: 'headset' });
    await microphone.open();
    devices.microphones = ['built-in'];
    devices.dispatchEvent(new Event('devicechange'));
    await vi.waitFor(() => expect(store.deviceId).toBe('built-in'));
  });

  it('stays where it is when another device comes', async () => {
    const microphone = create();
    await microphone.open();
    devices.microphones.push('webcam');
    devices.dispatchEvent(new Event('devicechange'));
    await Promise.resolve();
    expect(devices.asked).toHaveLength(1);
  });

  it('close() twice is silent and stops the track', async () => {
    const microphone = create();
    await microphone.open();
    microphone.close();
    microphone.close();
    expect(devices.opened[0]?.readyState).toBe('ended');
    expect(microphone.stream.value).toBeUndefined();
  });
});

it('processingWanted() is false only for ?processing=off', () => {
  expect(processingWanted('')).toBe(true);
  expect(processingWanted('?processing=on')).toBe(true);
  expect(processingWanted('?a=b&processing=off')).toBe(false);
});
