/** How much of the server's time each statement takes; texts with their values replaced, bounded in number and length. */
import { statementFingerprint } from '../../../core/novelty/statement-fingerprint.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { grantMonitor } from '../visibility.ts';

const metric = 'postgres.statements.share';
const lookEveryMs = 60_000;
const mostShown = 20;
/** Shorter statements say what they are by then, and labels stay small. */
const mostCharacters = 160;
/** Below a tenth of a processor nothing takes a real share: shares are of at least that much work. */
const leastBusy = 0.1;
const leastShare = 0.001;
/** What is shown no more is 0 for so long, so that its alert ends. */
const keptMs = 2 * 3_600_000;

interface Memory {
  at: number;
  /** queryid -> seconds of execution so far. */
  seconds: ReadonlyMap<string, number>;
  readonly texts: Map<string, string>;
  readonly shownAt: Map<string, number>;
}

const memories = new WeakMap<PostgresConnection, Memory>();

export interface Shares {
  readonly readings: readonly Reading[];
  readonly missing: readonly Missing[];
}

/** At most once a minute; nothing in between. `nowMs` is monotonic. */
export async function statementShares(
  conn: PostgresConnection,
  query: Query,
  schema: string,
  nowMs: number,
): Promise<Shares> {
  const before = memories.get(conn);
  if (before && nowMs - before.at < lookEveryMs) return { readings: [], missing: [] };
  const rows = await query<{ id: string | null; seconds: number; user: string }>(
    `SELECT queryid::text AS id, sum(total_exec_time)::float8 / 1000 AS seconds, current_user::text AS user
       FROM ${schema}.pg_stat_statements(false) GROUP BY queryid`,
  );
  const seconds = new Map(rows.flatMap((row) => (row.id === null ? [] : [[row.id, row.seconds] as const])));
  const memory: Memory = {
    at: nowMs,
    seconds,
    texts: before?.texts ?? new Map(),
    shownAt: before?.shownAt ?? new Map(),
  };
  memories.set(conn, memory);
  const hidden = rows.find((row) => row.id === null);
  const missing = hidden
    ? [
        {
          metrics: [metric],
          reason: 'statements of other roles are hidden',
          remedy: grantMonitor(hidden.user),
        },
      ]
    : [];
  if (!before) return { readings: [], missing };
  const taken = increases(before.seconds, seconds);
  const all = [...taken.values()].reduce((sum, one) => sum + one, 0);
  const work = Math.max(all, (leastBusy * (nowMs - before.at)) / 1_000);
  const top = [...taken]
    .map(([id, spent]) => ({ id, share: spent / work }))
    .filter(({ share }) => share >= leastShare)
    .sort((a, b) => b.share - a.share)
    .slice(0, mostShown);
  await readTexts(
    query,
    schema,
    memory,
    top.map(({ id }) => id),
  );
  return { readings: readingsOf(top, memory), missing };
}

/** A statement that is not in `before` is new or was reset: all it has counts. */
function increases(
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [id, seconds] of now) {
    const last = before.get(id) ?? 0;
    const spent = seconds >= last ? seconds - last : seconds;
    if (spent > 0) found.set(id, spent);
  }
  return found;
}

/** The file with the texts is read only when something unknown takes its share. */
async function readTexts(
  query: Query,
  schema: string,
  memory: Memory,
  ids: readonly string[],
): Promise<void> {
  const { texts } = memory;
  for (const id of texts.keys()) if (!memory.seconds.has(id)) texts.delete(id);
  const unknown = ids.filter((id) => !texts.has(id));
  if (unknown.length === 0) return;
  const rows = await query<{ id: string; text: string }>(
    `SELECT queryid::text AS id, min(left(query, 4000)) AS text
       FROM ${schema}.pg_stat_statements(true) WHERE queryid::text = ANY($1) GROUP BY queryid`,
    [unknown],
  );
  for (const { id, text } of rows) texts.set(id, shortened(statementFingerprint(text)));
}

function shortened(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}…`;
}

function readingsOf(
  top: readonly { id: string; share: number }[],
  { texts, shownAt, at }: Memory,
): Reading[] {
  const shares = new Map<string, number>();
  for (const { id, share } of top) {
    const statement = texts.get(id);
    if (statement !== undefined) shares.set(statement, (shares.get(statement) ?? 0) + share);
  }
  for (const statement of shares.keys()) shownAt.set(statement, at);
  for (const [statement, last] of shownAt) {
    if (at - last > keptMs) shownAt.delete(statement);
    else if (!shares.has(statement)) shares.set(statement, 0);
  }
  return [...shares].map(([statement, value]) => ({ metric, value, labels: { statement } }));
}
