/** How far the log lies in each repository that archive_command hands it to: the archiver tells only of the slowest. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { pgbackrest, type Repository, repositoryIn, repositoryKeys } from './pgbackrest-repository.ts';
import { segmentOf } from './segments.ts';

/** By name, `repo1`: the end of the newest file of the log in it, in bytes. */
export type LogEnds = ReadonlyMap<string, number>;

const listed = z.array(z.object({ archive: z.array(z.object({ max: z.string().nullish() })) }));

/** Of a command that Upkeep wrote, and where the log goes to several; null else. */
export function severalBehind(archiveCommand: string): Repository | null {
  const [, config] =
    /^\s*'?pgbackrest'?\s.*--config='?([^\s']+\/pgbackrest\/pgbackrest\.conf)/.exec(archiveCommand) ?? [];
  if (config === undefined || !existsSync(config)) return null;
  const repository = repositoryIn(dirname(dirname(config)));
  return repositoryKeys(repository).length > 1 ? repository : null;
}

/** Tells of each as soon as it answers, so that one which hangs hides no other. Never throws. */
export async function readLogEnds(
  repository: Repository,
  segmentBytes: number,
  tell: (name: string, end: number) => void,
  run: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<void> {
  const read = async (key: number) => {
    const options = ['--output=json', `--repo=${key}`, '--io-timeout=5'];
    const { output } = await pgbackrest(repository, 'info', { options }, run);
    const archives = listed.parse(JSON.parse(output)).flatMap(({ archive }) => archive);
    const ends = archives.flatMap(({ max }) => (max ? (segmentOf(max, segmentBytes) ?? []) : []));
    if (ends.length > 0)
      tell(`repo${key}`, Math.max(...ends.map(({ number }) => (number + 1) * segmentBytes)));
  };
  await Promise.allSettled(repositoryKeys(repository).map(read));
}
