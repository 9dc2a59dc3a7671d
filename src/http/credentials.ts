/** What a name and a password must be like. */
import { z } from 'zod';
import { isTheName, newPassword } from '../core/password.ts';

/** Taken by Upkeep itself in the journal: an account of such a name could pass for it. */
const reserved = /^(upkeep|cli|stranger|token:.*|mcp:.*)$/i;
/** Control characters, and those that cannot be seen or turn the text around: two names must not look alike. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/u;

export const credentials = z.object({
  name: z.string().min(1).max(100),
  password: z.string().min(1).max(1_000),
  /** Of an app, or a recovery code. */
  code: z.string().trim().max(40).optional(),
});

/** What the journal and pages can tell apart and people can read. */
export const accountName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !unseen.test(name), 'has characters that cannot be seen')
  .refine((name) => !reserved.test(name), 'is a name that Upkeep uses itself');

export const setup = z
  .object({
    token: z.string().min(1).max(200),
    name: accountName,
    password: newPassword,
  })
  .refine(({ name, password }) => !isTheName(password, name), {
    path: ['password'],
    message: 'must not be the name',
  });
