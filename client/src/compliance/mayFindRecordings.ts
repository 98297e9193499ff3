import type { User } from '@switchroom/protocol';

/** Whether there is anything for this user to find: an officer finds all, a host those of own meetings. */
export function mayFindRecordings({ roles }: Pick<User, 'roles'>): boolean {
  return roles.includes('compliance-officer') || roles.includes('host');
}
