import { join } from 'node:path';
import { z } from 'zod';
import type { Repository } from './repository.ts';

export const filesManifest = z.object({
  format: z.literal(1),
  /** Name of the snapshot in the repository. */
  snapshot: z.string(),
  /** Everything that was written by then and not changed until the end is in it, epoch milliseconds. */
  at: z.number(),
  paths: z.array(z.string()),
  files: z.number(),
  bytes: z.number(),
  /** Files whose content is compared. */
  compared: z.number(),
  /** What changed, came or went while it was taken. */
  changed: z.number(),
  /** SHA-256 of the list of what was there. */
  tree: z.string(),
});
export type FilesManifest = z.output<typeof filesManifest>;

export function treeFile({ trees }: Repository, snapshot: string): string {
  return join(trees, `${snapshot}.json`);
}
