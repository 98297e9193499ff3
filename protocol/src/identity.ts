import { z } from 'zod';
import { USER_ROLES } from './constants.ts';

/*
 * Who may do what. No role holds all: administrators hear nothing, auditors hear nothing and change nothing,
 * compliance officers manage nobody.
 */
export type UserRole = (typeof USER_ROLES)[number];

export interface User {
  id: string;
  email: string;
  /** The first of `roles`. */
  role: UserRole;
  /** In the order of `USER_ROLES`; at least one. */
  roles: UserRole[];
}

/** A User as administrators see it. */
export interface UserView extends User {
  createdAt: string;
}

const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(/^[^\s@:]+@[^\s@:]+$/, 'must look like ann@example.org');
const password = z.string().min(8, 'must have at least 8 characters').max(1024);
const roles = z
  .array(z.enum(USER_ROLES))
  .min(1, 'must name at least one role')
  .transform((given) => USER_ROLES.filter((role) => given.includes(role)));

export const createUserSchema = z.object({ email, password, roles });
export type CreateUser = z.output<typeof createUserSchema>;

/** `PATCH /users/:id`: what is given is changed; a new password signs the user out everywhere. */
export const updateUserSchema = z.object({
  password: password.optional(),
  roles: roles.optional(),
});
export type UpdateUser = z.output<typeof updateUserSchema>;

/** `PUT /users/me/password`, by anybody for themselves. */
export const changePasswordSchema = z.object({
  password: z.string().min(1).max(1024),
  newPassword: password,
});
