import { chmodSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type EngineContext,
  type Restored,
  type RestoreOrder,
  type RestorePlan,
  said,
} from '../../../core/backup/engine.ts';
import { expectedAt, lackingAfter } from '../../../core/backup/rpo.ts';
import { formatDuration } from '../../../core/time.ts';
import { fillFolder, folderObstacle } from '../../../machine/empty-folder.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { give } from '../../../machine/unprivileged.ts';
import type { PostgresConnection } from '../client.ts';
import type { Continuity } from './log-continuity.ts';
import { layMissingSettings, lookSteps } from './look-into.ts';
import { overByHand } from './over-by-hand.ts';
import { type Checked, reachOf } from './pgbackrest-checks.ts';
import { heldOf, readInfo, storedAs } from './pgbackrest-info.ts';
import { existing, type Repository } from './pgbackrest-repository.ts';
import { physicalManifest } from './physical-manifest.ts';
import { demandRoom } from './physical-scratch.ts';
import { releaseFor } from './programs.ts';
import { type Recovery, recover, untilMoment } from './recover-pgbackrest.ts';
import { formatLsn, segmentOf, withoutHeader } from './segments.ts';

interface Ground extends Checked {
  readonly log: Continuity;
  readonly logUntil: number;
}

async function groundOf(order: RestoreOrder, ctx: EngineContext): Promise<Ground> {
  const manifest = physicalManifest.parse(order.manifest);
  const repository = existing(order.folder);
  const info = await readInfo(repository, ctx);
  const stored = storedAs(info, order.label ?? manifest.label);
  const { log, until } = await reachOf({ repository, info, stored, manifest }, order.heartbeats, ctx);
  return { repository, info, stored, manifest, log, logUntil: until };
}

export async function planRestore(
  conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const ground = await groundOf(order, ctx);
  const plan = planOf(order, ground, ctx);
  if (order.into.kind === 'over') return overByHand(conn, plan, { inside: 'data', afterwards }, ctx);
  if (plan.impossible !== null || order.into.kind !== 'folder') return plan;
  const { repository, manifest } = ground;
  const data = join(order.into.folder, 'data');
  const release = releaseFor(manifest.major);
  const look = await lookSteps(conn, { data, release, account: repository.account, manifest });
  const last =
    'then put it in the place of the old data folder, or lead the application to this server, with its own port and settings; take archive_mode out of its postgresql.auto.conf';
  return { ...plan, steps: [...plan.steps, ...[...look, last].map((step) => `you: ${step}`)] };
}

function planOf(order: RestoreOrder, ground: Ground, ctx: EngineContext): RestorePlan {
  const { stored, logUntil, log } = ground;
  const { into, until } = order;
  const reaches = until ?? logUntil;
  const gap =
    log.missingCount > 0
      ? [`nothing behind the gap in the log can be replayed: ${log.missing[0]} is missing`]
      : [];
  const at = into.kind === 'folder' ? into.folder : 'a folder';
  return {
    impossible: obstacleTo(order, ground, ctx),
    reaches,
    losses: [
      `what was committed since ${said(reaches, ctx)} (${formatDuration(Math.max(0, ctx.clock.now() - reaches))})`,
      ...gap,
    ],
    steps: [
      `restore ${stored.label} with pgBackRest into ${at}/data, every file compared with its checksum`,
      `replay the log ${until === null ? `to its end at ${log.to}` : `to ${said(until, ctx)}`} on a socket that nobody else reaches, promote, stop`,
    ],
    restoredBytes: stored.info.size,
  };
}

function obstacleTo(
  order: RestoreOrder,
  { info, stored, log, logUntil }: Ground,
  ctx: EngineContext,
): string | null {
  const { into, until } = order;
  if (into.kind === 'database')
    return 'pgBackRest brings back whole clusters: restore into a folder, start it, and take the database out of it with pg_dump';
  const { endedAt } = heldOf(stored);
  if (until !== null && until < endedAt) {
    const earlier = info.backups.findLast((one) => heldOf(one).endedAt <= until);
    const remedy = earlier ? `restore ${earlier.label}` : 'no backup here is as old';
    return `${stored.label} was whole at ${said(endedAt, ctx)}, after ${said(until, ctx)}: ${remedy}`;
  }
  if (
    log.to === null ||
    log.missing.some((name) => stored.archive.stop !== null && name <= stored.archive.stop)
  )
    return `the log that ${stored.label} itself needs has a gap (${log.missing.join(', ')}): restore another backup`;
  if (until !== null && until > logUntil) {
    const why =
      log.missingCount > 0
        ? `: ${log.missing[0]} is missing`
        : ': SELECT pg_switch_wal() on a living server brings it on';
    return `the log in the repository goes to ${said(logUntil, ctx)}${why}`;
  }
  return into.kind === 'folder' ? folderObstacle(into.folder) : null;
}

/** In the place of the living one it is to archive again. */
const afterwards = (data: string) => [
  commandLine(['sed', '-i', '/^archive_mode/d', join(data, 'postgresql.auto.conf')]),
];

