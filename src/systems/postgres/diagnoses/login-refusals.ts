/** Logins that a server refused, as its log words them (PostgreSQL 12 to 18). Pure; the text is untrusted. */
import { isOlder } from './server-log.ts';

export type Why =
  | 'password'
  | 'expired'
  | 'no-password'
  | 'no-role'
  | 'no-rule'
  | 'no-database'
  | 'no-connect';

export interface Refusals {
  readonly why: Why;
  readonly role: string | null;
  readonly database: string | null;
  readonly host: string | null;
  readonly count: number;
  /** Epoch milliseconds; null where the log writes another zone than UTC. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly line: string;
}

const named = '"(?<role>[^"]{1,63})"';
const patterns: readonly (readonly [Why, RegExp])[] = [
  ['password', new RegExp(`authentication failed for user ${named}`)],
  [
    'no-rule',
    /(?:no pg_hba\.conf entry for|pg_hba\.conf rejects connection for) (?:replication connection from )?host "(?<host>[^"]{1,60})", user "(?<role>[^"]{1,63})"(?:, database "(?<database>[^"]{1,63})")?/,
  ],
  ['no-database', /FATAL: +database "(?<database>[^"]{1,63})" does not exist/],
  ['no-connect', /permission denied for database "(?<database>[^"]{1,63})"/],
  ['no-role', new RegExp(`FATAL: +role ${named} does not exist`)],
];
/** What the line after it tells of a password that was not accepted; the client is not told. */
const details: readonly (readonly [Why, RegExp])[] = [
  ['expired', /has an expired password/],
  ['no-password', /has no password assigned/],
  ['no-role', /Role "[^"]{1,63}" does not exist/],
];
const detailWithin = 3;

export function isRefusal(line: string): boolean {
  return patterns.some(([, pattern]) => pattern.test(line));
}

/** @param from epoch milliseconds; lines of before are left out where they tell it */
export function refusalsIn(lines: readonly string[], from: number): Refusals[] {
  const found = new Map<string, Refusals>();
  lines.forEach((line, index) => {
    const one = matched(line);
    if (one === undefined || isOlder(line, from)) return;
    const after = lines.slice(index + 1, index + 1 + detailWithin).join('\n');
    const why = one.why === 'password' ? (details.find(([, of]) => of.test(after))?.[0] ?? one.why) : one.why;
    const { role = null, database = null, host = null } = one.groups;
    const at = momentOf(line);
    const key = [why, role, database].join('\u0000');
    const known = found.get(key);
    found.set(key, {
      ...{ why, role, database, host, line, count: (known?.count ?? 0) + 1 },
      firstAt: known === undefined ? at : known.firstAt,
      lastAt: at,
    });
  });
  return [...found.values()];
}

function matched(line: string) {
  for (const [why, pattern] of patterns) {
    const groups: Readonly<Record<string, string | undefined>> | undefined = pattern.exec(line)?.groups;
    if (groups) return { why, groups };
  }
  return undefined;
}

function momentOf(line: string): number | null {
  const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) (?:UTC|GMT)\b/.exec(line) ?? [];
  return day === undefined ? null : Date.parse(`${day}T${time}Z`);
}
