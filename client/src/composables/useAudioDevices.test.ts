import { effectScope, shallowRef } from 'vue';
import { expect, it, vi } from 'vitest';
import { useAudioDevices } from './useAudioDevices.ts';

class Machine extends EventTarget {
  list = [
    { deviceId: '', kind: 'audioinput', label: '' },
    { deviceId: 'default', kind: 'audioinput', label: 'Default' },
    { deviceId: 'mic', kind: 'audioinput', label: 'Mic' },
    { deviceId: 'cam', kind: 'videoinput', label: 'Cam' },
    { deviceId: 'out', kind: 'audiooutput', label: 'Out' },
  ];

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.list as unknown as MediaDeviceInfo[];
  }
}

it('lists microphones and speakers, once each, and follows their coming and going', async () => {
  const devices = new Machine();
  const scope = effectScope();
  const { microphones, speakers } = scope.run(() =>
    useAudioDevices({ stream: shallowRef(), devices }),
  )!;
  await vi.waitFor(() => expect(microphones.value).toHaveLength(1));
  expect(speakers.value.map((one) => one.deviceId)).toEqual(['out']);
  devices.list.push({ deviceId: 'headset', kind: 'audioinput', label: 'Headset' });
  devices.dispatchEvent(new Event('devicechange'));
  await vi.waitFor(() =>
    expect(microphones.value.map((one) => one.deviceId)).toEqual(['mic', 'headset']),
  );
  scope.stop();
});
