import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { health, repositories } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import { readSnapshots } from '../snapshots.ts';

const input = z.strictObject({
  repository: z
    .string()
    .regex(/^[\w][\w.-]*$/)
    .max(200)
    .describe('Name of the repository'),
});

const body = { ignore_unavailable: true, include_global_state: true, partial: false };

export const takeSnapshot = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.take-snapshot',
  summary: 'Takes a snapshot of all indices into a repository that is registered',
  risk: 'safe',
  input,
  privileges: 'cluster:admin/snapshot/create, cluster:admin/snapshot/get, cluster:admin/repository/get',

  async plan(conn, { repository }, ctx) {
    const known = await ask(conn, '_snapshot', repositories, ctx.signal);
    if (known[repository] === undefined)
      return {
        refused: `there is no repository ${repository}; there is ${Object.keys(known).join(', ') || 'none'}`,
      };
    const { status } = await ask(conn, '_cluster/health', health, ctx.signal);
    if (status === 'red')
      return { refused: 'the cluster is red: the snapshot would lack the primaries that lie nowhere' };
    const [running] = await readSnapshots(conn, repository, '_current', ctx.signal);
    if (running !== undefined) return { refused: `${running.snapshot} is under way already` };
    const name = nameAt(ctx.clock.now());
    return {
      summary: `take the snapshot ${name} of all indices into ${repository}`,
      steps: stepsOf(repository, name),
      before: { snapshot: name, status },
      expect: `${name} ends as SUCCESS`,
      undo: {
        possible: false,
        how: 'nothing needs taking back: nothing but the new snapshot is written, and Upkeep deletes none',
      },
      verifyWithinMs: 3_600_000,
      holdMs: 0,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { repository } = input.parse(plan.input);
    const name = String(plan.before.snapshot);
    demandSteps(plan, stepsOf(repository, name));
    const [there] = await readSnapshots(conn, repository, name, ctx.signal);
    if (there !== undefined) return `${name} was begun already: ${there.state}`;
    await send(conn, { method: 'PUT', path: pathOf(repository, name), body }, ctx.signal);
    return `${name} is under way in ${repository}`;
  },

  async verify(conn, plan, ctx) {
    const { repository } = input.parse(plan.input);
    const name = String(plan.before.snapshot);
    const [there] = await readSnapshots(conn, repository, name, ctx.signal);
    const failed = there?.shards?.failed ?? 0;
    return {
      good: there?.state === 'SUCCESS',
      detail: `${name} is ${there?.state ?? 'not there'}${failed > 0 ? `, ${failed} shards failed` : ''}`,
      after: { state: there?.state ?? null },
    };
  },
});

const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'UTC',
  ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
});

/** `upkeep-20261122-175031`, in UTC. */
function nameAt(now: number): string {
  const [date = '', time = ''] = parts.format(now).split(', ');
  return `upkeep-${date.replaceAll('-', '')}-${time.replaceAll(':', '')}`;
}

function pathOf(repository: string, name: string): string {
  return `_snapshot/${encodeURIComponent(repository)}/${encodeURIComponent(name)}?wait_for_completion=false`;
}

function stepsOf(repository: string, name: string): string[] {
  return [`PUT /${pathOf(repository, name)} ${JSON.stringify(body)}`];
}
