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
  const { since: _, ...rest } = finding;
  const { past, summary } = rest;
  const now = over.now === undefined || past === undefined ? '' : `; now ${over.now}`;
  return { ...rest, summary: `${past ?? summary}${now}`, over: { ...over, was: summary } };
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

/**
 * What is left once the incident is: that alerts have cleared ends no cause. Over is what was seen to be; what nobody
 * looked at since says so.
 */
export function leftAtEnd(
  findings: readonly Finding[],
  alerts: readonly Pick<Symptom, 'target' | 'state'>[],
): readonly Finding[] {
  const firing = new Set(alerts.filter(({ state }) => state === 'firing').map(({ target }) => target));
  return findings.map((one) =>
    one.nature === 'hygiene' || one.over !== undefined || one.since === 'stands' || firing.has(one.target)
      ? one
      : { ...one, since: 'not-looked' },
  );
}

/** What was seen when everything had cleared. */
export interface LastLook {
  readonly found: readonly Pick<Finding, 'id' | 'target' | 'confidence'>[];
  /** Whether its own diagnosis looked, and could see. */
  readonly couldSee: (finding: Pick<Finding, 'id' | 'target'>) => boolean;
}

/** A fault below this was a guess, and its end is no news (J). */
const likely = 0.5;

/** The findings that a look at the end is for: faults that no verified action mended. */
export function openAtEnd<One extends Finding>(findings: readonly One[]): readonly One[] {
  return findings.filter(
    ({ nature = 'fault', over, confidence }) =>
      nature === 'fault' && over?.by === undefined && confidence >= likely,
  );
}

/** Whether each cause stands though its alerts have cleared: `at` is when it was looked at. */
export function afterLastLook(
  findings: readonly Finding[],
  { found, couldSee }: LastLook,
  at: number,
): readonly Finding[] {
  const open = new Set(openAtEnd(findings));
  return findings.map((one) => {
    if (!open.has(one)) return one;
    const again = found.some(
      ({ id, target, confidence }) => id === one.id && target === one.target && confidence >= likely,
    );
    if (again) return { ...begunAgain(one), seenAt: at, since: 'stands' };
    return couldSee(one) ? ended(one, { at }) : one;
  });
}

/** `it stands` of a cause that was not seen to end though its alerts have cleared; null before, and of one that is over. */
export function sinceWords({ since }: Pick<Finding, 'since'>): string | null {
  if (since === undefined) return null;
  return since === 'stands' ? 'it stands' : 'not looked at since';
}

/** Of a resolved incident: `the cause stands: index orders_user was dropped`; null where none does. */
export function standingWords(
  findings: readonly Pick<Finding, 'summary' | 'since' | 'beside'>[],
): string | null {
  const stands = findings.filter(({ since, beside }) => since === 'stands' && beside === undefined);
  return stands.length === 0 ? null : `the cause stands: ${stands.map(({ summary }) => summary).join('; ')}`;
}

/**
 * Over is what was seen while alerts fired that have all resolved. What one of them fires for later may have another
 * cause: only a look that sees it again says that it is not over (`causesAfter`, `keepCauses`, `afterLastLook`). How
 * things stood when it was over is left out from then on.
 *
 * @param words what was seen when an alert resolved, by rule and target; undefined where that says nothing
 */
export function overWith(
  findings: readonly Finding[],
  alerts: readonly Symptom[],
  words: (alert: Symptom) => string | undefined,
): readonly Finding[] {
  const next = findings.map((finding): Finding => {
    if (finding.since === 'stands') return finding;
    const own = alerts.filter((alert) =>
      finding.explained?.some(({ rule, target }) => rule === alert.rule && target === alert.target),
    );
    const { over } = finding;
    if (over !== undefined)
      return own.some(({ state, firedAt }) => state === 'firing' && (firedAt ?? 0) > over.at)
        ? withoutNow(finding, over)
        : finding;
    if (own.length === 0 || own.some(({ state }) => state !== 'resolved')) return finding;
    const last = own.reduce((a, b) => ((b.resolvedAt ?? 0) > (a.resolvedAt ?? 0) ? b : a));
    const now = words(last);
    return ended(finding, { at: last.resolvedAt ?? 0, ...(now === undefined ? {} : { now }) });
  });
  return next.some((one, i) => one !== findings[i]) ? next : findings;
}

function withoutNow(finding: Finding, { now, ...over }: Over): Finding {
  return now === undefined ? finding : { ...finding, summary: finding.past ?? over.was, over };
}

/** As it was told while it was so. */
export function begunAgain({ over, ...finding }: Finding): Finding {
  return over === undefined ? finding : { ...finding, summary: over.was };
}
