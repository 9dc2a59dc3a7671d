/** The completion report of an action with what surrounds it now: its target, its rules, its page. */
import { timestamp } from '../clock.ts';
import { completionReport } from '../core/completion.ts';
import type { Unit } from '../core/sample.ts';
import type { ActionView } from '../core/view.ts';
import type { Desk } from './desk.ts';

export function reportOf(
  { baseUrl, configuration }: Pick<Desk, 'baseUrl' | 'configuration'>,
  action: ActionView,
  unitOf: (metric: string) => Unit | undefined,
): string {
  const { targets, environment } = configuration();
  const target = targets.find(({ name }) => name === action.plan.target);
  return completionReport(action, {
    timestamp,
    environment: target?.environment ?? environment,
    system: target?.system ?? null,
    rules: target?.rules ?? [],
    unitOf,
    dashboard: `${baseUrl()}/targets/${encodeURIComponent(action.plan.target)}`,
  });
}
