/** Findings whose trouble has ended while their incident goes on, or at its end: told in the past, with how things stand since. Pure. */
import type { Alert } from '../alert.ts';
import { canonical } from '../canonical.ts';
import type { Finding, Over } from '../evidence.ts';
import type { Plan } from '../plan.ts';

type Asked = Pick<Plan, 'action' | 'target' | 'input'>;
type Symptom = Pick<Alert, 'rule' | 'target' | 'state' | 'resolvedAt' | 'firedAt'>;

/** Whether a finding recommends what a plan does; a plan holds what was asked for and the defaults of its action. */
export function asksFor({ recommendations }: Pick<Finding, 'recommendations'>, plan: Asked): boolean {
  return recommendations.some(
    ({ action, target, input }) =>
      action === plan.action &&
      target === plan.target &&
      Object.entries(input).every(
        ([name, value]) => canonical(plan.input[name] ?? null) === canonical(value),
      ),
  );
}

/** The same finding as one that is over; as it is where it was over already. */
export function ended(finding: Finding, over: Omit<Over, 'was'>): Finding {
  if (finding.over !== undefined) return finding;
  const { past, summary } = finding;
  const now = over.now === undefined || past === undefined ? '' : `; now ${over.now}`;
  return { ...finding, summary: `${past ?? summary}${now}`, over: { ...over, was: summary } };
}

/** What a verified action was for is over; `now` is what its verification saw. */
export function mendedBy(
  findings: readonly Finding[],
  plan: Asked,
  at: number,
  now: string | undefined,
): Finding[] {
  const by = plan.action;
  // That its alerts resolved first says less than what was verified.
  const asItWas = (one: Finding) => (one.over?.by === undefined ? begunAgain(one) : one);
  return findings.map((one) =>
    asksFor(one, plan) ? ended(asItWas(one), { at, by, ...(now === undefined ? {} : { now }) }) : one,
  );
}

/** What is left once the incident is: over with it, where nothing of its target fires and it tells of a trouble. */
export function overAtEnd(
  findings: readonly Finding[],
  alerts: readonly Pick<Symptom, 'target' | 'state'>[],
  at: number,
): readonly Finding[] {
  const firing = new Set(alerts.filter(({ state }) => state === 'firing').map(({ target }) => target));
  return findings.map((one) =>
    one.nature === 'hygiene' || firing.has(one.target) ? one : ended(one, { at }),
  );
}

/**
 * Over is what was seen while alerts fired that have all resolved, and no longer over what an alert of it fires for
 * since.
 *
 * @param words what was seen when an alert resolved, by rule and target; undefined where that says nothing
 */
export function overWith(
  findings: readonly Finding[],
  alerts: readonly Symptom[],
  words: (alert: Symptom) => string | undefined,
): readonly Finding[] {
  const next = findings.map((finding): Finding => {
    const own = alerts.filter((alert) =>
      finding.explained?.some(({ rule, target }) => rule === alert.rule && target === alert.target),
    );
    const { over } = finding;
    if (over !== undefined)
      return own.some(({ state, firedAt }) => state === 'firing' && (firedAt ?? 0) > over.at)
        ? begunAgain(finding)
        : finding;
    if (own.length === 0 || own.some(({ state }) => state !== 'resolved')) return finding;
    const last = own.reduce((a, b) => ((b.resolvedAt ?? 0) > (a.resolvedAt ?? 0) ? b : a));
    const now = words(last);
    return ended(finding, { at: last.resolvedAt ?? 0, ...(now === undefined ? {} : { now }) });
  });
  return next.some((one, i) => one !== findings[i]) ? next : findings;
}

/** As it was told while it was so. */
export function begunAgain({ over, ...finding }: Finding): Finding {
  return over === undefined ? finding : { ...finding, summary: over.was };
}
