import { isTakenBack } from '../../../core/change.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { isSettingName } from '../actions/setting-bounds.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { readSessionDefaults } from '../session-defaults.ts';
import { quoteName } from '../visibility.ts';
import { look } from './evidence.ts';
import { isOlder, logTail, matching } from './server-log.ts';

interface Mechanism {
  /** What it does to whoever logs in. */
  readonly effect: string;
  /** The server's words to whom it happens. */
  readonly refusal: RegExp;
  /** How sure it is without such words; nothing is said where left out. */
  readonly alone?: number;
  harms(now: string, before: string): boolean;
}

const cutOff = (refusal: RegExp): Mechanism => ({
  effect: 'statements are cut off that were let run before',
  refusal,
  harms: (now, before) => spanOf(now) < spanOf(before),
});

/** SQLSTATE 25006, 57014, 55P03, 25P03, 42P01 and 42883 in the words of the server. */
const mechanisms: Readonly<Record<string, Mechanism>> = {
  default_transaction_read_only: {
    effect: 'every new transaction may only read, and writes are refused',
    refusal: /cannot execute .+ in a read-only transaction/,
    alone: 0.85,
    harms: (now) => now === 'on',
  },
  statement_timeout: cutOff(/canceling statement due to statement timeout/),
  lock_timeout: cutOff(/canceling statement due to lock timeout/),
  idle_in_transaction_session_timeout: cutOff(/terminating connection due to idle-in-transaction timeout/),
  search_path: {
    effect: 'names are looked up elsewhere, and are not found',
    refusal: /ERROR: +(relation|function|type) .+ does not exist/,
    harms: (now, before) => now !== before,
  },
};

const columns = ['change', 'scope', 'name', 'before', 'now', 'after', 'at'] as const;
const slackMs = 60_000;

export const sessionDefaults: Diagnosis<PostgresConnection> = {
  id: 'postgres.session-defaults',
  title: 'what sessions start with was changed',
  summary:
    'What sessions start with was changed, for the server, a database or a role: read-only, a timeout, the search path',
  explains: [
    'postgres.read-only',
    'postgres.down',
    'postgres.long-transaction',
    'postgres.connections',
    'postgres.connections-full',
  ],
  async gather(conn, target, ctx) {
    const changes = changesOf(target, ctx);
    const isAlone = ctx.latest(target, 'postgres.settings.read_only').at(0)?.value === 1;
    if (changes.length === 0 && !isAlone) return [];
    const standing = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'session-defaults',
        title: 'What sessions start with now',
        how: 'SHOW in a session that sets nothing; pg_db_role_setting',
      },
      async (query) => {
        const since = Math.min(...ctx.alerts.map((alert) => alert.since));
        const defaults = await readSessionDefaults(conn, ctx.signal);
        return {
          facts: { troubleSince: Number.isFinite(since) ? since : null },
          table: tableOf(columns, await rowsNow(query, defaults, changes)),
        };
      },
    );
    const refusals = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'session-refusals',
        title: 'Statements and sessions that the server turned away for it',
        how: 'pg_ls_logdir, pg_read_binary_file',
      },
      async (query) => {
        const tail = await logTail(query, target, ctx);
        if ('unseen' in tail) return tail;
        const from = Math.min(...changes.map(({ after }) => after)) - slackMs;
        const lines = tail.lines.filter((line) => !isOlder(line, from));
        const told = Object.values(mechanisms).flatMap(({ refusal }) => matching(lines, refusal, 3));
        return { text: told.join('\n') };
      },
    );
    return [standing, refusals];
  },
  conclude,
};

interface Changed {
  readonly change: string;
  /** `role app`, `database shop`; empty for the whole server. */
  readonly scope: string;
  readonly name: string;
  readonly before: string | null;
  readonly after: number;
  readonly at: number;
}

/** The newest of each. */
function changesOf(target: string, ctx: DiagnosisContext): Changed[] {
  const newest = new Map<string, Changed>();
  for (const { id: change, source, target: to, differences, after, at } of ctx.changes) {
    const isOwn = source === 'postgres.role-settings';
    if (to !== target || !(isOwn || source === 'postgres.session-defaults')) continue;
    for (const difference of differences) {
      if (isTakenBack(difference, { target: to, source, at }, ctx.changes)) continue;
      const [, scope = '', name = ''] = /^(?:(.+) )?(\w+)$/.exec(difference.name) ?? [];
      if (!Object.hasOwn(mechanisms, name) || isOwn !== (scope !== '') || newest.has(difference.name))
        continue;
      newest.set(difference.name, { change, scope, name, before: difference.before, after, at });
    }
  }
  return [...newest.values()];
}

/**
 * How each stands now that was changed. What our own database or role has of its own shows in our session as if it were
 * the server's: it is told once, as what it is.
 */
