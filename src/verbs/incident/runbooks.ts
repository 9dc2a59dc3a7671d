import type { Alert } from '../../core/alert.ts';
import { levels } from '../../core/severity.ts';
import type { IncidentDetail } from '../../core/view.ts';

const states: readonly Alert['state'][] = ['firing', 'pending', 'resolved'];

/** One of each rule: of what fires now first and of that the gravest, then the newest; what has ended comes last. */
export function runbooksOf(
  alerts: readonly Pick<Alert, 'rule' | 'state' | 'level' | 'since'>[],
  textOf: (rule: string) => string | undefined,
): IncidentDetail['runbooks'] {
  const sorted = alerts.toSorted(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) ||
      levels.indexOf(a.level) - levels.indexOf(b.level) ||
      b.since - a.since,
  );
  return [...new Set(sorted.map(({ rule }) => rule))].flatMap((rule) => {
    const text = textOf(rule);
    return text ? [{ rule, text }] : [];
  });
}
