import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { bytesInWords } from '../in-words.ts';
import type { Query } from '../session.ts';
import { look } from './evidence.ts';

type Facts = Readonly<Record<string, Scalar>>;

const windowMs = 2_000;
const historyMs = 1_800_000;

/** PostgreSQL itself warns when checkpoints for want of WAL come faster than checkpoint_warning, 30 s; twice that (J). */
const frequentSeconds = 60;

const stateSql = `
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS written,
       pg_size_bytes(current_setting('max_wal_size'))::float8 AS "maxWalBytes",
       current_setting('checkpoint_completion_target')::float8 AS "completionTarget",
       extract(epoch FROM current_setting('checkpoint_timeout')::interval)::float8 AS "timeoutSeconds",
       (SELECT sourcefile LIKE '%/postgresql.auto.conf' FROM pg_settings WHERE name = 'max_wal_size') AS "isInAutoConf"`;

export const checkpointStorm: Diagnosis<PostgresConnection> = {
  id: 'postgres.checkpoint-storm',
  title: 'checkpoints follow each other',
  summary: 'Checkpoints follow each other because max_wal_size is small for what is written',
  explains: ['postgres.early-checkpoints', 'postgres.session-writes'],
  async gather(conn, target, ctx) {
    const about = {
      id: 'wal-rate',
      title: 'Write-ahead log written within two seconds, against max_wal_size',
      how: stateSql.trim(),
    };
    const first = await look(conn.work, target, ctx, about, readState);
    if (first.unseen !== undefined || first.facts?.standby === true) return [first];
    const begun = ctx.clock.monotonic();
    await ctx.clock.sleep(windowMs, ctx.signal).catch(() => {});
    const second = await look(conn.work, target, ctx, about, readState);
    const seconds = (ctx.clock.monotonic() - begun) / 1_000;
    const perSecond =
      (numberOf(second.facts?.written) - numberOf(first.facts?.written)) / Math.max(seconds, 0.1);
    const requested = await grownOf(ctx, target, 'postgres.checkpoints.requested');
    const timed = await grownOf(ctx, target, 'postgres.checkpoints.timed');
    const facts = { ...second.facts, ...lowered(target, ctx), bytesPerSecond: perSecond, requested, timed };
    return [{ ...second, facts }];
  },
  conclude,
};

/** Whether somebody changed in the last day how much is written between checkpoints. */
function lowered(target: string, ctx: DiagnosisContext): Record<string, Scalar> {
  for (const { id, target: made, source, differences } of ctx.changes) {
    if (made !== target || source !== 'postgres.settings') continue;
    const size = differences.find(({ name }) => name === 'max_wal_size');
    if (size)
      return {
        change: id,
        changedFrom: size.before ?? 'the default',
        changedTo: size.after ?? 'the default',
      };
  }
  return { change: null };
}

async function readState(query: Query): Promise<{ facts: Record<string, Scalar> }> {
  const [server] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (server?.standby) return { facts: { standby: true } };
  const [row] = await query<Record<string, Scalar>>(stateSql);
  return { facts: { standby: false, ...row } };
}

async function grownOf(ctx: DiagnosisContext, target: string, metric: string): Promise<number | null> {
  const now = ctx.clock.now();
  const series = await ctx.history(target, metric, { from: now - historyMs, to: now });
  const [values] = series.map((one) => one.values);
  if (values === undefined || values.length < 2) return null;
  return values.reduce((sum, value, at) => sum + Math.max(0, value - (values[at - 1] ?? value)), 0);
}

/** A checkpoint begins when max_wal_size ÷ (1 + checkpoint_completion_target) were written (xlog.c, CalculateCheckpointSegments). */
function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const rate = find(evidence, target, 'wal-rate');
  const facts = rate?.facts;
  const perSecond = numberOf(facts?.bytesPerSecond);
  if (rate === undefined || facts === undefined || perSecond <= 0) return [];
  const distance = numberOf(facts.maxWalBytes) / (1 + numberOf(facts.completionTarget));
  const timeout = numberOf(facts.timeoutSeconds);
  const everySeconds = distance / perSecond;
  if (everySeconds >= Math.min(frequentSeconds, timeout / 2)) return [];
  const requested = facts.requested;
  const isMeasured = typeof requested === 'number';
  // Only now is a burst; where it was watched and few checkpoints came early, there is no storm.
  if (isMeasured && (requested < 3 || requested < numberOf(facts.timed))) return [];
  const wanted = wantedSize(
    perSecond * timeout * (1 + numberOf(facts.completionTarget)),
    numberOf(facts.maxWalBytes),
  );
  return [
    {
      id: 'postgres.checkpoint-storm',
      target,
      onlySlows: true,
      summary: `a checkpoint every ${formatDuration(everySeconds * 1_000)}: ${bytesInWords(perSecond)} of WAL are written a second and max_wal_size is ${bytesInWords(numberOf(facts.maxWalBytes))}`,
      explanation: `A checkpoint begins after ${bytesInWords(distance)}, long before checkpoint_timeout (${formatDuration(timeout * 1_000)})${isMeasured ? `; ${requested} of the last ${requested + numberOf(facts.timed)} came early` : ''}. Each writes all changed pages at once, and after each every page is written whole to the WAL again: latency goes up and down like a saw.${changedIn(facts)} ${wanted === undefined ? 'Less writing is the remedy: max_wal_size is large already.' : `With max_wal_size = ${wanted} it would be time that begins them; pg_wal takes that much disk.`}`,
      confidence: isMeasured ? 0.85 : 0.65,
      ...(typeof facts.change === 'string' ? { change: facts.change } : {}),
      evidence: [rate.id],
      unseen: [
        'whether this is a bulk load that ends by itself',
        'whether the disk has room for a larger pg_wal',
      ],
      recommendations: recommend(facts, wanted, target),
    },
  ];
}

function changedIn(facts: Facts): string {
  return typeof facts.change === 'string'
    ? ` max_wal_size was changed in the last day, from ${textOf(facts.changedFrom)} to ${textOf(facts.changedTo)}.`
    : '';
}

function recommend(facts: Facts, wanted: string | undefined, target: string): Recommendation[] {
  if (typeof facts.change === 'string' && facts.isInAutoConf === true) {
    const why = 'ALTER SYSTEM made it small; checkpoints would begin by time again';
    return [{ action: 'postgres.reset-setting', target, input: { name: 'max_wal_size' }, why }];
  }
  if (wanted === undefined) return [];
  const why = 'checkpoints would begin by time, not for want of WAL';
  return [{ action: 'postgres.set-setting', target, input: { name: 'max_wal_size', value: wanted }, why }];
}

const gigabyte = 1_073_741_824;
const mostGigabytes = 16;

/** The next power of two in GB, 16 at most; undefined where that is no more than what is set. */
function wantedSize(bytes: number, now: number): string | undefined {
  const size = Math.min(mostGigabytes, 2 ** Math.ceil(Math.log2(Math.max(1, bytes / gigabyte))));
  return size * gigabyte > now ? `${size}GB` : undefined;
}
