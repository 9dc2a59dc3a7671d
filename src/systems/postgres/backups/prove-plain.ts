import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EngineContext,
  type Look,
  type Measured,
  type ProofOrder,
  type Proving,
  said,
} from '../../../core/backup/engine.ts';
import { type Finding, type Looking, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { coveredBy, expectedAt, type Heartbeat, lostBefore } from '../../../core/backup/rpo.ts';
import { sizeOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { Lack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { formatDuration } from '../../../core/time.ts';
import { bytesBelow } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { give, serverAccount } from '../../../machine/unprivileged.ts';
import type { PostgresConnection } from '../client.ts';
import { type ReadableLog, readableLog } from './check-plain-log.ts';
import { readContent } from './content.ts';
import { amcheck, sameContent, smoke, type Use } from './findings.ts';
import { readStructure, structureDifferences, type Witness } from './physical-manifest.ts';
import { brokenChecksums, type PhysicalScratch, startPhysical } from './physical-scratch.ts';
import { receivedLog } from './plain-log.ts';
import {
  dataOf,
  type PlainLog,
  type PlainManifest,
  plainManifest,
  readLogOf,
  readWritten,
} from './plain-manifest.ts';
import { type Release, releaseFor } from './programs.ts';
import { type PlainTarget, type Recovered, recover } from './recover-plain.ts';
import { formatLsn, parseLsn, withoutHeader } from './segments.ts';
import { failureIn } from './server-lack.ts';

export async function prove(
  conn: PostgresConnection,
  order: ProofOrder,
  ctx: EngineContext,
): Promise<Proving> {
  const seen = startLooking(ctx);
  const { look, looks } = seen;
  const failed = { looks, restoredInMs: null, with: 'nothing' };
  const manifest = plainManifest.parse(order.manifest);
  if (!(await look(0, async () => sizeOf(await bytesBelow(dataOf(order.folder)), order.usualBytes))))
    return failed;
  ctx.progress('checking the sums of every file of the copy');
  if (!(await look(1, () => checkFiles(order.folder, manifest, ctx)))) return failed;
  let log: PlainLog | undefined;
  const received = await receivedLog(conn, order.folder, ctx);
  const isWhole = await look(2, async () => {
    const there = readLogOf(order.folder, manifest, received?.name ?? null);
    const found = await readableLog(
      { folder: order.folder, manifest, log: there },
      { thoroughly: true },
      ctx,
    );
    log = found;
    return checkLog(found, manifest, order.heartbeats ?? [], ctx);
  });
  if (!isWhole || log === undefined || order.withoutRestore) return failed;
  return restoreAndLook({ manifest, log, order }, seen, ctx);
}

async function checkFiles(folder: string, manifest: PlainManifest, ctx: EngineContext): Promise<Finding> {
  if (readWritten(folder).sha256 !== manifest.manifestSha256)
    return { good: false, detail: 'backup_manifest has another checksum than when it was written' };
  const release = releaseOf(manifest);
  const words = [join(release.bin, 'pg_verifybackup'), dataOf(folder)];
  const { code, text } = await spawnProgram(words, ctx);
  const good = code === 0 && /backup successfully verified/.test(text) && !/error:/.test(text);
  return good
    ? { good, detail: 'every file, and the log that the copy needs, is as it was written' }
    : { good: false, detail: `pg_verifybackup (exit code ${code}): ${plain(text, 500)}` };
}

function checkLog(
  log: ReadableLog,
  { segmentBytes, from, until, endedAt }: PlainManifest,
  heartbeats: readonly Heartbeat[],
  ctx: EngineContext,
): Finding {
  const { missing, missingCount, to, files, unreadable } = log;
  const covered = coveredBy(heartbeats, { lsn: log.end, at: null, segmentBytes }, ctx.clock.now());
  const soundUntil = covered === null ? null : Math.max(endedAt, covered);
  const ends = {
    ...{ good: false, gap: 'behind' as const },
    ...(soundUntil !== null && { soundUntil }),
  };
  const rest =
    soundUntil === null
      ? 'it can be restored, and nothing after that'
      : `it can be restored, to ${said(soundUntil, ctx)}, and nothing after that`;
  if (unreadable !== null) return { ...ends, detail: `${unreadable.why}; ${rest}` };
  if (missingCount > 0 && (to !== null || log.newest !== null))
    return {
      // The copy has beside itself what it needs to be whole.
      ...ends,
      detail: `${count(missingCount, 'file of the log is', 'files of the log are')} missing after it: ${missing.join(', ')}; ${rest}`,
    };
  if (to === null && files.size === 0)
    return { good: true, detail: `the copy has the log up to its own end ${formatLsn(until)}; none follows` };
  const many = count(files.size, 'file');
  return {
    good: true,
    detail: `${many} of ${segmentBytes / 2 ** 20} MiB from ${formatLsn(from)} on, without a gap`,
  };
}

/** A copy of the files can be read by its own release alone. */
export function releaseOf({ major }: PlainManifest): Release {
  const release = releaseFor(major);
  if (release.major === major) return release;
  throw new Lack(
    `PostgreSQL ${major} is not installed here, and a copy of its files needs exactly that: apt-get install postgresql-${major}`,
  );
}

interface Subject {
  readonly manifest: PlainManifest;
  readonly log: PlainLog;
  readonly order: ProofOrder;
}

async function restoreAndLook(
  subject: Subject,
  { looks, look }: Looking,
  ctx: EngineContext,
): Promise<Proving> {
  const { manifest, order } = subject;
  let server: PhysicalScratch | undefined;
  let recovered: Recovered | undefined;
  const all: Look[] = [];
  const result = () => ({
    looks: [...all, ...looks.slice(all.length)],
    restoredInMs: recovered ? recovered.copyMs + recovered.replayMs : null,
    with: recovered ? `PostgreSQL ${recovered.server.version}` : 'nothing',
  });
  try {
    let release: Release | undefined;
    const target = targetOf(subject);
    const isRestored = await look(3, async () => {
      release = releaseOf(manifest);
      recovered = await recovery(release, subject, target, ctx);
      server = recovered.server;
      return reachedFar(recovered, subject, target);
    });
    all.push(...looks.map((one) => (recovered && one.level === 3 ? measured(one, recovered, subject) : one)));
    if (!isRestored || recovered === undefined || server === undefined || release === undefined)
      return result();
    const tools: Release = release;
    const { place } = recovered;
    ctx.progress('looking at pages and indexes');
    await server.close();
    const witness = isAtWitness(target) ? manifest.witness : null;
    const holds = await look(4, async () => {
      const pages = await brokenChecksums(tools, place.data, place.account, ctx);
      server = await startPhysical(tools, place, ctx);
      if (pages.wrong !== null) return { good: false, detail: pages.wrong };
      return structure(tools, server, manifest, witness, pages.hasChecksums, ctx);
    });
    if (!holds) return result();
    const running = server;
    const found = recovered;
    ctx.progress('reading every row');
    const isSame = await look(5, () =>
      running.use(manifest.database, async (client) => {
        const canary = canaryOf(found, order, target, ctx);
        if (!canary.good) return canary;
        const use: Use = (work) => running.use(manifest.database, work);
        if (witness) return together(canary, await sameContent(use, witness.content, ctx));
        const ask = async <Row extends object>(sql: string) => (await client.query(sql)).rows as Row[];
        const tables = await readContent(ask, () => ctx.signal.throwIfAborted());
        return together(canary, {
          good: true,
          detail: `every row of ${count(tables.length, 'table')} was read`,
        });
      }),
    );
    if (isSame && order.smoke.length > 0)
      await look(6, () => running.use(manifest.database, (client) => smoke(client, order.smoke)));
    return result();
  } finally {
    await server?.stop();
  }
}

/** The moment that was asked for; else the place that was counted, where the log goes so far; else its end. */
function targetOf({ manifest, log, order }: Subject): PlainTarget {
  if (order.until !== undefined) return { at: order.until };
  const { witness, segmentBytes } = manifest;
  const isReceiving = [...log.files.values()].some((path) => path.endsWith('.partial'));
  const end = log.end + (isReceiving ? segmentBytes : 0);
  return witness !== null && parseLsn(witness.lsn) < end ? { before: witness.lsn } : null;
}

const isAtWitness = (target: PlainTarget) => target !== null && 'before' in target;

function recovery(
  release: Release,
  { manifest, log, order }: Subject,
  target: PlainTarget,
  ctx: EngineContext,
): Promise<Recovered> {
  const home = join(order.scratch, 'server');
  mkdirSync(home, { mode: 0o700 });
  give(order.scratch, serverAccount());
  give(home, serverAccount());
  const upTo =
    target === null
      ? undefined
      : 'before' in target
        ? parseLsn(target.before) + manifest.segmentBytes
        : expectedAt(order.heartbeats ?? [], target.at)?.before?.lsn;
  const data = join(home, 'data');
  return recover(release, { folder: order.folder, manifest, log, home, data, target, upTo }, ctx);
}

/** A file of the log that ends too early, or cannot be read, looks to the server like the end of it. */
function reachedFar(recovered: Recovered, { log, manifest }: Subject, target: PlainTarget): Finding {
  const { lsn, stopped, server } = recovered;
  const whole = Math.max(manifest.until, log.end - manifest.segmentBytes);
  const wanted = isAtWitness(target) && target && 'before' in target ? parseLsn(target.before) : null;
  if (stopped === null && target === null && lsn < whole)
    return {
      good: false,
      detail: `the log was replayed to ${formatLsn(lsn)} only, and lies here up to ${formatLsn(log.end)}: what comes next cannot be read`,
    };
  if (wanted !== null && lsn < withoutHeader(wanted))
    return {
      good: false,
      detail: `the log was replayed to ${formatLsn(lsn)} only, not to ${formatLsn(wanted)}`,
    };
  const how = stopped === null ? 'to the end of the log' : `stopped ${plain(stopped, 120)}`;
  return {
    good: true,
    detail: `restored into PostgreSQL ${server.version}, replayed to ${formatLsn(lsn)}, ${how}`,
  };
}

/** Heartbeats lie outside the database, so a restore cannot agree with itself. */
function canaryOf(
  { lsn, committedAt }: Recovered,
  order: ProofOrder,
  target: PlainTarget,
  ctx: EngineContext,
): Finding {
  const until = target !== null && 'at' in target ? target.at : null;
  if (until === null) return { good: true, detail: '' };
  if (committedAt !== null && committedAt > until)
    return {
      good: false,
      detail: `a commit of ${said(committedAt, ctx)} is in it, after ${said(until, ctx)}`,
    };
  const expected = expectedAt(order.heartbeats ?? [], until);
  if (expected === null)
    return { good: true, detail: `as of ${said(until, ctx)}, without a heartbeat from then` };
  const { reached } = expected;
  const good = lsn >= reached.lsn;
  const of = `the heartbeat ${formatLsn(reached.lsn)} of ${said(reached.at, ctx)}`;
  return good
    ? { good, detail: `as of ${said(until, ctx)}: past ${of}` }
    : {
        good,
        detail: `replayed to ${formatLsn(lsn)} only, before ${of}: what was committed until then is lost`,
      };
}

function together(a: Finding, b: Finding): Finding {
  return { good: a.good && b.good, detail: [a.detail, b.detail].filter(Boolean).join('; ') };
}

function measured(look: Look, recovered: Recovered, { manifest, order }: Subject): Look {
  const { copyMs, replayMs, logBytes, lsn } = recovered;
  const until = order.until ?? null;
  const lostMs = lostBefore(order.heartbeats, lsn, until);
  const numbers: Measured = { until, lostMs, bytes: manifest.bytes, copyMs, logBytes, replayMs };
  const lost =
    lostMs === null ? '' : `; the last heartbeat before that moment is ${formatDuration(lostMs)} older`;
  return { ...look, detail: `${look.detail}${lost}`, measured: numbers };
}

async function structure(
  release: Release,
  server: PhysicalScratch,
  { database }: PlainManifest,
  witness: Witness | null,
  hasChecksums: boolean,
  { signal, clock }: EngineContext,
): Promise<Finding> {
  const login = ['--host', server.socket, '--username', server.user, '--no-password'];
  const differences = witness
    ? structureDifferences(witness.structure, await server.use(database, readStructure))
    : [];
  const wrong = await amcheck(release, login, ['--all'], { signal, clock });
  if (wrong !== null) throw failureIn(wrong);
  const pages = hasChecksums ? 'every page matches its checksum' : 'pages have no checksums';
  return saidOf(differences, `amcheck finds every row in its indexes; ${pages}`);
}
