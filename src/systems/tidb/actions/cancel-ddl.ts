import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import type { TidbConnection } from '../client.ts';
import { isWaiting, type Job, type JobRow, jobOf, jobsSql } from '../ddl.ts';
import type { Db } from '../session.ts';

const input = z.strictObject({
  job: z.int().positive().describe('Id of the schema change (ADMIN SHOW DDL JOBS)'),
});

/** A running change that has gone on within this time works (rule tidb.ddl-stuck). */
const standingMs = 10 * 60_000;

export const cancelDdl = defineAction<TidbConnection, typeof input>({
  id: 'tidb.cancel-ddl',
  summary:
    'Cancels a schema change that waits or stands still while others wait behind it; TiDB takes back what it has done',
  risk: 'risky',
  input,
  privileges: [
    'GRANT SUPER ON *.* TO upkeep;     -- ADMIN asks for no less',
    'GRANT SELECT ON shop.* TO upkeep; -- to see the schema changes of its tables',
  ].join('\n'),

  plan: (conn, { job }, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const jobs = await readJobs(db);
      const found = jobs.find(({ id }) => id === job);
      if (found === undefined)
        return { refused: `schema change ${job} is neither waiting nor running any more` };
      const refusal = refusalOf(found, jobs, conn, ctx.clock.now());
      if (refusal !== undefined) return { refused: refusal };
      const { account, has } = await db.privileges();
      if (!has('SUPER'))
        return {
          refused: `${account} may not cancel schema changes: GRANT SUPER ON *.* TO ${quoteAccount(account)};`,
        };
      const waiting = behindIt(found, jobs);
      const ran =
        found.startedAt === undefined
          ? ''
          : `, ${formatDuration(ctx.clock.now() - found.startedAt)} after it began`;
      return {
        summary: `Cancel schema change ${job} (${found.type} on ${found.database}.${found.table})${ran}; ${count(waiting, 'other waits', 'others wait')} behind it`,
        steps: [stepOf(job)],
        before: { ...factsOf(found), statement: found.statement, rows: found.rows, waiting },
        expect: 'the schema change is cancelled and the table is as it was; what waited behind it goes on',
        undo: {
          possible: false,
          how: `The change is not taken up again by itself; in a quiet hour: ${found.statement ?? 'run the migration again'}`,
        },
        touches: ['production-change'],
        verifyWithinMs: 60_000,
        holdMs: 30_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const job = jobIn(plan);
    demandSteps(plan, [stepOf(job)]);
    return conn.work.use(ctx.signal, async (db) => {
      const found = (await readJobs(db)).find(({ id }) => id === job);
      if (found === undefined) return `schema change ${job} had ended already`;
      demandUnchanged(plan, factsOf(found), `schema change ${job}`);
      const [answer] = await db.query<{ RESULT: string }>(stepOf(job));
      const result = answer?.RESULT ?? 'no answer';
      if (result !== 'successful') throw new Error(`schema change ${job} was not cancelled: ${result}`);
      return `schema change ${job} is being cancelled`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const job = jobIn(plan);
      const found = (await readJobs(db)).find(({ id }) => id === job);
      return {
        good: found === undefined,
        detail:
          found === undefined
            ? `schema change ${job} is out of the queue`
            : `schema change ${job} is still ${found.state}; large indexes take a while to take back`,
        after: { state: found?.state ?? 'gone' },
      };
    }),
});

function stepOf(job: number): string {
  return `ADMIN CANCEL DDL JOBS ${job}`;
}

function jobIn({ before }: Plan): number {
  return input.parse({ job: before.job }).job;
}

async function readJobs(db: Db): Promise<Job[]> {
  return (await db.query<JobRow>(jobsSql)).map(jobOf);
}

/** What must be as it was when it was planned; a change that began to run since is another matter. */
function factsOf({ id, database, table, type, state }: Job) {
  return { job: id, database, table, type, state };
}

function behindIt({ id }: Job, jobs: readonly Job[]): number {
  return jobs.filter((other) => other.id > id && isWaiting(other)).length;
}

function refusalOf(found: Job, jobs: readonly Job[], conn: TidbConnection, now: number): string | undefined {
  const { id, state } = found;
  if (isWaiting(found)) return undefined;
  if (state !== 'running') return `schema change ${id} is ${state}; it is not cancelled twice`;
  // Past this point data may be on its way out, and cancelling is refused or only half done.
  if (/^drop |^truncate /i.test(found.type))
    return `schema change ${id} (${found.type}) is not cancelled once it runs`;
  if (behindIt(found, jobs) === 0) return `nothing waits behind schema change ${id}; let it end`;
  const seen = conn.memory.jobs.get(id);
  const isStanding = seen !== undefined && seen.rows === found.rows && now - seen.since >= standingMs;
  return isStanding ? undefined : `schema change ${id} goes on, or has not been seen to stand still for 10 m`;
}
