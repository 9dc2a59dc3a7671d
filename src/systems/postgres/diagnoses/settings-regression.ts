import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { isSameValue, isSettingName, objectionTo } from '../actions/setting-bounds.ts';
import type { PostgresConnection } from '../client.ts';
import { bytesInWords } from '../in-words.ts';
import { look } from './evidence.ts';
import { explain } from './explain.ts';
import { type Load, statementLoad } from './statement-load.ts';

type Row = Readonly<Record<string, Scalar>>;

/** Settings that the planner chooses plans by, and that a session may try out without effect on anybody else. */
const ofPlanner =
  /^(random_page_cost|seq_page_cost|cpu_\w+_cost|parallel_\w+_cost|effective_cache_size|enable_\w+|from_collapse_limit|join_collapse_limit|max_parallel_workers_per_gather)$/;
const ofMemory = new Set(['work_mem', 'hash_mem_multiplier']);

/** Probes see a setting up to a minute after it was made, and an alert may be dated by its last good sample. */
const slackMs = 60_000;
/** Less temporary data within the two seconds of the look is a sort that has always been there (J). */
const leastTempBytes = 1_048_576;

export const settingsRegression: Diagnosis<PostgresConnection> = {
  id: 'postgres.settings-regression',
  title: 'a changed setting made it worse',
  summary:
    'A setting was changed, and what it governs is worse since: plans that flipped, sorts that spill to disk',
  explains: [
    'postgres.temp-files',
    'postgres.full-scans',
    'postgres.cache-hit',
    'postgres.long-transaction',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.slow-statement',
    'postgres.regressed-statement',
    'postgres.new-statement',
  ],
  async gather(conn, target, ctx) {
    const changed = changedSettings(target, ctx);
    if (changed.length === 0) return [];
    const settings = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'changed-settings',
        title: 'Settings that were changed in the last day, as they are now',
        how: nowSql.trim(),
      },
      async (query) => {
        const now = await query<{
          name: string;
          value: string;
          unit: string | null;
          boot: string | null;
          source: string;
          auto: boolean | null;
        }>(nowSql, [changed.map(({ name }) => name)]);
        const rows = changed.flatMap(({ own, ...change }) => {
          const current = now.find(({ name }) => name === change.name);
          if (current === undefined) return [];
          // What a role no longer has of its own, it has of the server.
          const earlier = change.before ?? (change.scope === '' ? current.boot : current.value) ?? '';
          const value = change.scope === '' ? current.value : (own ?? current.value);
          return [
            {
              ...change,
              before: withUnit(earlier, current.unit),
              now: withUnit(value, current.unit),
              source: current.source,
              isInAutoConf: current.auto,
            },
          ];
        });
        const onset = Math.min(...ctx.alerts.map(({ since }) => since));
        return {
          facts: { troubleSince: Number.isFinite(onset) ? onset : null },
          table: tableOf(
            ['change', 'scope', 'name', 'before', 'now', 'after', 'at', 'source', 'isInAutoConf'],
            rows,
          ),
        };
      },
    );
    const { evidence, worst } = await statementLoad(conn, target, ctx);
    const flips = await plansBefore(conn, target, ctx, rowsOf(settings), worst);
    return [settings, ...evidence, ...flips];
  },
  conclude,
};

const nowSql = `
SELECT name, setting AS value, unit, boot_val AS boot, source, sourcefile LIKE '%/postgresql.auto.conf' AS auto
  FROM pg_settings WHERE name = ANY ($1)`;

interface Changed {
  readonly change: string;
  /** `role app`, `database shop`; empty for the whole server. */
  readonly scope: string;
  readonly name: string;
  readonly before: string | null;
  /** What a role or database has of its own; our session does not show it. */
  readonly own: string | null;
  readonly after: number;
  readonly at: number;
}

/**
 * The newest change of each setting that has a mechanism. The ledger writes `64kB (configuration file)` for the server,
 * and `role app work_mem` for what a role or database has of its own.
 */
