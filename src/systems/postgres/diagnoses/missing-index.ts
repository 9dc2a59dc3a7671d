import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { equalityColumns } from './explain.ts';
import { bestTrial, type Trial, triedIndexes } from './hypothetical.ts';
import { statementLoad } from './statement-load.ts';

type Row = Readonly<Record<string, Scalar>>;

/** PgHero's floor for a table that deserves an index by its reads; below, a scan costs nothing that anybody notices. */
const leastRows = 10_000;
/** A statement below both a tenth of the time spent and 20 ms (PgHero's slow) explains no trouble. */
const leastShare = 0.1;
const leastMeanMs = 20;

export const missingIndex: Diagnosis<PostgresConnection> = {
  id: 'postgres.missing-index',
  title: 'a large table is read whole for want of an index',
  summary:
    'A statement that takes much of the time reads a large table whole, because an index is missing or was dropped',
  explains: [
    'postgres.full-scans',
    'postgres.cache-hit',
    'postgres.temp-files',
    'postgres.long-transaction',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.slow-statement',
    'postgres.regressed-statement',
    'postgres.new-statement',
    'postgres.unindexed-foreign-key',
  ],
  async gather(conn, target, ctx) {
    const load = await statementLoad(conn, target, ctx);
    const tried = await triedIndexes(conn, target, ctx, load);
    return [...load.evidence, ...tried, ...droppedIndexes(target, ctx)];
  },
  conclude,
};

/** Indexes that went away lately, as the ledger of changes has them. */
function droppedIndexes(target: string, ctx: DiagnosisContext): Evidence[] {
  const rows = ctx.changes
    .filter((change) => change.target === target && change.source === 'postgres.schema')
    .flatMap((change) =>
      change.differences
        .filter(({ name, before, after }) => name.startsWith('index ') && before !== null && after === null)
        .map(({ name, before }) => ({
          change: change.id,
          index: name.slice(6),
          definition: before,
          after: change.after,
          at: change.at,
        })),
    );
  if (rows.length === 0) return [];
  return [
    {
      id: `${target}.dropped-indexes`,
      target,
      title: 'Indexes that were dropped in the last day',
      at: ctx.clock.now(),
      how: `upkeep change list ${target} --since 24h`,
      table: tableOf(['change', 'index', 'definition', 'after', 'at'], rows),
    },
  ];
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const statements = rowsOf(find(evidence, target, 'statements'));
  const plans = find(evidence, target, 'plans');
  const dropped = rowsOf(find(evidence, target, 'dropped-indexes'));
  const indexes = rowsOf(find(evidence, target, 'indexes'));
  const told = new Set<string>();
  return rowsOf(plans).flatMap((plan): Finding[] => {
    const statement = statements.find((row) => row.queryid === plan.queryid);
    const columns = equalityColumns(textOf(plan.filter));
    const place = `${textOf(plan.schema)}.${textOf(plan.table)}`;
    if (statement === undefined || columns.length === 0 || numberOf(plan.tableRows) < leastRows) return [];
    if (numberOf(statement.share) < leastShare && numberOf(statement.meanMs) < leastMeanMs) return [];
    const isServed = indexes.some(
      (index) =>
        index.schema === plan.schema &&
        index.table === plan.table &&
        index.valid === true &&
        columns.includes(textOf(index.firstColumn)),
    );
    if (isServed || told.has(`${place} ${columns.join()}`)) return [];
    told.add(`${place} ${columns.join()}`);
    const lost = dropped
      .map(parsed)
      .find((one) => one?.place === place && columns.includes(one.columns[0]?.column ?? ''));
    const unparsed = dropped.find(
      (row) =>
        textOf(row.definition).includes(` ON ${place} `) || textOf(row.definition).includes(`${place} USING`),
    );
    return [
      findingOf({
        evidence,
        target,
        plan,
        statement,
        columns,
        place,
        lost,
        unparsed: lost ? undefined : unparsed,
        trial: bestTrial(evidence, target, plan),
      }),
    ];
  });
}

interface Definition {
  readonly place: string;
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly unique: boolean;
  readonly columns: readonly { column: string; descending: boolean }[];
  readonly text: string;
  readonly change: string;
  readonly since: number;
}