async function rowsNow(
  query: Query,
  defaults: Readonly<Record<string, string>>,
  changes: readonly Changed[],
): Promise<Row[]> {
  const own = await query<{ scope: string; name: string; value: string; ours: boolean }>(ownSql);
  const usually = await query<{ name: string; boot: string }>(
    'SELECT name, boot_val AS boot FROM pg_settings WHERE name = ANY ($1)',
    [Object.keys(mechanisms)],
  );
  const masks = (name: string) => own.find((one) => one.name === name && one.ours);
  const rows = changes.flatMap((change): Row[] => {
    const { scope, name } = change;
    if (scope === '' && masks(name)) return [];
    const set = own.find((one) => one.scope === scope && one.name === name);
    const shown = defaults[name] ?? '';
    const onServer = changes.find((one) => one.scope === '' && one.name === name)?.before;
    const usual = masks(name) ? (onServer ?? usually.find((one) => one.name === name)?.boot ?? '') : shown;
    const now = scope === '' ? shown : (set?.value ?? usual);
    return [{ ...change, before: change.before ?? usual, now }];
  });
  const name = 'default_transaction_read_only';
  if (defaults[name] !== 'on' || rows.some((row) => row.name === name)) return rows;
  const scope = masks(name)?.scope ?? '';
  return [...rows, { change: null, scope, name, before: null, now: 'on', after: null, at: null }];
}

/** Names as the document postgres.role-settings has them. */
const ownSql = `
SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname) AS scope,
       split_part(c.setting, '=', 1) AS name, substr(c.setting, strpos(c.setting, '=') + 1) AS value,
       coalesce(r.rolname = session_user, true) AND coalesce(d.datname = current_database(), true) AS ours
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
 CROSS JOIN LATERAL unnest(s.setconfig) AS c(setting)`;

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const standing = find(evidence, target, 'session-defaults');
  const log = find(evidence, target, 'session-refusals');
  const troubleSince = standing?.facts?.troubleSince;
  return rowsOf(standing).flatMap((row): Finding[] => {
    const mechanism = mechanisms[textOf(row.name)];
    const isChange = row.change !== null;
    if (mechanism === undefined || !mechanism.harms(textOf(row.now), textOf(row.before))) return [];
    if (typeof troubleSince === 'number' && isChange && troubleSince < numberOf(row.after) - slackMs)
      return [];
    const refused = textOf(log?.text)
      .split('\n')
      // What was turned away before the change was not turned away for it.
      .findLast((line) => mechanism.refusal.test(line) && !(isChange && isOlder(line, numberOf(row.after))));
    if (refused === undefined && mechanism.alone === undefined) return [];
    const [back, recommendations] = wayBack(row, target);
    const when = isChange
      ? `It was changed ${formatDuration(Math.max(0, (standing?.at ?? 0) - numberOf(row.at)))} before this look.`
      : 'The ledger does not have when it was set: it may have been so for long, and be meant.';
    return [
      {
        id: 'postgres.session-defaults',
        target,
        summary: `${titleOf(row)} ${isChange ? `was changed from ${textOf(row.before)} to ${textOf(row.now)}` : `is ${textOf(row.now)}`}: ${mechanism.effect}`,
        explanation: `${when}${refused === undefined ? '' : ` The server says: ${refused}.`} Where nobody meant it, put it back: ${back}`,
        // That it works so is certain; that it is the trouble only where somebody was turned away.
        confidence:
          refused !== undefined ? (isChange ? 0.95 : 0.8) : isChange ? (mechanism.alone ?? 0) : 0.45,
        ...(isChange ? { change: textOf(row.change), onset: numberOf(row.at) } : {}),
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: ['whether it was meant', ...unseenOf(evidence)],
        recommendations,
      },
    ];
  });
}

function titleOf(row: Row): string {
  const scope = textOf(row.scope);
  return `${textOf(row.name)}${scope === '' ? '' : ` of ${scope}`}`;
}

/** What roles and databases have of their own is put back by people: no action reaches it. */
function wayBack(row: Row, target: string): [string, Recommendation[]] {
  const name = textOf(row.name);
  const scope = textOf(row.scope);
  const [, role, database] = /^(?:role (.+?))?(?: ?database (.+))?$/.exec(scope) ?? [];
  if (role !== undefined) {
    const where = database === undefined ? '' : ` IN DATABASE ${quoteName(database)}`;
    return [
      `ALTER ROLE ${quoteName(role)}${where} RESET ${name}; sessions take it on at their next login.`,
      [],
    ];
  }
  if (database !== undefined)
    return [
      `ALTER DATABASE ${quoteName(database)} RESET ${name}; sessions take it on at their next login.`,
      [],
    ];
  const why = `only ${name} is put back, without a restart`;
  return [
    `ALTER SYSTEM RESET ${name}; SELECT pg_reload_conf(); or, where it stands in postgresql.conf, there.`,
    isSettingName(name) ? [{ action: 'postgres.reset-setting', target, input: { name }, why }] : [],
  ];
}

const units: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `30s` or `30000`; 0 is without limit. */
function spanOf(value: string): number {
  const [, digits = '', unit = 'ms'] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/.exec(value) ?? [];
  const span = Number(digits) * (units[unit === '' ? 'ms' : unit] ?? 1);
  return span === 0 ? Number.POSITIVE_INFINITY : span;
}
