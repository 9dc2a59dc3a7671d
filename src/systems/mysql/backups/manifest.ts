import { z } from 'zod';
import { tableContent } from './content.ts';

export const dumpFile = 'dump.sql.gz';
/** Apart, because restored beside a living database they would begin to run. */
export const eventsFile = 'events.sql';

export const dumpManifest = z.object({
  format: z.literal(1),
  database: z.string(),
  serverVersion: z.string(),
  isMariaDb: z.boolean(),
  charset: z.string(),
  collation: z.string(),
  lowerCaseTableNames: z.number(),
  /** The moment of the snapshot, epoch milliseconds. */
  at: z.number(),
  /** SHA-256 of the schema as the dump program writes it. */
  schema: z.string(),
  content: z.array(tableContent),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});
export type DumpManifest = z.output<typeof dumpManifest>;
