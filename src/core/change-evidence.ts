import type { Evidence } from './evidence.ts';
import type { DiagnosisContext } from './system.ts';

const most = 20;

/** What was changed in this target lately, newest first; nothing where the ledger has nothing. */
export function changesOf(target: string, { changes, clock }: DiagnosisContext): Evidence[] {
  const own = changes.filter((change) => change.target === target).slice(0, most);
  if (own.length === 0) return [];
  return [
    {
      id: `${target}.changes`,
      target,
      title: 'What was changed in it',
      at: clock.now(),
      how: `upkeep change list ${target}`,
      table: {
        columns: ['id', 'summary', 'source', 'after', 'at'],
        rows: own.map(({ id, summary, source, after, at }) => [id, summary, source, after, at]),
      },
    },
  ];
}
