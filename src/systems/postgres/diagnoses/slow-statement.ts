import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { statementLoad } from './statement-load.ts';

/** PgHero calls a statement slow at 20 ms a call; less than a tenth of a processor is no load (J). */
const slowMs = 20;
const busyLeast = 0.1;
/** One statement with more than half of all the time leads (J). */
const leadingShare = 0.5;

export const slowStatement: Diagnosis<PostgresConnection> = {
  id: 'postgres.slow-statement',
  title: 'slow statements take the time',
  summary: 'Which statements take the time now, and by which plan',
  explains: [
    'postgres.long-transaction',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.cache-hit',
    'postgres.temp-files',
    'postgres.full-scans',
    'postgres.slow-statement',
    'postgres.regressed-statement',
    'postgres.new-statement',
  ],
  gather: async (conn, target, ctx) => [...(await statementLoad(conn, target, ctx)).evidence],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const statements = find(evidence, target, 'statements');
  const busy = numberOf(statements?.facts?.busy);
  const [worst] = rowsOf(statements);
  if (statements === undefined || worst === undefined) return [];
  const share = numberOf(worst.share);
  const mean = numberOf(worst.meanMs);
  if (busy < busyLeast || share < leadingShare || mean < slowMs) return [];
  const plans = rowsOf(find(evidence, target, 'plans')).filter((plan) => plan.queryid === worst.queryid);
  const plan = plans.map((row) => textOf(row.shape))[0];
  const temp = numberOf(worst.tempBytes);
  return [
    {
      id: 'postgres.slow-statement',
      target,
      onlySlows: true,
      summary: `one statement takes ${Math.round(share * 100)} % of the time: ${mean.toFixed(0)} ms a call, ${(numberOf(worst.calls) / Math.max(0.1, numberOf(statements.facts?.seconds))).toFixed(1)} calls a second`,
      explanation: [
        `The statement: ${textOf(worst.statement)}.`,
        plan === undefined ? '' : `Its plan: ${plan}.`,
        temp > 0 ? `It wrote ${Math.round(temp / 1_048_576)} MiB to temporary files.` : '',
        'That it takes the time is measured; why it does so now is for its plan, its data and what was changed to say.',
      ]
        .filter(Boolean)
        .join(' '),
      // A symptom well measured: it names where the time goes, not why.
      confidence: 0.5,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen])),
      recommendations: [],
    },
  ];
}
