import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import { changesOf, isRegressed, type Usage, usageOf, usageSql } from '../plans.ts';
import { changed, idsOf } from './gather.ts';

const columns = [
  ...['digest', 'schema', 'text', 'tables', 'calls', 'mean', 'pastMean', 'pastCalls', 'plan', 'pastPlan'],
  ...['indexes', 'pastIndexes', 'keys', 'pastKeys', 'isNewPlan', 'isBound', 'isRegressed'],
];
/** Findings beyond these would hide which matters; the table has them all. */
const most = 3;

export const planChanged: Diagnosis<TidbConnection> = {
  id: 'tidb.plan-changed',
  title: 'a statement became slow',
  summary: 'Which statement became slow, whether its plan changed, and what was changed before that',
  explains: [
    ...['tidb.plan-changed', 'tidb.slow-statements', 'tidb.slow-queries', 'tidb.query-p99', 'tidb.host-cpu'],
    ...['tidb.coprocessor', 'tidb.memory', 'tidb.memory-kills'],
  ],
  async gather(conn, target, ctx) {
    const statements = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'statements',
        title: 'Statements now against the windows before',
        how: `${usageSql('now')};\n${usageSql('before')}`,
      },
      async (db): Promise<Part> => {
        const now = await readOr<Usage>(db, [], usageSql('now'));
        if ('missing' in now) return { unseen: `${now.missing.reason}: ${now.missing.remedy}` };
        const before = await readOr<Usage>(db, [], usageSql('before'));
        if ('missing' in before) return { unseen: `${before.missing.reason}: ${before.missing.remedy}` };
        const changes = changesOf(now.rows.map(usageOf), before.rows.map(usageOf)).slice(0, 20);
        return {
          table: tableOf(
            columns,
            changes.map((change) => ({ ...change, isRegressed: isRegressed(change) })),
          ),
        };
      },
    );
    return [statements, changed(target, ctx)];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const regressed = rowsOf(find(evidence, target, 'statements')).filter((row) => row.isRegressed === true);
  const changes = rowsOf(find(evidence, target, 'changes'));
  return regressed.slice(0, most).map((row): Finding => {
    const isNew = row.isNewPlan === true;
    const change = causeOf(row, changes);
    return {
      id: 'tidb.plan-changed',
      target,
      summary: `${isNew ? 'a statement has a new plan and' : 'a statement with the same plan'} takes ${formatDuration(numberOf(row.mean) * 1_000)} a call instead of ${formatDuration(numberOf(row.pastMean) * 1_000)}: ${textOf(row.text)}`,
      explanation: [
        `${numberOf(row.calls)} calls now, ${numberOf(row.pastCalls)} before; ${Math.round(numberOf(row.keys))} keys a call now, ${Math.round(numberOf(row.pastKeys))} before.`,
        isNew
          ? indexWords(row)
          : 'The plan is the same: look for locks, more data, old versions, or a store that is slow.',
        change ? `Before that: ${textOf(change.summary)}.` : '',
        isNew
          ? `The former plan can be held: CREATE GLOBAL BINDING FROM HISTORY USING PLAN DIGEST '${textOf(row.pastPlan)}'; then ANALYZE TABLE ${textOf(row.tables)}, and SHOW STATS_HEALTHY says how old its statistics are.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: isNew ? 0.85 : 0.55,
      ...(change ? { change: textOf(change.id), onset: numberOf(change.at) } : {}),
      evidence: idsOf(evidence, target),
      unseen: unseenOf(evidence),
      decides: [
        `SELECT PLAN FROM information_schema.CLUSTER_STATEMENTS_SUMMARY WHERE DIGEST = '${textOf(row.digest)}';`,
      ],
      recommendations:
        isNew && row.isBound !== true && textOf(row.pastPlan) !== ''
          ? [
              {
                action: 'tidb.bind-plan',
                target,
                input: { statement: textOf(row.digest), plan: textOf(row.pastPlan) },
                why: 'the former plan was so much quicker, and a binding is dropped at once',
              },
            ]
          : [],
    };
  });
}

function indexWords({ indexes, pastIndexes, plan, pastPlan }: Row): string {
  const [now, before] = [textOf(indexes), textOf(pastIndexes)];
  const plans = `Plan ${textOf(pastPlan).slice(0, 12)} became ${textOf(plan).slice(0, 12)}`;
  if (now === before) return `${plans}; both use ${now === '' ? 'no index' : now}.`;
  return `${plans}: it used ${before === '' ? 'no index' : before} and now uses ${now === '' ? 'none' : now}.`;
}

/** A change of an index or table that the statement names, of statistics, or of the optimizer's settings. */
function causeOf(row: Row, changes: readonly Row[]): Row | undefined {
  const tables = textOf(row.tables)
    .split(',')
    .map((table) => table.slice(table.lastIndexOf('.') + 1).trim())
    .filter(Boolean);
  return changes.find(({ kind, summary }) => {
    const text = textOf(summary);
    if (/tidb_opt_|tidb_enable_(auto_analyze|index_merge)|tidb_analyze|tidb_cost_model/.test(text))
      return true;
    return kind === 'schema' && tables.some((table) => text.includes(table));
  });
}
