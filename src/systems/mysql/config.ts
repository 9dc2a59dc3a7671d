import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';
import { isConnectionUrl } from '../../protocols/mysql/login.ts';

const url = z
  .string()
  .refine(
    (text) => isConnectionUrl(text, ['mysql', 'mariadb']),
    'must be a URL such as mysql://user:password@host:3306/database; percent-encode special characters',
  )
  .meta({ secret: true })
  .describe(
    'Connection URL, mysql:// or mariadb://. Parameters: ssl-mode (DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY), ssl-ca, socketPath.',
  );

export const mysqlConfig = z.strictObject({
  url,
  statements: z
    .boolean()
    .default(true)
    .describe(
      'Whether to read statement digests of the performance schema; false where it is off on purpose.',
    ),
  replicas: z
    .int()
    .min(0)
    .optional()
    .describe('How many replicas a primary must have; not judged when left out.'),
  heartbeat: z
    .string()
    .regex(/^[A-Za-z0-9_$]+\.[A-Za-z0-9_$]+$/, 'database.table')
    .optional()
    .describe('Table that pt-heartbeat writes on the primary (percona.heartbeat); lag is then read from it.'),
  backupInterval: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'a duration such as 24h')
    .optional()
    .describe(
      'Time between full backups where recovery to a point in time is promised: binary logs must be kept longer.',
    ),
});

export type MysqlConfig = z.output<typeof mysqlConfig>;
