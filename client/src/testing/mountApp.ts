import { mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { shallowRef, type Component } from 'vue';
import { createMemoryHistory, createRouter } from 'vue-router';
import { createRestClient } from '../api/createRestClient.ts';
import type { Fetch, RestClient } from '../api/RestClient.ts';
import { createMessages } from '../i18n.ts';
import { restKey, serviceKey } from '../injection.ts';
import type { MeetingService } from '../service/MeetingService.ts';
import { useSessionStore, type Session } from '../stores/session.ts';

const nowhere = { template: '<div />' };

/** The part of the service that screens call; a test replaces what it looks at. */
export function fakeService(other: object = {}): MeetingService {
  return {
    prepare: () => undefined,
    leave: () => undefined,
    join: () => Promise.resolve(),
    remoteTracks: shallowRef([]),
    host: {},
    calls: {},
    consent: {
      words: () => '',
      shown: () => Promise.resolve(),
      agree: () => Promise.resolve(true),
    },
    voice: { setMuted: () => Promise.resolve(), turnOn: () => Promise.resolve() },
    microphone: {
      stream: shallowRef(),
      open: () => Promise.resolve(),
      close: () => undefined,
      switchTo: () => Promise.resolve(),
    },
    ...other,
  } as unknown as MeetingService;
}

interface Options {
  props?: Record<string, unknown>;
  rest?: Partial<RestClient>;
  /** In the place of `rest`: what a client as main.ts makes it asks. */
  fetch?: Fetch;
  service?: MeetingService;
  /** Who is signed in. */
  session?: Session;
}

/** Mounts one component with all that main.ts provides, and fresh stores. */
export function mountApp(
  component: Component,
  { props = {}, rest = {}, fetch, service = fakeService(), session }: Options = {},
): VueWrapper {
  localStorage.clear();
  sessionStorage.clear();
  const pinia = createPinia();
  setActivePinia(pinia);
  if (session) useSessionStore().signedIn(session);
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: nowhere },
      { path: '/m/:joinToken', name: 'meeting', component: nowhere },
      { path: '/recordings/:recordingId?', component: nowhere },
    ],
  });
  const wrapper: unknown = mount(component, {
    props,
    attachTo: document.body,
    global: {
      plugins: [pinia, router, createMessages()],
      provide: { [restKey]: fetch ? createRestClient(pinia, fetch) : rest, [serviceKey]: service },
    },
  });
  return wrapper as VueWrapper;
}

/** The button with this name; fails when there is none. */
export function buttonOf(wrapper: VueWrapper, name: string) {
  const found = wrapper
    .findAll('button')
    .find((one) => (one.attributes('aria-label') ?? one.text()) === name);
  if (found === undefined) throw new Error(`no button "${name}" in ${wrapper.html()}`);
  return found;
}
