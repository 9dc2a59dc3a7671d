/** Copies of configurations that nginx accepted, for the day when one does not pass: one file each, for Upkeep only. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const copySchema = z.object({
  at: z.number(),
  digest: z.string(),
  /** Text by full path. */
  files: z.record(z.string(), z.string()),
});
export type GoodCopy = z.output<typeof copySchema>;

const mostKept = 20;

export function digestOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0${text.length}\0${text}\0`);
  return hash.digest('hex').slice(0, 16);
}

/** Oldest first; what is no copy is passed over. */
export async function goodCopies(folder: string): Promise<GoodCopy[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+-\w+\.json$/.test(name));
  const read = await Promise.all(
    names.map(async (name) => {
      try {
        const parsed = copySchema.safeParse(JSON.parse(await readFile(join(folder, name), 'utf8')));
        return parsed.success ? [parsed.data] : [];
      } catch {
        return [];
      }
    }),
  );
  return read.flat().sort((a, b) => a.at - b.at);
}

/** Keeps it as the newest; nothing is written where the newest is the same. @throws where the folder cannot be written */
export async function keepCopy(
  folder: string,
  files: ReadonlyMap<string, string>,
  at: number,
): Promise<GoodCopy> {
  const digest = digestOf(files);
  const kept = await goodCopies(folder);
  const newest = kept.at(-1);
  if (newest?.digest === digest) return newest;
  const copy: GoodCopy = { at, digest, files: Object.fromEntries(files) };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = join(folder, `${at}-${digest}.json`);
  await writeFile(`${name}.new`, JSON.stringify(copy), { mode: 0o600 });
  await rename(`${name}.new`, name);
  for (const old of kept.slice(0, Math.max(0, kept.length + 1 - mostKept)))
    await rm(join(folder, `${old.at}-${old.digest}.json`), { force: true });
  return copy;
}
