import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { type Answer, askServer } from '../failover/standing.ts';

const columns = ['server', 'standby', 'writable', 'startedAt', 'timeline', 'position'] as const;

export const splitBrain: Diagnosis<PostgresConnection> = {
  id: 'postgres.split-brain',
  title: 'both servers of a pair take writes',
  summary: 'Both servers of a pair take writes: which, since when, and what to do first',
  explains: ['postgres.split-brain'],
  async gather({ config, pair }, target, ctx) {
    if (pair === undefined || pair.side === 'primary') return [];
    const { primary, replica } = pair.settings;
    const answers = await Promise.all([askServer(pair.other, ctx), askServer(config, ctx)]);
    const since = Math.min(
      ...ctx.alerts.flatMap((alert) => (alert.rule === 'postgres.split-brain' ? [alert.since] : [])),
    );
    const silent = answers.flatMap((answer, index) =>
      answer.kind === 'answers' ? [] : [`${index === 0 ? primary : replica}: ${answer.detail}`],
    );
    return [
      {
        id: `${target}.pair`,
        target,
        title: `How ${primary} and ${replica} stand`,
        how: 'SELECT pg_is_in_recovery(), pg_postmaster_start_time(), timeline_id FROM pg_control_checkpoint()',
        at: ctx.clock.now(),
        facts: { since: Number.isFinite(since) ? since : null },
        table: tableOf(columns, [rowOf(primary, answers[0]), rowOf(replica, answers[1])]),
        ...(silent.length > 0 ? { unseen: silent.join('; ') } : {}),
      },
    ];
  },
  conclude,
};

function rowOf(server: string, answer: Answer): Row {
  if (answer.kind !== 'answers') return { server };
  const { standby, writable, started, timeline, at: position } = answer;
  return { server, standby, writable, startedAt: momentOf(started), timeline, position };
}

/** Sessions of this look have UTC: `2026-11-24 03:33:01.262+00`. */
function momentOf(text: string): number | null {
  const at = Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
  return Number.isNaN(at) ? null : at;
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'pair');
  const [old, young] = rowsOf(seen);
  if (seen === undefined || old === undefined || young === undefined) return [];
  // Two names of one server are no pair.
  if (old.writable !== true || young.writable !== true || old.startedAt === young.startedAt) return [];
  const [primary, replica] = [textOf(old.server), textOf(young.server)];
  const since = seen.facts?.since;
  const when =
    typeof since === 'number'
      ? `, for ${formatDuration(Math.max(0, seen.at - since))} at least as of this look`
      : '';
  const upFor = ({ startedAt }: typeof old) =>
    typeof startedAt === 'number' ? formatDuration(Math.max(0, seen.at - startedAt)) : 'an unknown time';
  const place = (row: typeof old) =>
    `${textOf(row.server)} (up for ${upFor(row)}, timeline ${row.timeline ?? 'unknown'}, at ${row.position ?? 'unknown'})`;
  return [
    {
      id: 'postgres.split-brain',
      target,
      summary: `two primaries: ${place(old)} and ${place(young)} both take writes${when}`,
      explanation: `First stop the one that clients are not led to, or take its writes away at once (ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()): each write makes it worse. The higher timeline is the one that was promoted. Keep the data folder of the stopped one: what was written there alone is merged by hand (pg_waldump, or a dump of its tables). Only then does it come back as a standby, by pg_rewind or pg_basebackup -R; that throws its own writes away. Nothing here does any of it by itself: which of ${primary} and ${replica} is right is for people to say.`,
      confidence: 0.95,
      ...(typeof since === 'number' ? { onset: since } : {}),
      evidence: [seen.id],
      unseen: ['which of the two holds the writes that count', ...unseenOf(evidence)],
      recommendations: [],
    },
  ];
}
