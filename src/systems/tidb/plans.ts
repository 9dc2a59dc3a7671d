/** Statements by what they ask (digest) and how they are carried out (plan digest). */

/** Of one statement with one plan in one span. */
export interface Usage {
  readonly digest: string;
  readonly plan: string;
  readonly schema: string;
  /** Without literals, cut. */
  readonly text: string;
  readonly tables: string;
  readonly indexes: string;
  readonly calls: number;
  readonly seconds: number;
  /** Keys that TiKV went over. */
  readonly keys: number;
  readonly isBound: boolean;
}

const columns = `DIGEST AS digest, COALESCE(PLAN_DIGEST, '') AS plan, COALESCE(SCHEMA_NAME, '') AS \`schema\`,
       SUBSTRING(MAX(DIGEST_TEXT), 1, 200) AS text, MAX(COALESCE(TABLE_NAMES, '')) AS tables,
       MAX(COALESCE(INDEX_NAMES, '')) AS indexes, SUM(EXEC_COUNT) AS calls, SUM(SUM_LATENCY) / 1000000000.0 AS seconds,
       SUM(EXEC_COUNT * AVG_TOTAL_KEYS) AS \`keys\`, MAX(PLAN_IN_BINDING) AS isBound`;

/**
 * The window that runs (30 minutes unless tidb_stmt_summary_refresh_interval says otherwise) and those before it that
 * are still kept (24, tidb_stmt_summary_history_size); pingcap/docs `statement-summary-tables.md`.
 */
export function usageSql(span: 'now' | 'before'): string {
  const table = span === 'now' ? 'CLUSTER_STATEMENTS_SUMMARY' : 'CLUSTER_STATEMENTS_SUMMARY_HISTORY';
  return `SELECT ${columns}
  FROM information_schema.${table}
 WHERE DIGEST IS NOT NULL AND DIGEST <> '' AND STMT_TYPE IN ('Select', 'Insert', 'Update', 'Delete', 'Replace')
   AND COALESCE(SCHEMA_NAME, '') NOT IN ('mysql', 'information_schema', 'performance_schema', 'metrics_schema')
 GROUP BY DIGEST, PLAN_DIGEST, SCHEMA_NAME ORDER BY seconds DESC LIMIT 500`;
}

export function usageOf(row: Usage): Usage {
  return {
    ...row,
    calls: Number(row.calls),
    seconds: Number(row.seconds),
    keys: Number(row.keys ?? 0),
    isBound: Number(row.isBound ?? 0) > 0,
  };
}

export interface Change {
  readonly digest: string;
  readonly schema: string;
  readonly text: string;
  readonly tables: string;
  readonly calls: number;
  /** Seconds a call, now and before. */
  readonly mean: number;
  readonly pastMean: number;
  readonly pastCalls: number;
  /** Plan that most calls have now, and the best one of before. */
  readonly plan: string;
  readonly pastPlan: string;
  readonly indexes: string;
  readonly pastIndexes: string;
  /** Keys a call. */
  readonly keys: number;
  readonly pastKeys: number;
  /** The plan of now was never used before. */
  readonly isNewPlan: boolean;
  readonly isBound: boolean;
}

/** A mean counts from 20 calls, against a past of 100; both a ratio and a floor, so that no noise is told (J). */
export const least = { calls: 20, pastCalls: 100, ratio: 3, seconds: 0.05 } as const;

/** Statements that both spans know, those that became slowest by the time they cost first. */
export function changesOf(now: readonly Usage[], before: readonly Usage[]): Change[] {
  const past = grouped(before);
  return [...grouped(now)]
    .flatMap(([key, usages]): Change[] => {
      const former = past.get(key);
      if (former === undefined) return [];
      const [calls, pastCalls] = [sum(usages, 'calls'), sum(former, 'calls')];
      const main = most(usages, ({ calls: of }) => of);
      const best = most(
        former.filter((one) => one.calls >= Math.min(least.pastCalls, pastCalls)),
        (one) => -(one.seconds / one.calls),
      );
      if (calls < least.calls || pastCalls < least.pastCalls || main === undefined || best === undefined)
        return [];
      return [
        {
          ...{
            digest: main.digest,
            schema: main.schema,
            text: main.text,
            tables: main.tables,
            calls,
            pastCalls,
          },
          mean: sum(usages, 'seconds') / calls,
          pastMean: sum(former, 'seconds') / pastCalls,
          plan: main.plan,
          pastPlan: best.plan,
          indexes: main.indexes,
          pastIndexes: best.indexes,
          keys: sum(usages, 'keys') / calls,
          pastKeys: sum(former, 'keys') / pastCalls,
          isNewPlan: main.plan !== '' && !former.some(({ plan }) => plan === main.plan),
          isBound: main.isBound,
        },
      ];
    })
    .toSorted((a, b) => b.mean * b.calls - a.mean * a.calls);
}

export function isRegressed({ mean, pastMean }: Pick<Change, 'mean' | 'pastMean'>): boolean {
  return pastMean > 0 && mean >= least.seconds && mean / pastMean >= least.ratio;
}

function grouped(usages: readonly Usage[]): Map<string, Usage[]> {
  return Map.groupBy(usages, ({ schema, digest }) => `${schema} ${digest}`);
}

function sum(usages: readonly Usage[], of: 'calls' | 'seconds' | 'keys'): number {
  return usages.reduce((total, usage) => total + usage[of], 0);
}

function most<T>(all: readonly T[], by: (one: T) => number): T | undefined {
  return all.toSorted((a, b) => by(b) - by(a)).at(0);
}