/** Into an empty folder. The cluster is in `data` below it, promoted and stopped, with the settings that stood in it. */
export async function restore(
  _conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const ground = await groundOf(order, ctx);
  const plan = planOf(order, ground, ctx);
  const { into } = order;
  if (plan.impossible !== null || into.kind !== 'folder')
    throw new Error(plan.impossible ?? 'restores into a folder');
  const from = ctx.clock.monotonic();
  const filled = await fillFolder(into.folder, () => fill(into.folder, order, ground, ctx));
  return {
    reached: filled.reached,
    tookMs: Math.round(ctx.clock.monotonic() - from),
    with: filled.with,
    ...(filled.short !== null && { short: filled.short }),
    at: `${join(into.folder, 'data')}; the log of its recovery is ${join(into.folder, 'recovery.log')}${filled.note}`,
  };
}

async function fill(
  folder: string,
  order: RestoreOrder,
  ground: Ground,
  ctx: EngineContext,
): Promise<{ with: string; reached: number | null; note: string; short: string | null }> {
  const { repository, stored, manifest } = ground;
  const { until } = order;
  demandRoom(folder, stored.info.size, order.into.kind === 'folder' ? order.into.folder : undefined);
  demandPassage(folder, repository);
  give(folder, repository.account);
  const target = until === null ? ({ kind: 'end' } as const) : untilMoment(until);
  const release = releaseFor(manifest.major);
  const { superuser } = manifest;
  const found = await recover(
    release,
    repository,
    { stored, superuser, home: folder, target, isEndEnough: true },
    ctx,
  );
  try {
    await found.server.close();
  } finally {
    await found.server.stop();
  }
  if (until !== null) demandReached(order, until, found, ctx);
  const { data, home, account } = found.place;
  const auto = join(data, 'postgresql.auto.conf');
  writeFileSync(auto, found.ownSettings);
  renameSync(join(home, 'log'), join(home, 'recovery.log'));
  give(join(home, 'recovery.log'), account);
  layMissingSettings({ data, account, manifest });
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'lock'])
    rmSync(join(home, name), { recursive: true, force: true });
  const spaces = join(home, 'tablespaces');
  if (readdirSync(spaces).length === 0) rmdirSync(spaces);
  return {
    with: `PostgreSQL ${found.server.version}`,
    reached: found.committedAt ?? heldOf(stored).endedAt,
    note: noteOf(order, found, ctx),
    short: until === null ? shortOf(found, ground, order, ctx) : null,
  };
}

/**
 * What lies in the repository by its own account and was not brought back by a replay of the whole log: a file that cannot
 * be fetched looks to the server like the end of it.
 */
function shortOf(
  { lsn, committedAt }: Recovery,
  { log, manifest: { segmentBytes } }: Ground,
  { heartbeats = [] }: RestoreOrder,
  ctx: EngineContext,
): string | null {
  const ended = `it ended at ${formatLsn(lsn)}${committedAt === null ? '' : `, with a commit of ${said(committedAt, ctx)}`}`;
  if (log.missingCount > 0)
    return `${ended}: ${log.missing[0]} of the log is missing, and nothing after it can be replayed`;
  const last = log.to === null ? null : segmentOf(log.to, segmentBytes);
  if (last === null) return null;
  const end = (last.number + 1) * segmentBytes;
  const beats = heartbeats.map((beat) => ({ ...beat, lsn: withoutHeader(beat.lsn) }));
  const lacking = lackingAfter(beats, { lsn, end, segmentBytes });
  if (lacking === null) return null;
  return lacking === 'end'
    ? `${ended}, and the log lies in the repository up to ${log.to}: what comes next cannot be read`
    : `${ended}, before ${formatLsn(lacking.lsn)} of the heartbeat of ${said(lacking.at, ctx)}, and the log lies in the repository up to ${log.to}: what comes next cannot be read`;
}

/** Without a heartbeat nobody can tell a server at rest from log that never came. */
function noteOf(
  { until, heartbeats = [] }: RestoreOrder,
  { isEnd, committedAt }: Recovery,
  ctx: EngineContext,
): string {
  if (!isEnd || until === null || expectedAt(heartbeats, until) !== null) return '';
  const last = committedAt === null ? 'the end of the backup' : said(committedAt, ctx);
  return `; the log holds nothing committed between ${last} and ${said(until, ctx)}: compare with what you know of that time`;
}

/** What the server says of its recovery, held against what is known from outside. */
function demandReached(
  { heartbeats = [] }: RestoreOrder,
  until: number,
  { committedAt, lsn }: { readonly committedAt: number | null; readonly lsn: number },
  ctx: EngineContext,
): void {
  if (committedAt !== null && committedAt > until)
    throw new Error(`a commit of ${said(committedAt, ctx)} is in it, after ${said(until, ctx)}`);
  const expected = expectedAt(heartbeats, until);
  if (expected && lsn < expected.reached.lsn)
    throw new Error(
      `the log was replayed to ${formatLsn(lsn)} only; what was committed until ${said(expected.reached.at, ctx)} is not in it`,
    );
}

function demandPassage(folder: string, { account }: Repository): void {
  if (account === undefined) return;
  chmodSync(folder, 0o700);
  for (let path = dirname(folder); path !== dirname(path); path = dirname(path)) {
    const { mode, uid } = statSync(path);
    if (uid !== account.uid && (mode & 0o001) === 0)
      throw new Error(
        `${account.name}, who owns the cluster, cannot pass through ${path}: chmod o+x ${path}`,
      );
  }
}
