/** How many idle sessions must go so that the others find room, and how long they must have been idle. */
import { count } from '../../../core/count.ts';
import type { Evidence, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { Owner } from './connections-exhausted.ts';

const topic = 'sessions-at-most';
const spanMs = 60 * 60_000;

/** What each role and application took at most in the last hour: who is turned away now comes back for it. */
export async function demand(target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const now = ctx.clock.now();
  const metric = 'postgres.connections.by';
  const series = await ctx.history(target, metric, { from: now - spanMs, to: now }).catch(() => []);
  const owners = Map.groupBy(
    series.filter(({ labels }) => labels.role !== 'other'),
    ({ labels }) => `${labels.role}\u0000${labels.application}`,
  );
  if (owners.size === 0) return [];
  const rows = [...owners.values()].map((states) => {
    const [first] = states;
    const atOnce = new Map<number, number>();
    for (const { at, values } of states)
      for (const [index, moment] of at.entries())
        atOnce.set(moment, (atOnce.get(moment) ?? 0) + (values[index] ?? 0));
    return {
      role: first?.labels.role ?? '',
      application: first?.labels.application ?? '',
      sessions: [...atOnce.values()].reduce((most, sessions) => Math.max(most, sessions), 0),
    };
  });
  return [
    {
      id: `${target}.${topic}`,
      target,
      title: 'The most sessions at once in the last hour, by role and application',
      at: now,
      how: `history of ${metric}`,
      table: tableOf(
        ['role', 'application', 'sessions'],
        rows.toSorted((a, b) => b.sessions - a.sessions).slice(0, 30),
      ),
    },
  ];
}

/** Slots that all but this one took at most in the last hour; 0 where nothing was kept. */
export function usualOfOthers(
  evidence: readonly Evidence[],
  target: string,
  by: Pick<Owner, 'role' | 'application'> | undefined,
): number {
  return rowsOf(find(evidence, target, topic))
    .filter((row) => textOf(row.role) !== by?.role || textOf(row.application) !== by.application)
    .reduce((sum, row) => sum + numberOf(row.sessions), 0);
}

/** Down to this share of the slots there is room again (J). */
const bearable = 0.7;
/** Where logins are refused, those that were turned away come back all at once (J). */
const bearableWhenFull = 0.5;
/** Idle for less, a session may be on its way between two statements of a pool (J). */
const idleForSeconds = 30;
/** The same where no slot is left and none of its sessions is at work: no pool in use looks like that (J). */
const idleWhenFullSeconds = 10;
/** As many as one plan may name. */
const mostEnded = 50;

export function endIdle(
  by: Owner | undefined,
  { used, usable, usual }: { readonly used: number; readonly usable: number; readonly usual: number },
  target: string,
): Recommendation[] {
  if (by === undefined || !by.isMostlyIdle || by.role === '') return [];
  const isFull = used >= usable;
  const others = Math.max(used - by.sessions, usual);
  const room = Math.floor((isFull ? bearableWhenFull : bearable) * usable);
  const surplus = by.sessions + others - room;
  const most = Math.min(mostEnded, Math.max(1, Math.min(surplus, by.idle)));
  const idleFor = isFull && by.active === 0 ? idleWhenFullSeconds : idleForSeconds;
  return [
    {
      action: 'postgres.terminate-idle',
      target,
      input: { role: by.role, application: by.application, idleForSeconds: idleFor, most },
      why: `they hold the slots and do nothing; without ${most} of ${by.sessions} there is room for the ${count(others, 'session')} that others ${usual >= used - by.sessions && usual > 0 ? 'had at most in the last hour' : 'have now'}`,
    },
  ];
}
