/** Whether the replica of a primary that is down could take over, for the diagnoses that find it down. */
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { askServer } from '../failover/standing.ts';

const id = 'failover';

/** Nothing where it is the primary of no pair of `failover:`. */
export async function failoverEvidence(
  { pair }: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  if (pair === undefined || pair.side === 'replica') return [];
  const { replica } = pair.settings;
  const answer = await askServer(pair.other, ctx);
  const base = {
    id: `${target}.${id}`,
    target,
    title: `Whether ${replica} could take over`,
    how: 'SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn()',
    at: ctx.clock.now(),
  };
  return answer.kind === 'answers'
    ? [
        {
          ...base,
          facts: {
            replica,
            isStandby: answer.standby,
            received: answer.at,
            timeline: answer.timeline,
            pair: pair.settings.name,
          },
        },
      ]
    : [{ ...base, facts: { replica }, unseen: `${replica} does not answer: ${answer.detail}` }];
}

/** Its replica is a primary by now: whoever starts the old one has two, and clients may write to either. */
export function takenOver(evidence: readonly Evidence[], target: string): Finding | undefined {
  const piece = find(evidence, target, id);
  const { replica, isStandby, timeline, pair } = piece?.facts ?? {};
  if (piece === undefined || isStandby !== false) return undefined;
  const history = typeof timeline === 'number' ? ` (timeline ${timeline})` : '';
  return {
    id: 'postgres.unreachable',
    target,
    summary: `${replica} was promoted in place of ${target}${history}: do not start ${target} as a primary`,
    explanation: `${replica} of failover.${pair} is a primary and takes what clients write, so ${target} was fenced or was lost before. Started as it is, it would be a second primary with a history of its own (split brain). It comes back as a standby of ${replica}: the promotion under Actions says how and who approved it (upkeep action list), and docs/guide/recovery.md.`,
    // Its replica says so itself; why it was promoted the journal knows.
    confidence: 0.99,
    evidence: [piece.id],
    unseen: [],
    recommendations: [],
  };
}

/** The last thing to do: it loses what had not arrived, and a server that starts again in a minute loses nothing. */
export function failOver(evidence: readonly Evidence[], target: string): Recommendation[] {
  const facts = find(evidence, target, id)?.facts;
  if (facts?.isStandby !== true || typeof facts.replica !== 'string') return [];
  return [
    {
      action: 'postgres.promote',
      target: facts.replica,
      input: {},
      why: `${target} is down, and ${facts.replica} is its standby and answers; where ${target} can be started again soon, that loses nothing`,
    },
  ];
}
