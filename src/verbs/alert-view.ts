import type { Alert } from '../core/alert.ts';
import { metricOf } from '../core/burn-rate/readings.ts';
import type { Rule } from '../core/rule.ts';
import { amountInWords } from '../core/rule-words.ts';
import { labelKey } from '../core/sample.ts';
import type { AlertView } from '../core/view.ts';
import type { Estate, Watched } from '../pipeline/bound.ts';
import { saidOf } from '../pipeline/said.ts';
import type { VerbContext } from './context.ts';

interface Sight {
  estate(): Pick<Estate, 'targets'>;
  readonly picture: Pick<VerbContext['picture'], 'latest'>;
  readonly objectives: Pick<VerbContext['objectives'], 'states'>;
}

/** An alert with its value in words, as it was when it fired and, while it fires, as it is now where that differs. */
export function alertView(ctx: Sight, alert: Alert): AlertView {
  const said = saidOf(ctx.estate().targets, alert);
  const now = alert.state === 'firing' ? nowOf(ctx, alert) : null;
  return { ...alert, ...(said === null ? {} : { said }), ...(now === null ? {} : { now }) };
}

function nowOf(ctx: Sight, alert: Alert): string | null {
  const watched = ctx.estate().targets.get(alert.target);
  const rule = watched?.settings.rules.find(({ id }) => id === alert.rule);
  if (!watched || !rule) return null;
  if (rule.kind === 'burn-rate') return burnNow(ctx, alert);
  return rule.kind === 'threshold' ? valueNow(ctx, alert, rule, watched) : null;
}

function burnNow({ objectives }: Sight, { labels, detail }: Alert): string | null {
  const one = objectives
    .states()
    .find(({ service, objective }) => service.name === labels.service && objective.kind === labels.objective);
  const reason = one?.judgement.reason ?? null;
  return reason === detail || one?.judgement.state === 'unknown' ? null : reason;
}

/** What is judged as an increase, or as a share of another metric, is not its last value. */
function valueNow(
  { picture }: Sight,
  alert: Alert,
  rule: Rule & { readonly kind: 'threshold' },
  { metrics }: Watched,
): string | null {
  if (rule.increaseMs !== undefined || rule.of !== undefined || alert.value === null) return null;
  const latest = picture
    .latest(alert.target, rule.metric)
    .find(({ labels }) => labelKey(labels) === labelKey(alert.labels));
  if (latest === undefined) return null;
  const unit = metricOf(metrics, rule.metric)?.unit;
  const words = amountInWords(latest.value, unit);
  return words === amountInWords(alert.value, unit) ? null : words;
}

/** For where one line is all there is: the figures of now, those it fired with beside them. */
export function figuresOf({ said, detail, now }: AlertView): string {
  const then = [said, detail].filter(Boolean).join('; ');
  if (now === undefined) return then;
  return then === '' ? `now ${now}` : `now ${now}; when it fired: ${then}`;
}
