import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { quoteName } from '../visibility.ts';
import { look } from './evidence.ts';
import { logTail, matching } from './server-log.ts';

type Row = Readonly<Record<string, Scalar>>;

interface Lost {
  readonly change: string;
  readonly role: string;
  /** `table`, `sequence`, `schema` or `database`. */
  readonly kind: string;
  readonly object: string;
  readonly privileges: string;
  readonly after: number;
  readonly at: number;
}

const columns = ['change', 'role', 'kind', 'object', 'privileges', 'after', 'at', 'lacksNow'] as const;
const slackMs = 60_000;
/** SQLSTATE 42501 in the words of the server. */
const denied = /permission denied for (table|view|sequence|schema|database|relation|materialized view) /;

export const privilegeRevoked: Diagnosis<PostgresConnection> = {
  id: 'postgres.privilege-revoked',
  title: 'a role lost a right',
  summary: 'A role lost a right that it had, and is refused since (42501)',
  explains: ['postgres.down', 'postgres.security-lint'],
  async gather(conn, target, ctx) {
    const lost = lostRights(target, ctx);
    if (lost.length === 0) return [];
    const rights = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'revoked-rights',
        title: 'Rights that roles lost in the last day, and whether they lack them now',
        how: 'the ledger of changes; has_table_privilege and its like',
      },
      async (query) => {
        const rows: Row[] = [];
        for (const one of lost) {
          const [row] = await query<{ lacks: boolean | null }>(lacksSql(one.kind), [
            one.role,
            one.object,
            one.privileges,
          ]);
          rows.push({ ...one, lacksNow: row?.lacks ?? null });
        }
        const since = Math.min(...ctx.alerts.map((alert) => alert.since));
        return {
          facts: { troubleSince: Number.isFinite(since) ? since : null },
          table: tableOf(columns, rows),
        };
      },
    );
    const log = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'refusals',
        title: 'Statements that the server refused (42501)',
        how: 'pg_ls_logdir, pg_read_binary_file',
      },
      async (query) => {
        const tail = await logTail(query, target, ctx);
        return 'unseen' in tail ? tail : { text: matching(tail.lines, denied).join('\n') };
      },
    );
    return [rights, log];
  },
  conclude,
};

/** The inventory writes grants as `app: INSERT, SELECT; owner: …` under `table public.orders`. */
function lostRights(target: string, ctx: DiagnosisContext): Lost[] {
  return ctx.changes
    .filter((change) => change.target === target && change.source === 'postgres.grants')
    .flatMap((change) =>
      change.differences.flatMap(({ name, before, after }) => {
        const [, kind = '', object = ''] = /^(table|sequence|schema|database) (.+)$/.exec(name) ?? [];
        if (kind === '' || before === null) return [];
        const now = grantsIn(after ?? '');
        return [...grantsIn(before)].flatMap(([role, had]) => {
          const privileges = had.filter((one) => !now.get(role)?.includes(one));
          if (privileges.length === 0) return [];
          return [
            {
              change: change.id,
              role,
              kind,
              object,
              privileges: privileges.join(', '),
              after: change.after,
              at: change.at,
            },
          ];
        });
      }),
    )
    .slice(0, 20);
}

function grantsIn(value: string): Map<string, string[]> {
  return new Map(
    value.split('; ').flatMap((part): [string, string[]][] => {
      const at = part.lastIndexOf(': ');
      return at < 0 ? [] : [[part.slice(0, at), part.slice(at + 2).split(', ')]];
    }),
  );
}

/** Null where role or object is gone; `public` is everybody. Rights by membership, and superusers, lack nothing. */
function lacksSql(kind: string): string {
  const check =
    {
      sequence: 'has_sequence_privilege(r.name, o.oid, p)',
      schema: 'has_schema_privilege(r.name, o.oid, p)',
      database: 'has_database_privilege(r.name, o.oid, p)',
    }[kind] ?? 'has_table_privilege(r.name, o.oid, p)';
  const objects =
    kind === 'schema'
      ? `SELECT oid FROM pg_namespace WHERE nspname = $2`
      : kind === 'database'
        ? `SELECT oid FROM pg_database WHERE datname = $2`
        : `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = $2`;
  return `SELECT bool_or(NOT ${check}) AS lacks
            FROM (SELECT rolname AS name FROM pg_roles UNION ALL SELECT 'public') r, (${objects}) o,
                 unnest(string_to_array($3, ', ')) p WHERE r.name = $1`;
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const rights = find(evidence, target, 'revoked-rights');
  const log = find(evidence, target, 'refusals');
  const troubleSince = rights?.facts?.troubleSince;
  return rowsOf(rights).flatMap((row): Finding[] => {
    if (row.lacksNow !== true) return [];
    if (typeof troubleSince === 'number' && troubleSince < numberOf(row.after) - slackMs) return [];
    const role = textOf(row.role);
    const kind = textOf(row.kind);
    const object = textOf(row.object);
    const privileges = textOf(row.privileges);
    const short = object.split('.').at(-1) ?? object;
    const refused = textOf(log?.text)
      .split('\n')
      .find((line) =>
        new RegExp(`permission denied for \\w+ "?${short.replace(/[^\w]/g, '.')}"?`).test(line),
      );
    const grant = `GRANT ${privileges} ON ${kind === 'table' ? '' : `${kind.toUpperCase()} `}${object} TO ${role === 'public' ? 'PUBLIC' : quoteName(role)};`;
    return [
      {
        id: 'postgres.privilege-revoked',
        target,
        summary: `${role} lost ${privileges} on ${kind} ${object}${refused ? ', and is refused since' : ''}`,
        explanation: `The ledger has the grant taken away, and ${role} has no other way to it now.${refused ? ` The server refuses: ${refused}.` : ''} Where nobody meant it, give exactly that back: ${grant}`,
        // What was taken is certain; that it is the trouble only where somebody was refused.
        confidence: refused ? 0.95 : 0.6,
        change: textOf(row.change),
        onset: numberOf(row.at),
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: ['whether it was meant', ...(log?.unseen === undefined ? [] : [log.unseen])],
        recommendations: [],
      },
    ];
  });
}
