/** `index.json`: what a copy holds. It is written last: a copy without it was cut off. */
import { z } from 'zod';

/** Of plain bytes; a part is an object of its own, held in memory while it is sealed. */
export const usualPartBytes = 16 * 1_048_576;

const whole = z.int().min(0);
const schema = z.object({
  version: z.literal(1),
  /** Id of the backup that was copied. */
  of: z.string(),
  plan: z.string(),
  startedAt: whole,
  files: z.array(
    z.object({ path: z.string(), bytes: whole, sha256: z.string(), mode: whole, parts: whole.min(1) }),
  ),
  /** With nothing in them, which some servers ask for. */
  folders: z.array(z.string()),
});

export type CopyIndex = z.infer<typeof schema>;
export type CopiedFile = CopyIndex['files'][number];

export function parseIndex(text: string): CopyIndex {
  const index = schema.parse(JSON.parse(text));
  const bad = [...index.files.map(({ path }) => path), ...index.folders].find(
    (path) => path.startsWith('/') || path.split('/').includes('..'),
  );
  if (bad !== undefined) throw new Error(`the index names ${bad}, which lies outside of the copy`);
  return index;
}

export const keyName = 'key.age';
export const indexName = 'index.json.age';

/** `files/dump/toc.dat/000001.age` */
export function partName(path: string, part: number): string {
  return `files/${path}/${String(part + 1).padStart(6, '0')}.age`;
}

/** Every copy has a folder of its own: `upkeep/shop/0199f2c1…/`. */
export function prefixOf(prefix: string, plan: string, id: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}${plan}/${id}/`;
}
