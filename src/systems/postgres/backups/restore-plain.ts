import { existsSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EngineContext,
  type Restored,
  type RestoreOrder,
  type RestorePlan,
  said,
} from '../../../core/backup/engine.ts';
import { coveredBy, expectedAt, lackingAfter } from '../../../core/backup/rpo.ts';
import { count } from '../../../core/count.ts';
import { formatDuration } from '../../../core/time.ts';
import { clearUnfinished, workInFolder } from '../../../machine/empty-folder.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { give, serverAccount } from '../../../machine/unprivileged.ts';
import type { PostgresConnection } from '../client.ts';
import { type ReadableLog, readableLog } from './check-plain-log.ts';
import { layMissingSettings, lookSteps } from './look-into.ts';
import { overByHand } from './over-by-hand.ts';
import { type Received, receivedLog } from './plain-log.ts';
import { type PlainManifest, plainManifest, readLogOf } from './plain-manifest.ts';
import type { Release } from './programs.ts';
import { releaseOf } from './prove-plain.ts';
import { clearAway, type Recovered, recover } from './recover-plain.ts';
import { formatLsn, withoutHeader } from './segments.ts';

export async function planRestore(
  conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const manifest = plainManifest.parse(order.manifest);
  const { log, received } = await logFor(conn, order, manifest, ctx);
  const covered = coveredUntil(manifest, log, received, order, ctx.clock.now());
  const reaches = order.until ?? covered;
  const plan = {
    impossible: impossibleFor(order, manifest, log, covered, ctx),
    reaches,
    losses: lossesOf(reaches, log, ctx),
    steps: [...stepsOf(order, log, ctx), ...(await leftOf(conn, order, manifest))],
    restoredBytes: manifest.bytes + log.files.size * manifest.segmentBytes,
  };
  if (order.into.kind !== 'over') return plan;
  return overByHand(conn, plan, { inside: '', afterwards: () => [] }, ctx);
}

interface Known {
  readonly log: ReadableLog;
  readonly received: Received | null;
}

async function logFor(
  conn: PostgresConnection,
  { folder }: RestoreOrder,
  manifest: PlainManifest,
  ctx: EngineContext,
): Promise<Known> {
  const received = await receivedLog(conn, folder, ctx);
  const there = readLogOf(folder, manifest, received?.name ?? null);
  const log = await readableLog({ folder, manifest, log: there }, { thoroughly: false }, ctx);
  return { log, received };
}

/** Null where no heartbeat says it. */
function coveredUntil(
  { endedAt, segmentBytes, until }: PlainManifest,
  log: ReadableLog,
  received: Received | null,
  { heartbeats = [] }: RestoreOrder,
  now: number,
): number | null {
  if (log.files.size === 0) return endedAt;
  const isReceiving = [...log.files.values()].some((path) => path.endsWith('.partial'));
  // How full the file is that is being received, only the server can say.
  const partial = isReceiving && log.missingCount === 0 ? (received?.lsn ?? 0) : 0;
  const confirmed = { lsn: Math.max(until, log.end, partial), at: null, segmentBytes };
  const at = coveredBy(heartbeats, confirmed, now);
  if (at === null) return isReceiving ? null : endedAt;
  // The copy itself is whole by then, whatever the last heartbeat before it knew.
  return Math.max(endedAt, at);
}

function impossibleFor(
  { into, until }: RestoreOrder,
  manifest: PlainManifest,
  log: ReadableLog,
  covered: number | null,
  ctx: EngineContext,
): string | null {
  if (into.kind === 'database')
    return 'a copy of a whole cluster goes into a folder: restore there, start it, and take the database out of it with pg_dump';
  if (into.kind === 'folder' && existsSync(into.folder) && readdirSync(into.folder).length > 0)
    return `${into.folder} is not empty`;
  if (until !== null && until < manifest.endedAt)
    return `this copy was whole at ${said(manifest.endedAt, ctx)} only: choose one that was taken before ${said(until, ctx)}`;
  if (until !== null && until > ctx.clock.now()) return `${said(until, ctx)} has not come yet`;
  const isReceiving = [...log.files.values()].some((path) => path.endsWith('.partial'));
  if (until !== null && covered !== null && until > covered && !isReceiving)
    return `the log here goes to ${said(covered, ctx)} (${formatLsn(log.end)})${gapOf(log)}`;
  return null;
}

function gapOf({ missing, unreadable }: ReadableLog): string {
  if (unreadable !== null) return `; ${unreadable.why}`;
  return missing.length > 0 ? `; ${missing.join(', ')} is missing` : '';
}

function lossesOf(reaches: number | null, log: ReadableLog, ctx: EngineContext): string[] {
  const since =
    reaches === null
      ? 'what the log does not hold yet; no heartbeat says how much that is'
      : `what was committed since ${said(reaches, ctx)} (${formatDuration(Math.max(0, ctx.clock.now() - reaches))})`;
  const broken = brokenWords(log);
  return [since, ...(broken === null ? [] : [broken])];
}

