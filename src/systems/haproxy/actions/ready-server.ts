import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import type { HaproxyConnection } from '../client.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsSinceChange,
  findServer,
  inPercent,
  inputOf,
  order,
  serverInput,
  serverPath,
} from './server.ts';

const input = z.strictObject({ backend: backendInput, server: serverInput });
type Input = z.output<typeof input>;

const steps = (given: Input) => [['set', 'server', serverPath(given), 'state', 'ready']];
const backSteps = (given: Input, was: string) => [['set', 'server', serverPath(given), 'state', was]];

/** More of its requests may not fail once it is back (J). */
const mostErrors = 0.1;

export const readyServer = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.ready-server',
  summary: 'Gives a server that was drained or put into maintenance its requests back',
  risk: 'safe',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { row, state } = found;
    if (state !== 'drain' && state !== 'maint')
      return { refused: `${given.server} is not taken out (${row.text('status')})` };
    const check = row.text('check_status');
    // In maintenance nothing is checked; while drained the check goes on.
    if (state === 'drain' && check !== '' && !/OK/.test(check))
      return { refused: `its health check fails (${check} ${row.text('last_chk')})` };
    return {
      summary: `Give ${given.server} of backend ${given.backend}, now ${row.text('status')}, its requests back`,
      steps: steps(given).map(commandOf),
      before: { status: row.text('status'), was: state, address: row.text('addr') },
      expect: `${given.server} passes its check and serves, with less than ${inPercent(mostErrors)} of the requests of the backend failing`,
      undo: { possible: true, how: backSteps(given, state).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 30_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const { row, state } = await demandServer(conn, ctx, given);
    if (state !== 'drain' && state !== 'maint') return `${given.server} was given its requests back already`;
    if (row.text('addr') !== plan.before.address)
      throw new Error(`${given.server} has another address now; nothing was done`);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} gets requests again`;
  },

  async verify(conn, plan, ctx) {
    const { row, state } = await demandServer(conn, ctx, input.parse(plan.input));
    const errors = errorsSinceChange(conn, ctx, row);
    const after = { status: row.text('status'), backendErrorRatio: errors };
    if (state !== 'up' && state !== 'unchecked')
      return {
        good: false,
        detail: `${row.name} is ${row.text('status')} (${row.text('last_chk') || 'no check yet'})`,
        after,
      };
    return {
      good: (errors ?? 0) <= mostErrors,
      detail: `serves; errors of the backend since: ${inPercent(errors)}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    await order(conn, ctx.signal, backSteps(given, wasOf(plan)));
    return `${given.server} is taken out again`;
  },
});

function wasOf({ before }: Plan): 'drain' | 'maint' {
  return before.was === 'maint' ? 'maint' : 'drain';
}
