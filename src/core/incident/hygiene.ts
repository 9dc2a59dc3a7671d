/**
 * How something is set up is told by itself: it was so before a trouble and is so after it, so neither joins the other,
 * gives it a name or keeps it open. Pure.
 */
interface Kind {
  readonly isHygiene?: boolean;
}

export function isAlike(a: Kind, b: Kind): boolean {
  return (a.isHygiene ?? false) === (b.isHygiene ?? false);
}

/** The alerts that an incident is about: its symptoms; what is set up badly only where there is nothing else. */
export function symptomsAmong<One extends Kind>(alerts: readonly One[]): readonly One[] {
  const symptoms = alerts.filter(({ isHygiene }) => !isHygiene);
  return symptoms.length > 0 ? symptoms : alerts;
}

/** A budget tells of the trouble for hours after it is over, so it does not say whether that lasts. */
export function isOfBudget({ rule }: { readonly rule: string }): boolean {
  return rule.startsWith('slo.');
}

/** What only a budget still says of a trouble that is over. */
export function isLeftOver(
  alert: { readonly rule: string },
  incident: { readonly wellSince: number | null } | undefined,
): boolean {
  return isOfBudget(alert) && incident !== undefined && incident.wellSince !== null;
}

/** The alerts whose end is the end of the trouble: a budget's only where nothing else ever fired. */
export function directAmong<One extends Kind & { readonly rule: string }>(
  all: readonly One[],
): readonly One[] {
  const symptoms = symptomsAmong(all);
  const direct = symptoms.filter((alert) => !isOfBudget(alert));
  return direct.length > 0 ? direct : symptoms;
}

/** A diagnosis that explains nothing but how something is set up finds no cause of a trouble. */
export function explainsHygiene(
  explains: readonly string[],
  rules: readonly (Kind & { readonly id: string })[],
): boolean {
  const known = rules.filter(({ id }) => explains.includes(id));
  return known.length > 0 && known.length === explains.length && known.every(({ isHygiene }) => isHygiene);
}

/** What comes due and breaks nothing yet: a certificate near its end, a log or a backup that is old, a disk that fills. */
const comingDue = /^tls\.expiry$|\.(?:archive-age|recovery-point-age|slot-leftover)$|-soon$|-filling$/;

/** Something was broken; false of what is only set up badly or comes due. One without alerts was seen by people. */
export function isOutage(alerts: readonly (Kind & { readonly rule: string })[]): boolean {
  return alerts.length === 0 || alerts.some(({ rule, isHygiene }) => !isHygiene && !comingDue.test(rule));
}
