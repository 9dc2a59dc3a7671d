/** pgBackRest restores a cluster into an empty folder; the server that is started there replays the log. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { give } from '../../../machine/unprivileged.ts';
import { type Asked, pgbackrest, type Repository } from './pgbackrest-repository.ts';

/** How far the log is replayed. */
export type Target =
  /** As soon as the copy is whole. */
  | { readonly kind: 'immediate' }
  /** Just before what was written at that place or later. */
  | { readonly kind: 'place'; readonly lsn: string }
  /** What was committed until that moment, epoch milliseconds. */
  | { readonly kind: 'time'; readonly at: string }
  /** All that there is. */
  | { readonly kind: 'end' };

function targetOptions(target: Target): readonly string[] {
  if (target.kind === 'end') return ['--type=default'];
  if (target.kind === 'immediate') return ['--type=immediate', '--target-action=promote'];
  const promote = '--target-action=promote';
  return target.kind === 'place'
    ? // The place lies on the backup's own timeline, whatever a promotion made of it later.
      ['--type=lsn', `--target=${target.lsn}`, '--target-exclusive', '--target-timeline=current', promote]
    : ['--type=time', `--target=${target.at}`, promote];
}

export interface ClusterOrder extends Required<Pick<Asked, 'hearsShare'>> {
  readonly label: string;
  /** Number of the repository. */
  readonly key: number;
  readonly home: string;
  readonly target: Target;
}

export interface RestoredFolder {
  readonly home: string;
  readonly data: string;
}

/** pgBackRest copies options of its command line into `restore_command`, and none of its environment. */
const spoolVariable = 'PGBACKREST_SPOOL_PATH';

/**
 * Into `data` below the folder `home`, which then belongs to the repository's account. The server that is started there
 * archives nothing.
 */
export async function restoreCluster(
  repository: Repository,
  order: ClusterOrder,
  ctx: EngineContext,
): Promise<RestoredFolder> {
  const { label, key, home, target, hearsShare } = order;
  const data = join(home, 'data');
  // pgBackRest clears the spool when it restores; the repository's is the living server's, who may be archiving through it.
  const spool = join(home, 'spool');
  for (const folder of [home, data, join(home, 'tablespaces'), join(home, 'lock'), spool]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    give(folder, repository.account);
  }
  if (readdirSync(data).length > 0) throw new Error(`${data} is not empty; nothing was restored`);
  await pgbackrest(
    repository,
    'restore',
    {
      options: [
        ...[`--repo=${key}`, `--set=${label}`, `--pg1-path=${data}`, '--archive-mode=off'],
        ...[`--tablespace-map-all=${join(home, 'tablespaces')}`, `--lock-path=${join(home, 'lock')}`],
        ...targetOptions(target),
      ],
      env: { [spoolVariable]: spool },
      hearsShare,
    },
    ctx,
  );
  await rm(spool, { recursive: true, force: true });
  fetchInTurn(join(data, 'postgresql.auto.conf'));
  return { home, data };
}

/**
 * Where archiving is asynchronous so is fetching: the log would be read ahead into the living server's spool, by a process that
 * outlives the server that asked.
 */
function fetchInTurn(file: string): void {
  const settings = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    settings.replace(/^(restore_command = '.*) archive-get /m, '$1 --no-archive-async archive-get '),
  );
}

/** What the server said of the end of its recovery: when the last change was committed that it took in. */
export function lastCommit(log: string): number | null {
  const stops = [...log.matchAll(/last completed transaction was at log time ([\d-]+ [\d:.]+)([+-]\d\d)/g)];
  const [, time, zone] = stops.at(-1) ?? [];
  if (time === undefined) return null;
  const at = Date.parse(`${time.replace(' ', 'T')}${zone}:00`);
  return Number.isNaN(at) ? null : at;
}