function brokenWords({ missingCount, missing, unreadable }: ReadableLog): string | null {
  if (unreadable !== null) return `${unreadable.why}: nothing after it can be replayed`;
  return missingCount > 0
    ? `${count(missingCount, 'file')} of the log ${missingCount === 1 ? 'is' : 'are'} missing, the first ${missing[0]}: nothing after it can be replayed`
    : null;
}

/** What the archive should hold by all that is known, and was not brought back by a replay of the whole of it. */
function shortOf(
  { lsn, committedAt }: Pick<Recovered, 'lsn' | 'committedAt'>,
  { log, received }: Known,
  manifest: PlainManifest,
  { heartbeats = [] }: RestoreOrder,
  ctx: EngineContext,
): string | null {
  const ended = `it ended at ${formatLsn(lsn)}${committedAt === null ? '' : `, with a commit of ${said(committedAt, ctx)}`}`;
  const broken = brokenWords(log);
  if (broken !== null) return `${ended}: ${broken}`;
  const { segmentBytes, until } = manifest;
  const end = Math.max(until, log.end, received?.lsn ?? 0);
  const beats = heartbeats.map((beat) => ({ ...beat, lsn: withoutHeader(beat.lsn) }));
  const lacking = lackingAfter(beats, { lsn, end, segmentBytes });
  if (lacking === null) return null;
  return lacking === 'end'
    ? `${ended}, and the log lies here up to ${formatLsn(end)}: what comes next cannot be read`
    : `${ended}, before ${formatLsn(lacking.lsn)} of the heartbeat of ${said(lacking.at, ctx)}, which was received: what comes next cannot be read`;
}

function stepsOf({ into, until, folder }: RestoreOrder, log: ReadableLog, ctx: EngineContext): string[] {
  const to = until === null ? 'to its end' : `to ${said(until, ctx)}`;
  return [
    `copy ${folder}/data into ${into.kind === 'folder' ? into.folder : 'an empty folder'}`,
    `lay ${count(log.files.size, 'file')} of the log beside it and replay it ${to}, on a socket that nobody else reaches`,
    'stop it',
  ];
}

async function leftOf(
  conn: PostgresConnection,
  { into }: RestoreOrder,
  manifest: PlainManifest,
): Promise<string[]> {
  if (into.kind !== 'folder') return [];
  const release = releaseOf(manifest);
  const look = await lookSteps(conn, { data: into.folder, release, account: serverAccount(), manifest });
  return [
    ...look,
    'then put the folder in the place of the old data folder, or lead the application to this server, with its own port and settings',
  ].map((step) => `you: ${step}`);
}

export async function restore(
  conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const plan = await planRestore(conn, order, ctx);
  const { into } = order;
  if (plan.impossible !== null || into.kind !== 'folder')
    throw new Error(plan.impossible ?? plan.byHand?.why ?? 'no folder');
  const manifest = plainManifest.parse(order.manifest);
  const known = await logFor(conn, order, manifest, ctx);
  const { log } = known;
  const from = ctx.clock.monotonic();
  const home = homeOf(into.folder);
  return workInFolder(home, async () => {
    give(home, serverAccount());
    const release = releaseOf(manifest);
    const target = order.until === null ? null : { at: order.until };
    const data = join(home, 'data');
    const found = await recover(
      release,
      { folder: order.folder, manifest, log, home, data, into: into.folder, target },
      ctx,
    );
    const { server, place, committedAt, lsn } = found;
    await server.close();
    const expected = order.until === null ? null : expectedAt(order.heartbeats ?? [], order.until);
    if (expected && lsn < expected.reached.lsn)
      throw new Error(
        `the log was replayed to ${formatLsn(lsn)} only; what was committed until ${said(expected.reached.at, ctx)} is not in it`,
      );
    const short = order.until === null ? shortOf(found, known, manifest, order, ctx) : null;
    clearAway(place);
    layMissingSettings({ data, account: place.account, manifest });
    await flush(release, data, ctx);
    // Only an empty one: somebody may have put something there meanwhile.
    if (existsSync(into.folder)) rmdirSync(into.folder);
    renameSync(data, into.folder);
    return {
      reached: order.until ?? committedAt ?? manifest.endedAt,
      tookMs: Math.round(ctx.clock.monotonic() - from),
      with: `PostgreSQL ${server.version}`,
      at: into.folder,
      ...(short !== null && { short }),
    };
  });
}

/** Beside the folder, where the server works that replays the log. */
const homeOf = (folder: string) => `${folder}.upkeep`;

export async function clearRestore(
  _conn: PostgresConnection,
  { into }: Pick<RestoreOrder, 'into'>,
): Promise<string | null> {
  if (into.kind !== 'folder') return null;
  return (await clearUnfinished(homeOf(into.folder))) ? `${homeOf(into.folder)} is removed` : null;
}

/** The server that replayed it flushed nothing. */
async function flush(release: Release, data: string, { signal, clock }: EngineContext): Promise<void> {
  const words = [join(release.bin, 'initdb'), '--sync-only', '--pgdata', data];
  const ended = await spawnProgram(words, { signal, clock, account: serverAccount() });
  if (ended.code !== 0) throw new Error(`initdb --sync-only failed (exit code ${ended.code}): ${ended.text}`);
}
