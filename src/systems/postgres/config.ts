import { z } from 'zod';

const url = z
  .string()
  .refine(
    isConnectionUrl,
    'must be a URL such as postgres://user:password@host:5432/database; percent-encode special characters',
  )
  .meta({ secret: true })
  .describe('Connection URL. The database named in it is the one whose tables are watched.');

export const postgresConfig = z.strictObject({
  url,
  role: z.string().min(1).optional().describe('Role to take on after login (SET ROLE).'),
  statements: z
    .boolean()
    .default(true)
    .describe('Whether to read pg_stat_statements; false where it is left out on purpose.'),
  standbys: z
    .int()
    .min(0)
    .optional()
    .describe('How many streaming standbys a primary must have; not judged when left out.'),
});

export type PostgresConfig = z.output<typeof postgresConfig>;

function isConnectionUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  try {
    // A lone percent sign in a password cannot be decoded, by us or by the driver.
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^postgres(ql)?:$/.test(protocol);
}
