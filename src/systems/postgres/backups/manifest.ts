/** What lies beside a backup: what was backed up and what each file must be. */
import { z } from 'zod';

export { bytesOf } from '../../../core/backup/size.ts';
export { fileDifferences, readFileSums as readFiles } from '../../../machine/file-sums.ts';

const files = z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() }));

export const logicalManifest = z.object({
  format: z.literal(1),
  database: z.string(),
  /** As the server counted them, with indexes; absent in those from before it was written down. */
  databaseBytes: z.number().optional(),
  /** Moment of the snapshot, epoch milliseconds; absent in those from before it was written down. */
  at: z.number().optional(),
  serverVersion: z.string(),
  major: z.number(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** SHA-256 of the schema as pg_dump writes it. */
  schema: z.string(),
  roles: z.number(),
  extensions: z.array(z.string()),
  /** Roles that own what it holds; absent in those from before it was written down. */
  owners: z.array(z.string()).optional(),
  /** Roles that may make objects in its schema public; absent in those from before it was written down. */
  creators: z.array(z.string()).optional(),
  content: z.array(z.object({ table: z.string(), rows: z.string(), sum: z.string() })),
  files,
});
export type LogicalManifest = z.output<typeof logicalManifest>;
