/** Statements that no longer fit the schema, as the server's log words them (PostgreSQL 12 to 18). Pure; the text is untrusted. */
import type { Difference } from '../../../core/change.ts';
import { isOlder } from './server-log.ts';

export type Misfit = 'column' | 'relation' | 'function' | 'constraint' | 'not-null' | 'row-security' | 'code';

export interface Refused {
  readonly misfit: Misfit;
  /** What the server names: a column, a relation, a function, a constraint; a table for `row-security`. */
  readonly name: string;
  /** The table where the server names one beside it. */
  readonly table: string | null;
  readonly count: number;
  readonly line: string;
  /** The newest statement that was refused so. */
  readonly statement: string | null;
}

/** SQLSTATE 42703, 42P01, 42883, 23514, 23503, 23505, 23502, 42501 and whatever a function raises. */
const patterns: readonly (readonly [Misfit, RegExp])[] = [
  [
    'column',
    /ERROR: +column "?(?:\w+\.)?(?<name>[^"\s]+)"? (?:of relation "(?<table>[^"]+)" )?does not exist/,
  ],
  ['column', /ERROR: +record "[^"]+" has no field "(?<name>[^"]+)"/],
  ['relation', /ERROR: +relation "(?<name>[^"]+)" does not exist/],
  ['function', /ERROR: +function (?<name>[^\s(]+)\(.*\) does not exist/],
  [
    'constraint',
    /ERROR: +.*(?:relation|on table) "(?<table>[^"]+)" violates (?:check|foreign key) constraint "(?<name>[^"]+)"/,
  ],
  ['constraint', /ERROR: +.* violates (?:unique|exclusion) constraint "(?<name>[^"]+)"/],
  ['not-null', /ERROR: +null value in column "(?<name>[^"]+)" (?:of relation "(?<table>[^"]+)" )?violates/],
  ['row-security', /ERROR: +new row violates row-level security policy .*for table "(?<name>[^"]+)"/],
];
/** The context of an error that was raised inside of a function, a trigger's as well. */
const inFunction = /CONTEXT: +(?:PL\/\w+|SQL) function "?(?<name>[\w.]+)"?[\s(]/;
const linesAfter = 6;

/** @param from epoch milliseconds; lines of before are left out where they tell it */
export function refusedIn(lines: readonly string[], from: number): Refused[] {
  const found = new Map<string, Refused>();
  const keep = (one: Omit<Refused, 'count'>) => {
    const key = `${one.misfit} ${one.name} ${one.table}`;
    found.set(key, { ...one, count: (found.get(key)?.count ?? 0) + 1 });
  };
  lines.forEach((line, index) => {
    if (!/ERROR: /.test(line) || isOlder(line, from)) return;
    const next = lines.slice(index + 1, index + 1 + linesAfter);
    // What follows belongs to this error until the next one begins.
    const end = next.findIndex((one) => /(?:ERROR|FATAL|LOG): /.test(one));
    const after = end < 0 ? next : next.slice(0, end);
    const statement = after.map((one) => /STATEMENT: +(.+)$/.exec(one)?.[1]).find(Boolean) ?? null;
    for (const [misfit, pattern] of patterns) {
      const groups: Readonly<Record<string, string | undefined>> | undefined = pattern.exec(line)?.groups;
      if (groups?.name === undefined) continue;
      keep({ misfit, name: groups.name, table: groups.table ?? null, line, statement });
      break;
    }
    const code = after.map((one) => inFunction.exec(one)?.groups?.name).find(Boolean);
    if (code !== undefined) keep({ misfit: 'code', name: code, table: null, line, statement });
  });
  return [...found.values()].toSorted((a, b) => b.count - a.count);
}

/** What a difference of the document `postgres.schema` does to whoever relied on it. */
export interface Breach {
  /** `column customer of table public.orders was renamed to client` */
  readonly what: string;
  /** The statement that takes it back; null where what is gone has to come from elsewhere. */
  readonly back: string | null;
}

const shortOf = (name: string) => name.slice(name.lastIndexOf('.') + 1);

/** How this difference makes that refusal; undefined where it does not. */
export function breachOf(
  { misfit, name, table, statement }: Refused,
  { name: object, before, after }: Difference,
  others: readonly Difference[],
): Breach | undefined {
  const [, kind = '', place = ''] = /^(\w+) (.+)$/.exec(object) ?? [];
  const short = shortOf(name);
  const isNamed = table === null ? mentions(statement, shortOf(place)) : shortOf(place) === shortOf(table);
  if (kind === 'table' && misfit === 'column' && before !== null && after !== null)
    return isNamed && hasColumn(before, short) && !hasColumn(after, short)
      ? columnGone(short, place, before, after)
      : undefined;
  if (kind === 'table' && misfit === 'relation' && before !== null && after === null)
    return shortOf(place) === short ? tableGone(place, before, others) : undefined;
  if (kind === 'table' && misfit === 'not-null' && before !== null && after !== null)
    return isNamed && isRequired(after, short) && !isRequired(before, short)
      ? {
          what: `column ${short} of table ${place} must not be null any more`,
          back: `ALTER TABLE ${place} ALTER COLUMN ${short} DROP NOT NULL;`,
        }
      : undefined;
  if (kind === 'table' && misfit === 'row-security')
    return shortOf(place) === short ? rowSecurity(place, before, after) : undefined;
  if (kind === 'constraint' && misfit === 'constraint' && after !== null && shortOf(place) === short) {
    const of = place.slice(0, -short.length - 1);
    return {
      what: `constraint ${short} of table ${of} was ${before === null ? 'added' : 'changed'} (${after})`,
      back: before === null ? `ALTER TABLE ${of} DROP CONSTRAINT ${short};` : null,
    };
  }
  if (kind === 'index' && misfit === 'constraint' && after !== null && shortOf(place) === short)
    return { what: `unique index ${place} was ${before === null ? 'added' : 'changed'}`, back: null };
  const isCode = kind === 'function' && shortOf(place.replace(/\(.*/, '')) === short;
  if (isCode && misfit === 'function' && after === null)
    return { what: `function ${place} is gone`, back: null };
  if (isCode && misfit === 'code' && after !== null)
    return { what: `function ${place} was ${before === null ? 'added' : 'changed'}`, back: null };
  return undefined;
}

export function rowSecurity(place: string, before: string | null, after: string | null): Breach | undefined {
  const isOn = (value: string | null) => value?.includes(', row security') === true;
  return isOn(after) && !isOn(before) && before !== null
    ? {
        what: `row security was turned on for table ${place}: a role sees and writes the rows that a policy gives it, and without one none`,
        back: `ALTER TABLE ${place} DISABLE ROW LEVEL SECURITY;`,
      }
    : undefined;
}

function columnGone(column: string, place: string, before: string, after: string): Breach {
  const had = columnsOf(before);
  const has = columnsOf(after);
  const at = had.findIndex((one) => one.startsWith(`${column} `));
  const heir = had.length === has.length ? has[at] : undefined;
  const rest = had[at]?.slice(column.length);
  const renamed =
    heir !== undefined && rest !== undefined && heir.endsWith(rest) ? heir.slice(0, -rest.length) : '';
  return renamed === ''
    ? { what: `column ${column} of table ${place} is gone`, back: null }
    : {
        what: `column ${column} of table ${place} was renamed to ${renamed}`,
        back: `ALTER TABLE ${place} RENAME COLUMN ${renamed} TO ${column};`,
      };
}

function tableGone(place: string, before: string, others: readonly Difference[]): Breach {
  const heirs = others.filter(
    (one) => one.before === null && one.after === before && one.name.startsWith('table '),
  );
  const heir = heirs.length === 1 ? heirs[0]?.name.slice('table '.length) : undefined;
  if (heir === undefined) return { what: `table ${place} is gone`, back: null };
  const [fromSchema, toSchema] = [place, heir].map((one) => one.slice(0, one.lastIndexOf('.')));
  return {
    what: `table ${place} was ${fromSchema === toSchema ? 'renamed' : 'moved'} to ${heir}`,
    back:
      fromSchema === toSchema
        ? `ALTER TABLE ${heir} RENAME TO ${shortOf(place)};`
        : `ALTER TABLE ${heir} SET SCHEMA ${fromSchema};`,
  };
}

/** `id integer not null, customer text with fillfactor=70`; a long one is cut and ends in its digest. */
function columnsOf(value: string): string[] {
  return value.replace(/ with .*$/, '').split(/, (?![^(]*\))/);
}

function hasColumn(value: string, column: string): boolean {
  return columnsOf(value).some((one) => one.startsWith(`${column} `));
}

function isRequired(value: string, column: string): boolean {
  return columnsOf(value).some((one) => one.startsWith(`${column} `) && one.endsWith(' not null'));
}

function mentions(statement: string | null, table: string): boolean {
  return (
    statement !== null &&
    new RegExp(`(?<![\\w$])${table.replace(/[^\w]/g, '.')}(?![\\w$])`, 'i').test(statement)
  );
}
