import { z } from 'zod';
import { timestamp } from '../../../clock.ts';
import { type ActionContext, defineAction, type Verdict } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { staleFence } from '../../../core/failover-told.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { act } from '../acting.ts';
import { destination, type PostgresConnection } from '../client.ts';
import { type Ground, groundOf, lossOf, objection, type Paired } from '../failover/facts.ts';
import { type Fenced, fenceOld, planFencing } from '../failover/fence.ts';
import { askServer, lsnDifference, standbyStandingOf } from '../failover/standing.ts';
import { type Way, wayOf } from '../failover/switch.ts';
import { conninfoPart, wayBack } from '../failover/way-back.ts';
import { writeThrough } from '../failover/write.ts';
import { bytesInWords } from '../in-words.ts';
import type { Query } from '../session.ts';

const input = z.strictObject({});
const replayWithinMs = 8_000;
const stillMs = 250;
const promote = 'SELECT pg_promote(true, 8) AS promoted';
const wording = { program: commandLine, moment: timestamp };
const limits = { lockTimeoutMs: 2_000, statementTimeoutMs: 20_000 };

const id = 'postgres.promote';

export const promoteStandby = defineAction<PostgresConnection, typeof input>({
  id,
  summary:
    'Makes a standby the primary: fences the old one first, waits for replay, promotes, leads clients over, and writes through their address',
  // The old primary's commits that never arrived are lost by its end; the plan says how many, and nothing else is.
  risk: 'risky',
  input,
  privileges: [
    'GRANT pg_monitor TO upkeep;',
    'GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO upkeep;  -- on the primary',
    '-- where failover.….fence is not declared, to fence a primary that answers:',
    'GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only TO upkeep;',
    'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO upkeep; GRANT pg_signal_backend TO upkeep;',
  ].join('\n'),

  async plan(conn, _input, ctx) {
    const found = pairOf(conn);
    if (typeof found === 'string') return { refused: found };
    const { primary, replica, through, fence } = found.pair.settings;
    const ground = await groundOf(found, ctx);
    if (!('old' in ground)) return { refused: `${replica} is no standby: it is a primary already` };
    const why = objection(ground, found.pair);
    if (why !== undefined) return { refused: why };
    const stale = staleFence(found.pair.settings, (await ctx.applied?.(id)) ?? [], wording);
    if (stale !== null)
      return {
        refused: `${stale}. A program that finds the right server by itself is told apart by an argument: ${primary}`,
      };
    const way = wayOf(found);
    const unfit = await way.unfit(ctx.signal);
    if (unfit !== undefined) return { refused: unfit };
    const fencing = await planFencing(found, ground.old, ctx);
    if ('refused' in fencing) return fencing;
    const [lastLag] = ctx.latest(primary, 'postgres.replication.lag_bytes');
    const loss = lossOf(ground, primary, lastLag, ctx.clock.now());
    const isAlive = ground.old.kind === 'answers';
    return {
      summary: `Promote ${replica} in place of ${primary}, which ${isAlive ? 'answers' : 'does not answer'}; ${loss.words}`,
      steps: stepsOf(way, fencing.steps, through),
      before: {
        system: ground.own.system,
        primary: ground.old.kind,
        received: ground.own.at,
        lagBytes: loss.bytes,
        lagSeconds: loss.seconds,
        unreplayedBytes: ground.standby.unreplayed,
      },
      expect: `${replica} is the primary, ${primary} takes no writes, and a write through ${through} arrives in ${replica}`,
      undo: { possible: false, how: rejoining(found, ground) },
      touches: ['production-change'],
      subjects: ['replay', 'clients'],
      // Without a program it goes on answering, or was gone before.
      ...(fence === null ? {} : { fences: primary }),
      ...(isAlive ? { downtimeMs: 15_000 } : {}),
      verifyWithinMs: 30_000,
      holdMs: 10_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const found = pairOf(conn);
    if (typeof found === 'string') throw new Error(`${found}; nothing was done`);
    const { primary, replica, through } = found.pair.settings;
    const way = wayOf(found);
    const ground = await groundOf(found, ctx);
    if (!('old' in ground)) {
      if (ground.system !== plan.before.system)
        throw new Error(`${replica} is another cluster now; nothing was done`);
      // Only what is past the point of no return is done again.
      const old = await askServer(found.pair.other, ctx);
      if (old.kind === 'answers' && old.writable && old.started !== ground.started)
        throw new Error(
          `${replica} is a primary already and ${primary} takes writes too: a split brain; stop ${primary} first`,
        );
      await way.close(ctx.signal);
      await way.open(ctx.signal);
      return `${replica} was promoted already; clients are led to it`;
    }
    const why = objection(ground, found.pair);
    if (why !== undefined) throw new Error(`${why}; nothing was done`);
    const fencing = await planFencing(found, ground.old, ctx);
    if ('refused' in fencing) throw new Error(`${fencing.refused}; nothing was done`);
    demandSteps(plan, stepsOf(way, fencing.steps, through));
    const fenced = await closeOld(found, way, ground.old, ctx);
    await way.open(ctx.signal);
    return `${fenced.told}; ${replica} was promoted and clients are led to it. ${way.afterwards}. Backups with of: ${primary} must follow in upkeep.yaml: of: ${replica}`;
  },

  async verify(conn, _plan, ctx): Promise<Verdict> {
    const found = pairOf(conn);
    if (typeof found === 'string') return { good: false, detail: found };
    const { primary, replica, through } = found.pair.settings;
    const ground = await groundOf(found, ctx);
    if ('old' in ground) return { good: false, detail: `${replica} is still a standby` };
    const old = await askServer(found.pair.other, ctx);
    const after = { timeline: ground.timeline, primary: old.kind };
    if (old.kind === 'answers' && old.writable && old.started !== ground.started)
      return { good: false, detail: `split brain: ${primary} takes writes as well`, after };
    const notOpen = await wayOf(found).notOpen(ctx.signal);
    if (notOpen !== undefined) return { good: false, detail: notOpen, after };
    const written = await writeThrough(found, ground.started, ctx);
    if ('failed' in written) return { good: false, detail: written.failed, after };
    return {
      good: true,
      detail: `${replica} is the primary (timeline ${ground.timeline}), and a write through ${through} arrived there at ${written.at}`,
      after: { ...after, written: written.at },
    };
  },
});

function pairOf(conn: PostgresConnection): Paired | string {
  const { pair } = conn;
  if (pair === undefined) return 'it belongs to no pair of `failover:`';
  if (pair.side === 'primary')
    return `it is the primary of ${pair.settings.name}: promote ${pair.settings.replica}`;
  return { ...conn, pair };
}

function stepsOf(way: Way, fencing: readonly string[], through: string): string[] {
  return [
    ...way.closeSteps,
    ...fencing,
    'wait until all that was received is replayed',
    promote,
    ...way.openSteps,
    `SELECT pg_logical_emit_message(true, 'upkeep', 'failover')  # through ${through}`,
  ];
}

/** From the last client of the old primary to the promotion. Before that, whatever fails leaves things as they were. */
async function closeOld(
  conn: Paired,
  way: Way,
  old: Parameters<typeof fenceOld>[1],
  ctx: ActionContext,
): Promise<Fenced> {
  await way.close(ctx.signal);
  let fenced: Fenced | undefined;
  try {
    fenced = await fenceOld(conn, old, ctx);
    const { lastAt } = fenced;
    await act(conn, ctx.signal, limits, async (query) => {
      await allReplayed(query, conn, lastAt, ctx);
      const [row] = await query<{ promoted: boolean }>(promote);
      if (!row?.promoted)
        throw new Error(
          `${conn.pair.settings.replica} was told to promote and has not ended recovery in 8 s`,
        );
    });
    return fenced;
  } catch (error) {
    if (await isPromoted(conn, ctx))
      return fenced ?? { told: 'it was promoted meanwhile', lastAt: null, lift: null };
    throw new Error(`${messageOf(error)}. ${await takenBack(conn, way, fenced)}`);
  }
}

async function isPromoted(conn: Paired, ctx: ActionContext): Promise<boolean> {
  const own = await askServer(conn.config, ctx).catch(() => undefined);
  return own?.kind === 'answers' && !own.standby;
}

async function takenBack({ pair }: Paired, way: Way, fenced: Fenced | undefined): Promise<string> {
  const { primary, replica } = pair.settings;
  const isHeld = fenced !== undefined && fenced.lift === null;
  if (isHeld)
    return `${replica} was not promoted; ${primary} stays fenced and closed to clients: plan it anew, or start ${primary} again yourself`;
  try {
    const lifted = await fenced?.lift?.();
    await way.reopen(new AbortController().signal);
    return `${replica} was not promoted, and all is as before${lifted ? ` (${lifted})` : ''}`;
  } catch (error) {
    return `${replica} was not promoted, and ${primary} could not be put back: ${messageOf(error)}`;
  }
}

/**
 * A primary that was killed leaves the beginning of a record behind, which is never replayed and was never committed.
 * @param lastAt where the old primary ended; what it wrote must be here, else it would be lost unsaid
 */
async function allReplayed(
  query: Query,
  { pair }: Paired,
  lastAt: string | null,
  { clock, signal }: ActionContext,
): Promise<void> {
  const until = clock.monotonic() + replayWithinMs;
  let before: string | null = null;
  for (;;) {
    const { unreplayed, replayed, streaming, waitsForMore } = await standbyStandingOf(query);
    const isStill = replayed === before && !streaming && waitsForMore;
    before = replayed;
    const lacking = lastAt === null || replayed === null ? 0 : Math.max(0, lsnDifference(lastAt, replayed));
    if (lacking === 0 && (unreplayed === 0 || isStill)) return;
    if (clock.monotonic() > until)
      throw new Error(
        lacking > 0
          ? `${bytesInWords(lacking)} of what ${pair.settings.primary} wrote have not arrived in 8 s`
          : `${bytesInWords(unreplayed)} were not replayed in 8 s`,
      );
    await clock.sleep(stillMs, signal);
  }
}

function rejoining({ config, pair }: Paired, { own, standby, old }: Ground): string {
  const { name, primary, replica, fence, switch: way } = pair.settings;
  const known = old.kind === 'answers' ? old : null;
  const steps = wayBack({
    ...{ pair: name, primary, replica, place: destination(config) ?? null },
    role: conninfoPart(standby.conninfo ?? '', 'user') ?? null,
    ...{ folder: known?.folder ?? null, configFile: known?.configFile ?? null },
    ...{ canRewind: known?.canRewind ?? null, version: own.version },
    ...{ switchedBy: way.by, hasFence: fence !== null },
  });
  return [
    `A promotion cannot be taken back: ${replica} writes a history of its own from there on. ${primary} comes back as its standby, in this order:`,
    ...steps,
  ].join('\n');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
