import { z } from 'zod';

/** RFC 5646, in outline. */
export const languageTagSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag, as in en or fr-CA');
