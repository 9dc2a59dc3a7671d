import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { askedOfSuperuser, grantPlace, psqlCommand } from '../grants.ts';
import type { Query } from '../session.ts';

const input = z.strictObject({});
const resume = 'SELECT pg_wal_replay_resume()';
const pause = 'SELECT pg_wal_replay_pause()';

interface State {
  readonly standby: boolean;
  readonly paused: boolean | null;
  readonly behind: number | null;
  readonly replayed: string | null;
  readonly target: string | null;
  readonly may_resume: boolean;
  readonly may_pause: boolean;
}

export const resumeReplay = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.resume-replay',
  summary: 'Lets a standby go on replaying where somebody paused it',
  risk: 'risky',
  mends: true,
  input,
  privileges: [
    'GRANT pg_monitor TO upkeep;',
    'GRANT EXECUTE ON FUNCTION pg_wal_replay_resume(), pg_wal_replay_pause() TO upkeep;  -- on the primary',
  ].join('\n'),

  plan: (conn, _input, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const state = await stateOf(query);
      if (!state.standby) return { refused: 'this server is no standby: it replays nothing' };
      if (!state.paused) return { refused: 'replay is not paused' };
      // Resuming at a recovery target ends recovery: the standby would become a primary.
      if (state.target !== null)
        return { refused: `it was paused at ${state.target}: resuming would promote this server` };
      if (!state.may_resume || !state.may_pause) {
        const place = await grantPlace(query);
        const grant = `GRANT EXECUTE ON FUNCTION pg_wal_replay_resume(), pg_wal_replay_pause() TO ${place.role};`;
        const { database } = place;
        return {
          refused: `the role of Upkeep may not, and no grant arrives while replay is paused. For the next time, as a superuser on the primary: ${psqlCommand({ database }, [grant])}. Now, ${askedOfSuperuser(place, [`${resume};`])}`,
        };
      }
      return {
        summary: `Let replay go on; ${state.behind ?? 'an unknown number of'} bytes were received and wait`,
        steps: [resume],
        before: { paused: true, replayed: state.replayed, behindBytes: state.behind },
        expect: 'replay goes on and catches up with what was received',
        undo: { possible: true, how: `${pause}; what was replayed meanwhile stays replayed` },
        subjects: ['replay'],
        verifyWithinMs: 120_000,
        holdMs: 10_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, [resume]);
    return act(conn, ctx.signal, shortWork, async (query) => {
      const state = await stateOf(query);
      if (!state.standby) throw new Error('this server was promoted meanwhile; nothing was done');
      if (!state.paused) return 'replay goes on already';
      if (state.target !== null) throw new Error(`${state.target} was set meanwhile; nothing was done`);
      await query(resume);
      return 'replay was told to go on';
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const state = await stateOf(query);
      const after = { paused: state.paused, replayed: state.replayed, behindBytes: state.behind };
      if (!state.standby) return { good: false, detail: 'this server is no standby any more', after };
      if (state.paused) return { good: false, detail: 'replay is paused', after };
      const moves = state.behind === 0 || state.replayed !== plan.before.replayed;
      return {
        good: moves,
        detail: moves ? `replay goes on, ${state.behind} bytes behind` : 'nothing was replayed since',
        after,
      };
    }),

  async undo(conn, _plan, permit, ctx) {
    demandPermit(permit);
    return act(conn, ctx.signal, shortWork, async (query) => {
      const state = await stateOf(query);
      if (!state.standby) throw new Error('this server is no standby any more');
      if (state.paused) return 'replay is paused already';
      await query(pause);
      return 'replay was paused again';
    });
  },
});

/** pg_get_wal_replay_pause_state has come with 14; before, a wish to pause counts as paused. */
async function stateOf(query: Query): Promise<State> {
  const [server] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  const [row] = await query<Omit<State, 'paused' | 'standby'>>(
    `SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS behind,
            pg_last_wal_replay_lsn()::text AS replayed,
            (SELECT string_agg(name, ', ') FROM pg_settings
              WHERE name IN ('recovery_target', 'recovery_target_lsn', 'recovery_target_name', 'recovery_target_time', 'recovery_target_xid')
                AND setting <> '') AS target,
            has_function_privilege('pg_wal_replay_resume()', 'EXECUTE') AS may_resume,
            has_function_privilege('pg_wal_replay_pause()', 'EXECUTE') AS may_pause`,
  );
  if (server === undefined || row === undefined) throw new Error('the server answered without a row');
  if (!server.standby) return { ...row, standby: false, paused: null };
  const [replay] = await query<{ paused: boolean }>('SELECT pg_is_wal_replay_paused() AS paused');
  return { ...row, standby: true, paused: replay?.paused ?? null };
}
