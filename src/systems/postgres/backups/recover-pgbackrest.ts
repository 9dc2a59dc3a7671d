/** A cluster brought back from a repository and its log replayed up to a moment, by a server that reaches nobody. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timestamp } from '../../../clock.ts';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import type { StoredBackup } from './pgbackrest-info.ts';
import { isRemote, type Repository } from './pgbackrest-repository.ts';
import { type PhysicalPlace, type PhysicalScratch, startPhysical } from './physical-scratch.ts';
import type { Release } from './programs.ts';
import { lastCommit, restoreCluster, type Target } from './restore-cluster.ts';
import { parseLsn } from './segments.ts';

export interface Recovery {
  readonly server: PhysicalScratch;
  readonly place: PhysicalPlace;
  /** End of the log that was replayed, in bytes of log. */
  readonly lsn: number;
  /** When the last transaction was committed that the log brought; null where it brought none. */
  readonly committedAt: number | null;
  /** Nothing in the log was committed after the moment that was asked for, so its end was taken. */
  readonly isEnd: boolean;
  readonly copyMs: number;
  readonly logBytes: number;
  readonly replayMs: number;
  /** What stood in `postgresql.auto.conf` of the living server. */
  readonly ownSettings: string;
}

/** As PostgreSQL reads it: `2026-11-22 02:59:58.123+00`. */
export function momentOf(at: number): string {
  return timestamp(at).replace('T', ' ').replace('Z', '+00');
}

export function untilMoment(at: number): Target {
  return { kind: 'time', at: momentOf(at) };
}

export interface RecoveryOrder {
  readonly stored: StoredBackup;
  readonly superuser: string;
  /** Folder of its own, with room for the cluster. */
  readonly home: string;
  readonly target: Target;
  /** The log is known to go as far as the moment that is asked for, without a gap. */
  readonly isEndEnough: boolean;
}

/** @throws with the words of the tool or of the server; nothing runs then */
export async function recover(
  release: Release,
  repository: Repository,
  { stored, superuser, home, target, isEndEnough }: RecoveryOrder,
  ctx: EngineContext,
): Promise<Recovery> {
  const from = ctx.clock.monotonic();
  const stretch = beginStretch(ctx, `restoring ${stored.label}`, { of: 1 });
  const hearsShare = (share: number) => stretch.at(share);
  const key = stored.database['repo-key'];
  const { data } = await restoreCluster(
    repository,
    { label: stored.label, key, home, target, hearsShare },
    ctx,
  );
  const copied = ctx.clock.monotonic();
  const { account } = repository;
  const place = { home, data, account, superuser, needsNetwork: isRemote(repository) };
  ctx.progress('replaying the log in a scratch server');
  const ownSettings = living(data);
  const { server, isEnd } = await replay(release, place, isEndEnough && target.kind === 'time', ctx);
  try {
    const lsn = await replayedTo(server);
    const committedAt = lastCommit(server.log());
    const begun = stored.lsn ? parseLsn(stored.lsn.start) : lsn;
    return {
      ...{ server, place, lsn, committedAt, isEnd, ownSettings, logBytes: Math.max(0, lsn - begun) },
      copyMs: Math.round(copied - from),
      replayMs: Math.round(ctx.clock.monotonic() - copied),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * PostgreSQL stops at a moment only when it meets something that was committed later. Where the log holds nothing later,
 * its end is that state.
 */
async function replay(
  release: Release,
  place: PhysicalPlace,
  isEndEnough: boolean,
  ctx: EngineContext,
): Promise<Pick<Recovery, 'server' | 'isEnd'>> {
  try {
    return { server: await startPhysical(release, place, ctx), isEnd: false };
  } catch (error) {
    ctx.signal.throwIfAborted();
    // In the whole of its log: other lines may come after that one.
    const said = readFileSync(join(place.home, 'log'), 'utf8');
    if (!isEndEnough || !said.includes('before configured recovery target')) throw error;
    const file = join(place.data, 'postgresql.auto.conf');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.filter((line) => !/^\s*recovery_target_(time|action)\b/.test(line)).join('\n'));
    return { server: await startPhysical(release, place, ctx), isEnd: true };
  }
}

async function replayedTo(server: PhysicalScratch): Promise<number> {
  const [row] = await server.use('postgres', async (client) => {
    const { rows } = await client.query<{ lsn: string | null }>(
      'SELECT pg_last_wal_replay_lsn()::text AS lsn',
    );
    return rows;
  });
  if (row?.lsn == null) throw new Error('the scratch server does not say how far it replayed the log');
  return parseLsn(row.lsn);
}

/** Lines that ALTER SYSTEM wrote, without those of the restore. */
function living(data: string): string {
  const file = join(data, 'postgresql.auto.conf');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines
    .filter(
      (line) => !/^\s*(restore_command|recovery_target\w*)\s*=|^# Recovery settings generated/.test(line),
    )
    .join('\n');
}
