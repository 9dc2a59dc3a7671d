import { z } from 'zod';

const url = z
  .string()
  .refine(
    isConnectionUrl,
    'must be a URL such as postgres://user:password@host:5432/database; percent-encode special characters',
  )
  .meta({ secret: true })
  .describe('Connection URL. The database named in it is the one whose tables are watched.');

const command = (what: string) => z.array(z.string().min(1)).min(1).describe(what);

const reads = z
  .strictObject({
    here: z.string().min(1).describe('The place that is this server, as `show` prints it'),
    places: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'Where else readers may be sent, the best first: names of targets, this server not among them',
      ),
    show: command('Program and arguments that print the place readers are sent to now'),
    switch: command('Program and arguments that send them to another; {place} stands for it'),
    cwd: z.string().optional().describe('Folder to run them in; the folder of upkeep.yaml where not given'),
  })
  .refine(({ switch: words }) => words.some((word) => word.includes('{place}')), {
    path: ['switch'],
    message: 'must say where the readers go: {place}',
  })
  .refine(({ here, places }) => !places.includes(here), {
    path: ['places'],
    message: 'must not name this server itself',
  });

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
  reads: reads
    .optional()
    .describe('How readers are moved from this server to another when it is ill or behind.'),
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
