/** Where the readers of an ill server could go, for the diagnoses that find it ill. */
import type { Evidence, Recommendation } from '../../../core/evidence.ts';
import { find } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { placeNow, unfitBecause } from '../reads.ts';

const id = 'readers';

/** Nothing where no `reads` are declared. */
export async function readersEvidence(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  const { reads } = conn.config;
  if (reads === undefined) return [];
  const base = {
    id: `${target}.${id}`,
    target,
    title: 'Where readers are sent, and where else they could be',
    how: reads.show.join(' '),
    at: ctx.clock.now(),
  };
  try {
    const place = await placeNow(conn, reads, ctx.signal);
    const places = reads.places.map((other) => ({ other, unfit: unfitBecause(other, ctx) }));
    return [
      {
        ...base,
        facts: {
          place,
          isHere: place === reads.here,
          fit: places.find(({ unfit }) => unfit === undefined)?.other ?? null,
        },
        table: {
          columns: ['place', 'why not'],
          rows: places.map(({ other, unfit }) => [other, unfit ?? null]),
        },
      },
    ];
  } catch (error) {
    return [{ ...base, unseen: error instanceof Error ? error.message : String(error) }];
  }
}

export function moveReadersAway(evidence: readonly Evidence[], target: string): Recommendation[] {
  const facts = find(evidence, target, id)?.facts;
  if (facts?.isHere !== true || typeof facts.fit !== 'string') return [];
  return [
    {
      action: 'postgres.move-reads',
      target,
      input: { to: facts.fit },
      why: `readers are sent here, and ${facts.fit} is up, in step and has connections left`,
    },
  ];
}
