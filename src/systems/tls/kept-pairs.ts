/** Pairs of before, one file each, readable for Upkeep only: they hold private keys. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { certificatesIn, type Pair, replaceFile } from './pair.ts';

const keptSchema = z.object({
  at: z.number(),
  fingerprint: z.string(),
  certificate: z.string(),
  key: z.string(),
  /** Whether it was seen to be served with nothing wrong. */
  isProven: z.boolean(),
  /** Fingerprint of the certificate whose place it took; null where Upkeep did not write it. */
  replaced: z.string().nullable(),
});
export type KeptPair = z.output<typeof keptSchema>;

const mostKept = 10;

/** Oldest first; what is no pair is passed over. */
export async function keptPairs(folder: string): Promise<KeptPair[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]+\.json$/.test(name));
  const read = await Promise.all(
    names.map(async (name) => {
      try {
        const parsed = keptSchema.safeParse(JSON.parse(await readFile(join(folder, name), 'utf8')));
        return parsed.success ? [parsed.data] : [];
      } catch {
        return [];
      }
    }),
  );
  return read.flat().sort((a, b) => a.at - b.at);
}

/** Keeps it under its fingerprint; what was known of it before stays known. @throws where the folder cannot be written */
export async function keepPair(
  folder: string,
  pair: Pair,
  note: { readonly at: number; readonly isProven?: boolean; readonly replaced?: string },
): Promise<void> {
  const fingerprint = fingerprintOf(pair);
  const kept = await keptPairs(folder);
  const known = kept.find((each) => each.fingerprint === fingerprint);
  const entry: KeptPair = {
    ...{ at: note.at, fingerprint, certificate: pair.certificate, key: pair.key },
    isProven: note.isProven ?? known?.isProven ?? false,
    replaced: note.replaced ?? known?.replaced ?? null,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await replaceFile(nameOf(folder, fingerprint), JSON.stringify(entry), 0o600);
  const others = kept.filter((each) => each.fingerprint !== fingerprint);
  for (const old of others.slice(0, Math.max(0, others.length + 1 - mostKept)))
    await rm(nameOf(folder, old.fingerprint), { force: true });
}

/** Of the whole chain: the same certificate without its intermediate is another pair. */
export function fingerprintOf(pair: Pair): string {
  const hash = createHash('sha256');
  for (const { raw } of certificatesIn(pair.certificate)) hash.update(raw);
  return hash.digest('hex');
}

function nameOf(folder: string, fingerprint: string): string {
  return join(folder, `${fingerprint}.json`);
}