function changedSettings(target: string, ctx: DiagnosisContext): Changed[] {
  const newest = new Map<string, Changed>();
  for (const change of ctx.changes) {
    const isOwn = change.source === 'postgres.role-settings';
    if (change.target !== target || !(isOwn || change.source === 'postgres.settings')) continue;
    for (const difference of change.differences) {
      const [, scope = '', name = ''] = /^(?:(.+) )?(\w+)$/.exec(difference.name) ?? [];
      const isKnown = ofPlanner.test(name) || ofMemory.has(name);
      if (!isKnown || isOwn !== (scope !== '') || newest.has(difference.name)) continue;
      const before = difference.before?.replace(/ \(.*\)$/, '') ?? null;
      const own = isOwn ? difference.after : null;
      newest.set(difference.name, {
        change: change.id,
        scope,
        name,
        before,
        own,
        after: change.after,
        at: change.at,
      });
    }
  }
  return [...newest.values()].slice(0, 5);
}

/** pg_settings counts some in blocks: `16384 8kB`. */
function withUnit(value: string, unit: string | null): string {
  if (unit === null) return value;
  const [, factor = '', base = ''] = /^(\d*)(\D+)$/.exec(unit) ?? [];
  return /^-?\d+(\.\d+)?$/.test(value)
    ? `${factor === '' ? value : Number(value) * Number(factor)}${base}`
    : value;
}

/** How the statements that take most would be planned if the setting were as before. */
async function plansBefore(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
  changed: readonly Row[],
  worst: readonly Load[],
): Promise<Evidence[]> {
  const tried = changed.filter(({ name }) => ofPlanner.test(textOf(name)));
  if (tried.length === 0 || worst.length === 0) return [];
  const piece = await look(
    conn.work,
    target,
    ctx,
    {
      id: 'plans-before',
      title: 'Plans with the setting as it was, beside those of now',
      how: 'SET LOCAL …; EXPLAIN EXECUTE',
    },
    async (query) => {
      const rows: Row[] = [];
      const unseen = new Set<string>();
      for (const { scope, name, before, now: value } of tried) {
        for (const { id, text } of worst.slice(0, 2)) {
          const now = await explain(query, text, { [textOf(name)]: textOf(value) });
          const then = await explain(query, text, { [textOf(name)]: textOf(before) });
          if ('unseen' in now || 'unseen' in then)
            unseen.add(plain('unseen' in now ? now.unseen : 'unseen' in then ? then.unseen : ''));
          else
            rows.push({
              setting: `${textOf(scope)} ${textOf(name)}`.trim(),
              queryid: id,
              now: now.shape,
              before: then.shape,
            });
        }
      }
      return {
        table: tableOf(['setting', 'queryid', 'now', 'before'], rows),
        ...(unseen.size === 0 ? {} : { unseen: [...unseen].join('; ') }),
      };
    },
  );
  return [piece];
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const settings = find(evidence, target, 'changed-settings');
  const troubleSince = settings?.facts?.troubleSince;
  const statements = find(evidence, target, 'statements');
  const flips = rowsOf(find(evidence, target, 'plans-before'));
  return rowsOf(settings).flatMap((row): Finding[] => {
    // Trouble that was there before the change has another cause, whatever the change would do.
    if (typeof troubleSince === 'number' && troubleSince < numberOf(row.after) - slackMs) return [];
    if (isBack(row)) return [];
    const mechanism = flipped(row, flips, statements) ?? spilled(row, statements);
    if (mechanism === undefined) return [];
    return [
      {
        id: 'postgres.settings-regression',
        target,
        summary: `${titleOf(row)} was changed from ${textOf(row.before)} to ${textOf(row.now)}, and ${mechanism.effect}`,
        explanation: `${mechanism.how}${remedyOf(row)} The change was made ${formatDuration(Math.max(0, (settings?.at ?? 0) - numberOf(row.at)))} before this look${typeof troubleSince === 'number' ? ', and the trouble began after it' : ''}.`,
        confidence: mechanism.confidence,
        change: textOf(row.change),
        onset: numberOf(row.at),
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen])),
        recommendations: recommend(row, target),
      },
    ];
  });
}

