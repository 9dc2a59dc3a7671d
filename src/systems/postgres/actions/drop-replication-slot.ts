import { escapeLiteral } from 'pg';
import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { sizeOf } from './planned.ts';

const input = z.strictObject({
  slot: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9_]*$/)
    .describe('Name of the slot'),
});

interface Slot {
  readonly kind: string;
  readonly active: boolean;
  readonly database: string | null;
  readonly restart_lsn: string | null;
  readonly confirmed_lsn: string | null;
  readonly status: string | null;
  readonly retained: number | null;
  readonly may_drop: boolean;
}

export const dropReplicationSlot = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.drop-replication-slot',
  summary:
    'Drops a replication slot that nobody uses, so that the WAL kept for it can go; whoever needs it must be built anew',
  risk: 'destructive',
  input,
  privileges: 'ALTER ROLE upkeep REPLICATION;  -- only superusers and roles with REPLICATION drop slots',

  plan: (conn, { slot: name }, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const slot = await readSlot(query, name);
      if (slot === undefined) return { refused: `there is no replication slot ${name}` };
      const refused = reasonToKeep(name, slot);
      if (refused !== undefined) return { refused };
      return {
        summary: `Drop the inactive ${slot.kind} slot ${name}, for which ${slot.retained === null ? 'no WAL' : `${sizeOf(slot.retained)} of WAL`} is kept (${slot.status ?? 'unknown status'})`,
        steps: [statementOf(name)],
        before: identityOf(slot),
        expect: `slot ${name} is gone and the next checkpoints remove the WAL that only it needed`,
        undo: {
          possible: false,
          how: 'It cannot be taken back: a new slot begins with the WAL of now. A standby or subscriber that used this one must be built anew, so be sure that it is gone for good.',
        },
        subjects: [`slot ${name}`],
        verifyWithinMs: 30_000,
        holdMs: 10_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { slot: name } = input.parse(plan.input);
    demandSteps(plan, [statementOf(name)]);
    return act(conn, ctx.signal, shortWork, async (query) => {
      const slot = await readSlot(query, name);
      if (slot === undefined) return `slot ${name} was gone already`;
      const refused = reasonToKeep(name, slot);
      if (refused !== undefined) throw new Error(`${refused}; nothing was done`);
      // Where it has moved on, somebody has used it since.
      demandUnchanged(plan, identityOf(slot), `slot ${name}`);
      await query(statementOf(name));
      return `slot ${name} was dropped`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const { slot: name } = input.parse(plan.input);
      const isGone = (await readSlot(query, name)) === undefined;
      const detail = isGone ? `slot ${name} is gone` : `slot ${name} is still there`;
      return { good: isGone, detail, after: { exists: !isGone } };
    }),
});

function statementOf(name: string): string {
  return `SELECT pg_drop_replication_slot(${escapeLiteral(name)})`;
}

function identityOf(slot: Slot) {
  return {
    kind: slot.kind,
    database: slot.database,
    restartLsn: slot.restart_lsn,
    confirmedLsn: slot.confirmed_lsn,
  };
}

function reasonToKeep(name: string, slot: Slot): string | undefined {
  if (slot.active) return `slot ${name} is in use`;
  if (!slot.may_drop) return 'ALTER ROLE … REPLICATION for the role of Upkeep: only such roles drop slots';
  return undefined;
}

async function readSlot(query: Query, name: string): Promise<Slot | undefined> {
  const [row] = await query<Slot>(
    `SELECT s.slot_type AS kind, s.active, s.database::text AS database, s.restart_lsn::text AS restart_lsn,
            s.confirmed_flush_lsn::text AS confirmed_lsn, s.wal_status AS status,
            pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                            s.restart_lsn)::float8 AS retained,
            (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) AS may_drop
       FROM pg_replication_slots s WHERE s.slot_name = $1`,
    [name],
  );
  return row;
}
