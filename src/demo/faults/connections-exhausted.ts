import type pg from 'pg';
import type { Fault, Handles } from '../fault.ts';
import { maxConnections, reservedConnections } from '../postgres.ts';

const reportName = 'report-export';

const withinMs = 20_000;

export function connectionsExhausted({ postgres, clock }: Handles): Fault {
  let sessions: pg.Client[] = [];

  const heal = async () => {
    const ending = sessions;
    sessions = [];
    await Promise.all(ending.map((session) => session.end().catch(() => {})));
  };
  /** A login that is about to be refused holds a slot for a moment, a reserved one too: then nothing is seen. */
  const asked = async (sql: string) => {
    try {
      return await postgres.admin(sql);
    } catch (error) {
      if (isTooMany(error)) return [];
      throw error;
    }
  };
  /** False when there was no slot for an ordinary role. */
  const take = async (): Promise<boolean> => {
    const session = postgres.client('batch', reportName);
    try {
      await session.connect();
    } catch (error) {
      if (isTooMany(error)) return false;
      throw error;
    }
    sessions.push(session);
    return true;
  };
  /** Seen in one look, because the API takes a slot again as soon as it gave one back. */
  const isShutOut = async (): Promise<boolean> => {
    const [row] = await asked(
      `select count(*) filter (where usename = 'app')::int as app, count(*)::int as ordinary
         from pg_stat_activity where backend_type = 'client backend' and usename <> 'postgres'`,
    );
    return row?.app === 0 && Number(row.ordinary) >= maxConnections - reservedConnections;
  };
  return {
    name: 'connections-exhausted',
    key: 'c',
    title: 'Connections exhausted',
    does: `role batch, application ${reportName}: opens idle sessions until it gets 53300; SELECT pg_terminate_backend(pid) for the sessions of app, and takes their slots too`,
    expect: {
      target: 'db',
      rule: 'postgres.connections',
      diagnosis: 'postgres.connections-exhausted',
      actions: ['postgres.terminate-idle'],
    },
    healedByUpkeep: true,
    async inject() {
      await heal();
      const start = clock.monotonic();
      while (clock.monotonic() - start < withinMs) {
        while (await take());
        if (await isShutOut()) return;
        const ended = await asked(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'",
        );
        // All at once: the API wants its slots back at its next request, a few milliseconds from now.
        await Promise.all(ended.map(take));
      }
      throw new Error(
        `the API still has sessions after ${withinMs / 1000} s of taking all of ${maxConnections} slots`,
      );
    },
    heal,
    async isPresent() {
      const probe = postgres.client('batch', reportName);
      try {
        await probe.connect();
        return false;
      } catch (error) {
        return isTooMany(error);
      } finally {
        await probe.end().catch(() => {});
      }
    },
  };
}

/** 53300 too_many_connections: no slot is left, or the rest is reserved. */
function isTooMany(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '53300';
}
