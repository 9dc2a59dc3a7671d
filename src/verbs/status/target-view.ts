import type { Alert } from '../../core/alert.ts';
import { burnCall, unheardWords } from '../../core/burn-rate/call.ts';
import { isOfBackups } from '../../core/incident/subjects.ts';
import { isGraver } from '../../core/severity.ts';
import type { Health, TargetView } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { saidOf } from '../../pipeline/said.ts';
import type { VerbContext } from '../context.ts';

interface OpenIncident {
  readonly id: string;
  readonly status: string;
  readonly acknowledgedBy: string | null;
}

/** Of what samples say the rule is left out: that is never of backups. */
type FiringAlert = Pick<Alert, 'target' | 'state' | 'ruleLevel'> & Partial<Pick<Alert, 'rule'>>;
type Gravity = Pick<Alert, 'ruleLevel' | 'level' | 'since'>;

/** Values older than this many intervals say nothing of now. */
const staleAfterIntervals = 3;

export function targetView(
  ctx: Pick<VerbContext, 'picture' | 'clock' | 'estate'>,
  { settings, bound, metrics }: Watched,
  alerts: readonly FiringAlert[],
): TargetView {
  const hasLatency = Object.values(metrics).some(({ latencyOf }) => latencyOf !== undefined);
  const picture = ctx.picture.target(settings.name);
  const mine = alerts.filter((alert) => alert.target === settings.name && alert.state === 'firing');
  const isStale =
    picture.lastAt === null ||
    ctx.clock.now() - picture.lastAt > staleAfterIntervals * settings.everyMs + settings.timeoutMs;
  const lacks = [...picture.checks.values()].map(({ missing }) => missing).filter((all) => all.length > 0);
  const blindChecks = lacks.length;
  const isLacking = lacks.some((all) => all.some(({ isAskedFor }) => isAskedFor));
  return {
    name: settings.name,
    system: settings.system,
    address: bound.address,
    environment: settings.environment,
    health: healthOf(mine, isStale ? null : picture.up, isLacking),
    detail: picture.detail,
    lastAt: picture.lastAt,
    everyMs: settings.everyMs,
    dependsOn: settings.dependsOn,
    services: ctx.estate().topology.servicesOf.get(settings.name) ?? [],
    latency: hasLatency ? picture.latency : null,
    ...(hasLatency ? {} : { hasLatency }),
    recent: [...picture.recent],
    openAlerts: mine.length,
    ...(blindChecks === 0 ? {} : { blindChecks }),
  };
}

/** The view with why it is bad, for which the alerts must be whole. */
export function explainedView(
  ctx: Pick<VerbContext, 'picture' | 'clock' | 'estate'>,
  watched: Watched,
  alerts: readonly Alert[],
  incidents: readonly OpenIncident[],
): TargetView {
  const view = targetView(ctx, watched, alerts);
  const firing = alerts.filter(({ target, state }) => target === view.name && state === 'firing');
  // What is down says so itself, and better.
  const gravest = ctx.picture.target(view.name).up === 0 ? undefined : gravestOf(firing);
  if (gravest === undefined) return { ...view, why: null };
  const said = saidOf(ctx.estate().targets, gravest);
  return { ...view, why: whyOf(gravest, said, incidents) };
}

/** What an alert says of its target, with its figures, and that nobody is called for it where that is so. */
export function whyOf(
  alert: Pick<Alert, 'summary' | 'state' | 'incidentId' | 'heldBy'>,
  said: string | null,
  incidents: readonly OpenIncident[],
): string {
  const over = { status: 'resolved', acknowledgedBy: null };
  const incident =
    alert.incidentId === null ? undefined : (incidents.find(({ id }) => id === alert.incidentId) ?? over);
  const unheard = unheardWords(burnCall(alert, incident));
  return `${alert.summary}${said === null ? '' : `: ${said}`}${unheard === null ? '' : ` (${unheard})`}`;
}

export function gravestOf<Kind extends Gravity>(alerts: readonly Kind[]): Kind | undefined {
  return alerts.toSorted(byGravity)[0];
}

function byGravity(a: Gravity, b: Gravity): number {
  if (a.ruleLevel !== b.ruleLevel) return a.ruleLevel === 'critical' ? -1 : 1;
  if (a.level !== b.level) return isGraver(a.level, b.level) ? -1 : 1;
  return a.since - b.since;
}

/** What is backed up works while its backups do not. Down is critical even before a rule fires; a target nobody could look at, or not at all of it, is unknown, never ok. */
function healthOf(alerts: readonly FiringAlert[], up: 1 | 0 | null, isLacking: boolean): Health {
  const isBad = alerts.some(
    (alert) => alert.ruleLevel === 'critical' && !isOfBackups({ rule: alert.rule ?? '' }),
  );
  if (isBad || up === 0) return 'critical';
  if (alerts.length > 0) return 'warning';
  return up === null || isLacking ? 'unknown' : 'ok';
}

const order: readonly Health[] = ['critical', 'warning', 'unknown', 'ok'];

/** The worst of several; unknown where there are none. */
export function worstHealth(healths: readonly Health[]): Health {
  return order.find((health) => healths.includes(health)) ?? 'unknown';
}
