import type { Alert } from '../core/alert.ts';
import { judgedInWords } from '../core/rule-words.ts';
import { metricNamed } from '../core/sample.ts';
import type { AlertView } from '../core/view.ts';
import type { VerbContext } from './context.ts';

/** Without the words where its rule is not in force any more, or judges a trend, whose two numbers have no one unit. */
export function alertView(ctx: Pick<VerbContext, 'estate'>, alert: Alert): AlertView {
  const watched = ctx.estate().targets.get(alert.target);
  const rule = watched?.settings.rules.find(({ id }) => id === alert.rule);
  if (!watched || !rule || rule.kind === 'trend') return alert;
  const said = judgedInWords(rule, metricNamed(watched.metrics, rule.metric)?.unit, alert);
  return said === null ? alert : { ...alert, said };
}
