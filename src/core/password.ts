/** What a password must be like. Length is what counts (NIST SP 800-63B); what is no password at all is turned away. */
import { z } from 'zod';

const least = 10;
const fewestCharacters = 4;

export const newPassword = z
  .string()
  .min(least, `at least ${least} characters`)
  .max(1_000)
  .refine(
    (password) => new Set(password).size >= fewestCharacters,
    `at least ${fewestCharacters} different characters`,
  )
  // The command line asks for a field of this format out of sight instead of taking it as an option.
  .meta({ format: 'password' });

/** The first thing anybody would try. */
export function isTheName(password: string, name: string): boolean {
  return password.trim().toLowerCase() === name.toLowerCase();
}
