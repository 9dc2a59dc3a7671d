import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EngineContext,
  type Look,
  type ProofOrder,
  type Proving,
  said,
} from '../../../core/backup/engine.ts';
import { type Finding, type Looking, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { expectedAt, lostBefore } from '../../../core/backup/rpo.ts';
import { sizeOf } from '../../../core/backup/size.ts';
import { give } from '../../../machine/unprivileged.ts';
import type { PostgresConnection } from '../client.ts';
import { amcheck, sameContent, smoke } from './findings.ts';
import { type Checked, checkArchives, checkFiles, reachOf } from './pgbackrest-checks.ts';
import { readInfo, type StoredBackup, storedAs } from './pgbackrest-info.ts';
import { existing } from './pgbackrest-repository.ts';
import {
  type PhysicalManifest,
  physicalManifest,
  readStructure,
  structureDifferences,
  type Witness,
} from './physical-manifest.ts';
import {
  brokenChecksums,
  demandRoom,
  type Pages,
  type PhysicalScratch,
  startPhysical,
} from './physical-scratch.ts';
import { type Release, releaseFor } from './programs.ts';
import { type Recovery, recover, untilMoment } from './recover-pgbackrest.ts';
import type { Target } from './restore-cluster.ts';
import { formatLsn, parseLsn, withoutHeader } from './segments.ts';
import { failureIn } from './server-lack.ts';

const nothing = 'nothing';

export async function prove(
  conn: PostgresConnection,
  order: ProofOrder,
  ctx: EngineContext,
): Promise<Proving> {
  const seen = startLooking(ctx);
  const { look, looks } = seen;
  const failed = { looks, restoredInMs: null, with: nothing };
  let found: Checked | undefined;
  const isThere = await look(0, async () => {
    found = await subjectOf(order, ctx);
    return size(found);
  });
  if (!isThere || found === undefined) return failed;
  const subject = found;
  ctx.progress('checking the sums of every file in the repository');
  if (!(await look(1, () => checkFiles(subject, ctx)))) return failed;
  if (!(await look(2, () => checkArchives(conn, subject, ctx)))) return failed;
  if (order.withoutRestore) return failed;
  return restoreAndLook(subject, order, ctx, seen);
}

async function subjectOf(
  { folder, manifest: given, label }: ProofOrder,
  ctx: EngineContext,
): Promise<Checked> {
  const manifest = physicalManifest.parse(given);
  const repository = existing(folder);
  const info = await readInfo(repository, ctx);
  const stored = storedAs(info, label ?? manifest.label);
  return { repository, info, stored, manifest };
}

/** Whole copies are compared, also of those that hold only what has changed: those differ in size by nature. */
function size({ info, stored }: Checked): Finding {
  const bytesOf = ({ info: sizes }: StoredBackup) => sizes.repository.size ?? sizes.size;
  const others = info.backups.filter(({ label }) => label !== stored.label).map(bytesOf);
  if (stored.error === true)
    return { good: false, detail: 'pages of the server did not match their checksums when it was taken' };
  return sizeOf(bytesOf(stored), others);
}

async function restoreAndLook(
  subject: Checked,
  order: ProofOrder,
  ctx: EngineContext,
  { looks, look }: Looking,
): Promise<Proving> {
  const { manifest } = subject;
  let server: PhysicalScratch | undefined;
  let recovered: Recovery | undefined;
  const result = () => ({
    looks: recovered ? looks.map(withNumbers(recovered, subject, order)) : looks,
    restoredInMs: recovered ? recovered.copyMs + recovered.replayMs : null,
    with: recovered ? `PostgreSQL ${recovered.server.version}` : nothing,
  });
  try {
    let release: Release | undefined;
    const isRestored = await look(3, async () => {
      release = releaseFor(manifest.major);
      recovered = await restored(release, subject, order, ctx);
      server = recovered.server;
      return reached(recovered, subject, order, ctx);
    });
    if (!isRestored || recovered === undefined || server === undefined || release === undefined)
      return result();
    const tools: Release = release;
    const there = recovered.place;
    ctx.progress('looking at pages and indexes');
    await server.close();
    // What was counted is the state of one place in the log; elsewhere only the heartbeats can tell.
    const witness = order.until === undefined ? manifest.witness : null;
    const isWhole = await look(4, async () => {
      const pages = await brokenChecksums(tools, there.data, there.account, ctx);
      server = await startPhysical(tools, there, ctx);
      return structure(tools, server, manifest, witness, pages, ctx);
    });
    const canary = canaryOf(recovered, order, ctx);
    // Without a state to compare with nobody can say that the content holds, nor what an answer is worth.
    if (!isWhole || (witness === null && canary === null)) return result();
    const running = server;
    ctx.progress('comparing rows and sums');
    const isSame = await look(
      5,
      () =>
        canary ?? sameContent((work) => running.use(manifest.database, work), witness?.content ?? [], ctx),
    );
    if (isSame && order.smoke.length > 0)
      await look(6, () => running.use(manifest.database, (client) => smoke(client, order.smoke)));
    return result();
  } finally {
    await server?.stop();
  }
}

async function restored(
  release: Release,
  checked: Checked,
  { scratch, until, heartbeats }: ProofOrder,
  ctx: EngineContext,
): Promise<Recovery> {
  const { repository, stored, manifest } = checked;
  const isEndEnough = until !== undefined && until <= (await reachOf(checked, heartbeats, ctx)).until;
  demandRoom(scratch, stored.info.size);
  const home = join(scratch, 'server');
  mkdirSync(home, { mode: 0o700 });
  give(scratch, repository.account);
  const { witness, superuser } = manifest;
  const counted: Target = witness ? { kind: 'place', lsn: witness.lsn } : { kind: 'immediate' };
  const target = until === undefined ? counted : untilMoment(until);
  return recover(release, repository, { stored, superuser, home, target, isEndEnough }, ctx);
}

function reached(
  { lsn, committedAt, server }: Recovery,
  { manifest: { witness } }: Checked,
  { until }: ProofOrder,
  ctx: EngineContext,
): Finding {
  const to = `replayed to ${formatLsn(lsn)} and promoted as PostgreSQL ${server.version}`;
  if (until === undefined && witness !== null && withoutHeader(lsn) < withoutHeader(parseLsn(witness.lsn)))
    return { good: false, detail: `${to}, and not to ${witness.lsn}, where it was counted` };
  if (until !== undefined && committedAt !== null && committedAt > until)
    return {
      good: false,
      detail: `${to}; a commit of ${said(committedAt, ctx)} is in it, after ${said(until, ctx)}`,
    };
  return { good: true, detail: to };
}

/** Heartbeats lie outside the database, so a restore cannot agree with itself; null where none can tell. */
function canaryOf(
  { lsn }: Recovery,
  { until, heartbeats = [] }: ProofOrder,
  ctx: EngineContext,
): Finding | null {
  if (until === undefined) return null;
  const expected = expectedAt(heartbeats, until);
  if (expected === null) return null;
  const { at, lsn: least } = expected.reached;
  const beat = `the heartbeat ${formatLsn(least)} of ${said(at, ctx)}`;
  return lsn >= withoutHeader(least)
    ? { good: true, detail: `as of ${said(until, ctx)}: past ${beat}` }
    : {
        good: false,
        detail: `replayed to ${formatLsn(lsn)} only, before ${beat}: what was committed until then is lost`,
      };
}

function withNumbers(
  { lsn, copyMs, replayMs, logBytes }: Recovery,
  { stored }: Checked,
  order: ProofOrder,
): (look: Look) => Look {
  const until = order.until ?? null;
  const lostMs = lostBefore(order.heartbeats, lsn, until);
  const measured = { until, lostMs, bytes: stored.info.size, copyMs, logBytes, replayMs };
  return (look) => (look.level === 3 ? { ...look, measured } : look);
}

async function structure(
  release: Release,
  server: PhysicalScratch,
  { database }: PhysicalManifest,
  witness: Witness | null,
  pages: Pages,
  { signal, clock }: EngineContext,
): Promise<Finding> {
  const login = ['--host', server.socket, '--username', server.user, '--no-password'];
  // Counted first: amcheck brings an extension and its functions.
  const differences = witness
    ? structureDifferences(witness.structure, await server.use(database, readStructure))
    : [];
  const indexes = await amcheck(release, login, ['--all'], { signal, clock });
  if (pages.wrong !== null)
    return { good: false, detail: [pages.wrong, indexes].filter((one) => one !== null).join('; ') };
  if (indexes !== null) throw failureIn(indexes);
  const matches = pages.hasChecksums ? 'every page matches its checksum' : 'pages have no checksums';
  return saidOf(differences, `amcheck finds every row in its indexes; ${matches}`);
}
