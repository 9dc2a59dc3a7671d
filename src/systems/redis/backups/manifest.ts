import { z } from 'zod';

export const rdbFile = 'dump.rdb';
export const sampleFile = 'sample.json';

export const rdbManifest = z.object({
  format: z.literal(1),
  serverVersion: z.string(),
  /** All that was written by then is in it, epoch milliseconds. */
  at: z.number(),
  keys: z.number(),
  expires: z.number(),
  databases: z.array(z.number()),
  /** Libraries of functions; null where we may not list them, or there are none yet (before Redis 7). */
  libraries: z.number().nullable(),
  /** How many values are compared; null where we may not read any. */
  sampled: z.number().nullable(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});
export type RdbManifest = z.output<typeof rdbManifest>;