/** Somebody has put it back meanwhile. */
function isBack(row: Row): boolean {
  const name = textOf(row.name);
  const [now, before] = [textOf(row.now), textOf(row.before)];
  return isSettingName(name) ? isSameValue(name, now, before) : now === before;
}

interface Mechanism {
  readonly effect: string;
  readonly how: string;
  readonly confidence: number;
}

function flipped(row: Row, flips: readonly Row[], statements: Evidence | undefined): Mechanism | undefined {
  const flip = flips.find((one) => one.setting === titleOf(row) && one.now !== one.before);
  if (flip === undefined) return undefined;
  const statement = rowsOf(statements).find((one) => one.queryid === flip.queryid);
  const share = `${Math.round(numberOf(statement?.share) * 100)} %`;
  return {
    effect: `a statement that takes ${share} of the time is planned otherwise since`,
    how: `With ${textOf(row.name)} = ${textOf(row.before)} it would be planned as ${textOf(flip.before)}; now it is ${textOf(flip.now)}. The statement: ${textOf(statement?.statement)}.`,
    // The same planner was asked both ways: only the setting makes the difference.
    confidence: numberOf(statement?.share) >= 0.2 ? 0.9 : 0.6,
  };
}

function spilled(row: Row, statements: Evidence | undefined): Mechanism | undefined {
  if (!ofMemory.has(textOf(row.name)) || !isLess(textOf(row.now), textOf(row.before))) return undefined;
  const temp = numberOf(statements?.facts?.tempBytes);
  if (temp < leastTempBytes) return undefined;
  const spilling = rowsOf(statements).find((one) => numberOf(one.tempBytes) > 0);
  const seconds = numberOf(statements?.facts?.seconds);
  return {
    effect: `statements write ${bytesInWords(temp / Math.max(1, seconds))} a second to temporary files`,
    how: `Sorts and hashes that do not fit into ${textOf(row.name)} go to disk${spilling ? `: ${textOf(spilling.statement)}` : ''}.`,
    // That it spills is measured, and less memory makes it so; that it did not spill before is not.
    confidence: 0.85,
  };
}

const sizes: Readonly<Record<string, number>> = { B: 1, kB: 1_024, MB: 1_048_576, GB: 1_073_741_824 };

function isLess(one: string, other: string): boolean {
  const amount = (value: string) => {
    const [, digits = '', unit = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(value) ?? [];
    return Number(digits) * (sizes[unit] ?? 1);
  };
  return amount(one) < amount(other);
}

function titleOf(row: Row): string {
  return `${textOf(row.scope)} ${textOf(row.name)}`.trim();
}

/** What roles and databases have of their own is put back by people: no action reaches it. */
function remedyOf(row: Row): string {
  const scope = textOf(row.scope);
  if (scope !== '')
    return ` Put it back: ALTER ${scope.replace(/^role /, 'ROLE ').replace(/^database /, 'DATABASE ')} RESET ${textOf(row.name)}; sessions take it on at their next login.`;
  if (row.source === 'database')
    return ` It was set for the database: ALTER DATABASE … RESET ${textOf(row.name)}; sessions take it on at their next login.`;
  return '';
}

function recommend(row: Row, target: string): Recommendation[] {
  const name = textOf(row.name);
  if (!isSettingName(name) || row.scope !== '' || row.source === 'database' || row.source === 'user')
    return [];
  const why = `only ${name} is put back, without a restart`;
  if (row.isInAutoConf === true) return [{ action: 'postgres.reset-setting', target, input: { name }, why }];
  const value = textOf(row.before);
  if (objectionTo(name, value) !== undefined) return [];
  return [{ action: 'postgres.set-setting', target, input: { name, value }, why }];
}
