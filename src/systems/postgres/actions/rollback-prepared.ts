import { escapeLiteral } from 'pg';
import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { plain } from '../../../core/plain.ts';
import { formatDuration } from '../../../core/time.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';

const input = z.strictObject({
  gid: z.string().min(1).max(200).describe('Name of the prepared transaction (gid)'),
});

/** A transaction manager ends what it prepared within a second or so (check_postgres warns at one); a person decides. */
const leastSeconds = 10;

interface Prepared {
  readonly transaction: string;
  readonly owner: string;
  readonly database: string;
  readonly prepared: string;
  readonly seconds: number;
  readonly is_here: boolean;
  readonly may_end: boolean;
}

export const rollbackPrepared = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.rollback-prepared',
  summary:
    'Rolls back a forgotten prepared transaction: its locks are freed and its changes are lost; always asked for',
  risk: 'destructive',
  input,
  privileges:
    '-- the login must be the role that prepared it (being granted that role is not enough), or a superuser',

  plan: (conn, { gid }, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const found = await readPrepared(query, gid);
      if (found === undefined) return { refused: `there is no prepared transaction ${plain(gid, 80)}` };
      const refused = reasonNotTo(found);
      if (refused !== undefined) return { refused };
      return {
        summary: `Roll back the prepared transaction ${plain(gid, 80)} of ${found.owner}, prepared ${formatDuration(found.seconds * 1_000)} ago`,
        steps: [statementOf(gid)],
        before: identityOf(found),
        expect: 'it is gone, its locks are free, and vacuum can remove what it held back',
        undo: {
          possible: false,
          how: 'It cannot be taken back: what it changed is lost. Where the other side of the distributed transaction has committed, COMMIT PREPARED is right instead; ask its owner.',
        },
        subjects: [`prepared transaction ${gid}`],
        verifyWithinMs: 30_000,
        holdMs: 10_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { gid } = input.parse(plan.input);
    demandSteps(plan, [statementOf(gid)]);
    return act(conn, ctx.signal, shortWork, async (query) => {
      const found = await readPrepared(query, gid);
      if (found === undefined) return 'it was ended already';
      demandUnchanged(plan, identityOf(found), 'the prepared transaction');
      const refused = reasonNotTo(found);
      if (refused !== undefined) throw new Error(`${refused}; nothing was done`);
      await query(statementOf(gid));
      return `prepared transaction ${plain(gid, 80)} was rolled back`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const { gid } = input.parse(plan.input);
      const found = await readPrepared(query, gid);
      const isGone = found === undefined || found.transaction !== plan.before.transaction;
      return {
        good: isGone,
        detail: isGone ? 'it is gone' : 'it is still there',
        after: { exists: !isGone },
      };
    }),
});

function statementOf(gid: string): string {
  return `ROLLBACK PREPARED ${escapeLiteral(gid)}`;
}

function identityOf({ transaction, owner, database, prepared }: Prepared) {
  return { transaction, owner, database, prepared };
}

function reasonNotTo(found: Prepared): string | undefined {
  if (!found.is_here)
    return `it belongs to database ${found.database}; only a target of that database can end it`;
  if (!found.may_end) return `only ${found.owner}, who prepared it, or a superuser may end it`;
  if (found.seconds < leastSeconds) {
    return `it was prepared ${formatDuration(found.seconds * 1_000)} ago; its owner has ${formatDuration(leastSeconds * 1_000)} to end it`;
  }
  return undefined;
}

async function readPrepared(query: Query, gid: string): Promise<Prepared | undefined> {
  const [row] = await query<Prepared>(
    `SELECT p.transaction::text AS transaction, p.owner::text AS owner, p.database::text AS database,
            p.prepared::text AS prepared, extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS seconds,
            p.database = current_database() AS is_here,
            p.owner = current_user OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS may_end
       FROM pg_prepared_xacts p WHERE p.gid = $1`,
    [gid],
  );
  return row;
}
