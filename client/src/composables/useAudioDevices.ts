import { useEventListener } from '@vueuse/core';
import { readonly, shallowRef, watch, type Ref, type ShallowRef } from 'vue';

type Devices = Pick<MediaDevices, 'enumerateDevices'> & EventTarget;
type Device = Pick<MediaDeviceInfo, 'deviceId' | 'label' | 'kind'>;

/** Absent outside a secure context, whatever the DOM types say. */
function mediaDevices(): Devices | undefined {
  return navigator.mediaDevices;
}

interface Options {
  /** Labels and ids are hidden until the microphone was open once; the list is read again then. */
  stream: Readonly<Ref<unknown>>;
  devices?: Devices | undefined;
}

/** The microphones and speakers of this machine, kept up to date as they come and go. */
export function useAudioDevices({ stream, devices = mediaDevices() }: Options): {
  microphones: Readonly<ShallowRef<readonly Device[]>>;
  speakers: Readonly<ShallowRef<readonly Device[]>>;
} {
  const microphones = shallowRef<readonly Device[]>([]);
  const speakers = shallowRef<readonly Device[]>([]);

  async function update(): Promise<void> {
    // Before the permission every entry has an empty id and says nothing; `default` is
    // Chromium's alias of an entry that is listed as well, and our own first choice.
    const known = ((await devices?.enumerateDevices().catch(() => [])) ?? []).filter(
      ({ deviceId }) => deviceId !== '' && deviceId !== 'default' && deviceId !== 'communications',
    );
    microphones.value = known.filter(({ kind }) => kind === 'audioinput');
    speakers.value = known.filter(({ kind }) => kind === 'audiooutput');
  }

  if (devices !== undefined) useEventListener(devices, 'devicechange', () => void update());
  watch(stream, () => void update(), { immediate: true });
  return { microphones: readonly(microphones), speakers: readonly(speakers) };
}

/** Whether an <audio> element can be sent to a chosen speaker. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}
