import { USER_ROLES, type User, type UserRole } from '@switchroom/protocol';
import type { UsersTable } from '../db/schema.ts';

/**
 * Of the administrator that a first start makes, who is alone and must be able to try everything. An operator
 * with several users takes away what is too much (docs/compliance.md).
 */
export const FIRST_ROLES: readonly UserRole[] = USER_ROLES;

export function hasRole({ roles }: Pick<User, 'roles'>, ...some: readonly UserRole[]): boolean {
  return roles.some((role) => some.includes(role));
}

/** The columns that say what a user may do. */
export function rolesColumns(roles: readonly UserRole[]): Pick<UsersTable, 'role' | 'roles'> {
  return { role: roles[0] ?? 'host', roles: JSON.stringify(roles) };
}

export function userOf({ id, email, role, roles }: Omit<UsersTable, 'passwordHash'>): User {
  return { id, email, role, roles: JSON.parse(roles) as UserRole[] };
}
