import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { act, retryingLocks } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { type Index, isNameTaken, oldestTransaction, readIndex } from '../relations.ts';
import { buildLimitMs, nameInput, placed, qualified, schemaInput, sizeOf } from './planned.ts';

const input = z.strictObject({
  schema: schemaInput,
  index: nameInput('Index'),
  evenUsed: z.boolean().default(false).describe('Whether it may have been read since the statistics began'),
});

/** A drop waits for every transaction that may use the index; one this old may last as long again (J). */
const longTransactionSeconds = 600;

export const dropIndexConcurrently = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.drop-index-concurrently',
  summary:
    'Drops an index that nothing depends on, without locking anybody out; its definition is kept to undo it',
  risk: 'risky',
  input,
  privileges: 'GRANT shop_owner TO upkeep;  -- only the owner of a table may drop its indexes',

  plan: (conn, asked, ctx) => {
    const { schema, name } = placed(asked.schema, asked.index);
    const { evenUsed } = asked;
    return conn.work.use(ctx.signal, async (query) => {
      const index = await readIndex(query, schema, name);
      if (index === undefined) return { refused: `there is no index ${schema}.${name} in this database` };
      const reason = reasonToKeep(index, evenUsed);
      if (reason !== undefined) return { refused: `index ${name} ${reason}` };
      const oldest = await oldestTransaction(query);
      if (oldest && oldest.seconds > longTransactionSeconds) {
        return {
          refused: `it would wait for pid ${oldest.pid} (${oldest.who}), whose transaction is open for ${formatDuration(oldest.seconds * 1_000)}`,
        };
      }
      return {
        summary: `Drop index ${name} of ${index.table_schema}.${index.table}, ${index.valid ? 'valid' : 'not valid'}, ${sizeOf(index.bytes)}, read ${index.scans} times since the statistics began`,
        steps: [`DROP INDEX CONCURRENTLY ${qualified(schema, name)}`],
        before: { ...identityOf(index), bytes: index.bytes, scans: index.scans },
        expect: `index ${name} is gone and no statement is slower`,
        undo: {
          possible: index.valid,
          how: index.valid
            ? concurrently(index.definition)
            : 'It is not valid and served nobody; nothing is lost.',
        },
        touches: ['schema-migration'],
        subjects: [`table ${index.table_schema}.${index.table}`],
        verifyWithinMs: buildLimitMs(index.bytes),
        // Long enough for the statements of a busy hour to be seen, and for a person to call it off.
        holdMs: 300_000,
      };
    });
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const asked = input.parse(plan.input);
    const { schema, name } = placed(asked.schema, asked.index);
    const { evenUsed } = asked;
    const statement = `DROP INDEX CONCURRENTLY ${qualified(schema, name)}`;
    demandSteps(plan, [statement]);
    const limits = {
      lockTimeoutMs: 5_000,
      statementTimeoutMs: plan.verifyWithinMs,
      mayOutlast: true,
    } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      const index = await readIndex(query, schema, name);
      if (index === undefined) return `index ${name} was gone already`;
      // Half dropped by an earlier try, it is no longer valid; the same index all the same.
      const { valid, ...lasting } = identityOf(index);
      demandUnchanged(plan, lasting, `index ${name}`);
      const reason = reasonToKeep(index, evenUsed || !valid);
      if (reason !== undefined) throw new Error(`index ${name} ${reason}; nothing was done`);
      await retryingLocks(ctx.clock, () => query(statement));
      return `index ${name} was dropped`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const asked = input.parse(plan.input);
      const { schema, name } = placed(asked.schema, asked.index);
      const index = await readIndex(query, schema, name);
      const detail = index === undefined ? `index ${name} is gone` : `index ${name} is still there`;
      return { good: index === undefined, detail, after: { exists: index !== undefined } };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const asked = input.parse(plan.input);
    const { schema, name } = placed(asked.schema, asked.index);
    const { definition } = plan.before;
    if (plan.before.valid !== true || typeof definition !== 'string') {
      throw new Error('it was not valid before: there is nothing to bring back');
    }
    const limits = {
      lockTimeoutMs: 60_000,
      statementTimeoutMs: buildLimitMs(10 * Number(plan.before.bytes ?? 0)),
      mayOutlast: true,
    } as const;
    return act(conn, ctx.signal, limits, async (query) => {
      const index = await readIndex(query, schema, name);
      if (index?.valid && index.definition === definition) return `index ${name} is there again already`;
      if (index && !index.valid) await query(`DROP INDEX CONCURRENTLY ${qualified(schema, name)}`);
      else if (index || (await isNameTaken(query, schema, name))) {
        throw new Error(`${schema}.${name} is something else now; nothing was done`);
      }
      await retryingLocks(ctx.clock, () => query(concurrently(definition)));
      return `index ${name} was built again from its definition`;
    });
  },
});

function identityOf(index: Index) {
  return { oid: index.oid, definition: index.definition, valid: index.valid };
}

/**
 * What PostgreSQL itself wrote (pg_get_indexdef, all names quoted and qualified), with CONCURRENTLY put in.
 * @throws for anything but the definition of an index that is not unique
 */
function concurrently(definition: string): string {
  if (!definition.startsWith('CREATE INDEX ')) throw new Error('this is not the definition of an index');
  return definition.replace(/^CREATE INDEX /, 'CREATE INDEX CONCURRENTLY ');
}

function reasonToKeep(index: Index, evenUsed: boolean): string | undefined {
  if (!index.owns) return `may be dropped by its owner only; as a superuser: ${index.owner_grant}`;
  // The leftover of a failed build of a unique index keeps nothing unique.
  if (index.unique && index.valid) return 'is unique: without it the same could be stored twice';
  if (index.primary || index.exclusion) return 'belongs to a constraint';
  if (index.constraint_name !== null) return `is needed by the constraint ${index.constraint_name}`;
  if (index.replica_identity) return 'is the replica identity of its table: replication needs it';
  if (index.clustered) return 'is what its table is clustered by';
  if (index.partition)
    return 'is partitioned or a part of a partitioned index; it cannot be dropped concurrently';
  if (index.extension) return 'belongs to an extension';
  if (index.scans > 0 && index.valid && !evenUsed) {
    return `was read ${index.scans} times since the statistics began; say evenUsed to drop it all the same`;
  }
  return undefined;
}
