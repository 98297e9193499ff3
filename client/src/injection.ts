import { inject, type InjectionKey } from 'vue';
import type { RestClient } from './api/RestClient.ts';
import type { MeetingService } from './service/MeetingService.ts';

/** What main.ts provides to every component. */
export const restKey: InjectionKey<RestClient> = Symbol('RestClient');
export const serviceKey: InjectionKey<MeetingService> = Symbol('MeetingService');

function required<T>(key: InjectionKey<T>): T {
  const value = inject(key);
  if (value === undefined) throw new Error(`${String(key.description)} is not provided`);
  return value;
}

export const useRest = (): RestClient => required(restKey);
export const useMeetingService = (): MeetingService => required(serviceKey);