/** Only the plain form: no expression, predicate, operator class or collation. Anything else is for people to repeat. */
function parsed(row: Row): Definition | undefined {
  const text = textOf(row.definition);
  const found =
    /^CREATE (UNIQUE )?INDEX (\w+) ON (\w+)\.(\w+) USING btree \(((?:\w+(?: DESC)?)(?:, \w+(?: DESC)?)*)\)$/.exec(
      text,
    );
  if (!found) return undefined;
  const [, unique, index = '', schema = '', table = '', keys = ''] = found;
  const columns = keys.split(', ').map((key) => ({
    column: key.replace(/ DESC$/, ''),
    descending: key.endsWith(' DESC'),
  }));
  return {
    place: `${schema}.${table}`,
    ...{ schema, table, index, columns, text },
    unique: unique !== undefined,
    change: textOf(row.change),
    since: numberOf(row.at),
  };
}

function findingOf(about: {
  evidence: readonly Evidence[];
  target: string;
  plan: Row;
  statement: Row;
  columns: readonly string[];
  place: string;
  lost: Definition | undefined;
  unparsed: Row | undefined;
  trial: Trial | undefined;
}): Finding {
  const { evidence, target, plan, statement, columns, place, lost, unparsed, trial } = about;
  const isVain = trial !== undefined && !helps(trial);
  const share = `${Math.round(numberOf(statement.share) * 100)} %`;
  const mean = `${numberOf(statement.meanMs).toFixed(1)} ms`;
  const cost = `it takes ${share} of the time spent in statements, ${mean} a call`;
  const scan = `EXPLAIN shows that it reads all ${Math.round(numberOf(plan.tableRows))} rows of ${place} and keeps those with ${textOf(plan.filter)}; no valid index begins with ${columns.join(' or ')}.`;
  const change = lost?.change ?? (unparsed ? textOf(unparsed.change) : undefined);
  const gone = lost?.index ?? (unparsed ? textOf(unparsed.index) : undefined);
  return {
    id: 'postgres.missing-index',
    target,
    onlySlows: true,
    summary:
      gone === undefined
        ? `${place} has no index on ${columns.join(', ')}: a statement reads all of it, ${cost}`
        : `index ${gone} of ${place} was dropped: a statement now reads the whole table, ${cost}`,
    explanation: [
      `The statement: ${textOf(statement.statement)}.`,
      scan,
      lost ? `The ledger has it dropped: ${lost.text}.` : '',
      unparsed
        ? `The ledger has it dropped; build it again by hand, concurrently: ${textOf(unparsed.definition)}.`
        : '',
      trial ? sayTrial(trial) : '',
      'Building an index concurrently locks no writer out; it takes a while, disk, and one more write for each row.',
    ]
      .filter(Boolean)
      .join(' '),
    // The plan and what is gone agree: sure. Without a change, an index would help, which is not the same as a cause.
    confidence: lost ? 0.95 : unparsed ? 0.85 : trial === undefined ? 0.65 : isVain ? 0.4 : 0.75,
    ...(change === undefined || change === '' ? {} : { change }),
    ...(lost || unparsed ? { onset: lost?.since ?? numberOf(unparsed?.at) } : {}),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen])),
    recommendations:
      unparsed || (isVain && !lost)
        ? []
        : [recommendation(target, plan, trial?.columns ?? columns, trial !== undefined, lost)],
  };
}

/** An index that takes less than half off the cost is not worth a write for each row (J). */
const worthwhile = 0.5;

function helps({ isUsed, cost, costWith }: Trial): boolean {
  return isUsed && costWith <= cost * worthwhile;
}

function sayTrial(trial: Trial): string {
  const { columns, cost, costWith, bytes, isUsed } = trial;
  const keys = columns.join(', ');
  if (!isUsed)
    return `Tried with HypoPG, nothing built: the planner would not use an index on ${keys}, so none is recommended.`;
  const costs = `the cost of the plan would go from ${Math.round(cost)} to ${Math.round(costWith)}`;
  const worth = helps(trial) ? '' : ', which is too little to recommend it';
  return `Tried with HypoPG, nothing built: with an index on ${keys} of about ${Math.max(1, Math.round(bytes / 1_048_576))} MiB ${costs}${worth}.`;
}

function recommendation(
  target: string,
  plan: Row,
  columns: readonly string[],
  isTried: boolean,
  lost: Definition | undefined,
): Recommendation {
  const schema = textOf(plan.schema);
  const table = textOf(plan.table);
  // Without a trial the first column alone: what the others add is not known.
  const keys = isTried ? columns : columns.slice(0, 1);
  const input = lost
    ? { schema, table, index: lost.index, columns: lost.columns, unique: lost.unique }
    : {
        schema,
        table,
        index: `${[table, ...keys].join('_').slice(0, 58)}_idx`,
        columns: keys.map((column) => ({ column })),
      };
  return {
    action: 'postgres.create-index-concurrently',
    target,
    input,
    why: lost
      ? 'it is the index that was dropped, by its own definition'
      : 'statements look rows up by this column and read the whole table for it',
  };
}
