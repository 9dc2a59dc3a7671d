import type { Alert } from '../../core/alert.ts';
import type { Health, TargetView } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import type { VerbContext } from '../context.ts';

type FiringAlert = Pick<Alert, 'target' | 'state' | 'ruleLevel'>;

/** Values older than this many intervals say nothing of now. */
const staleAfterIntervals = 3;

export function targetView(
  ctx: Pick<VerbContext, 'picture' | 'clock' | 'estate'>,
  { settings, bound }: Watched,
  alerts: readonly FiringAlert[],
): TargetView {
  const picture = ctx.picture.target(settings.name);
  const mine = alerts.filter((alert) => alert.target === settings.name && alert.state === 'firing');
  const isStale =
    picture.lastAt === null ||
    ctx.clock.now() - picture.lastAt > staleAfterIntervals * settings.everyMs + settings.timeoutMs;
  return {
    name: settings.name,
    system: settings.system,
    address: bound.address,
    environment: settings.environment,
    health: healthOf(mine, isStale ? null : picture.up),
    detail: picture.detail,
    lastAt: picture.lastAt,
    everyMs: settings.everyMs,
    dependsOn: settings.dependsOn,
    services: ctx.estate().topology.servicesOf.get(settings.name) ?? [],
    latency: picture.latency,
    recent: [...picture.recent],
    openAlerts: mine.length,
  };
}

/** Down is critical even before a rule fires; a target nobody could look at is unknown, never ok. */
function healthOf(alerts: readonly FiringAlert[], up: 1 | 0 | null): Health {
  if (alerts.some((alert) => alert.ruleLevel === 'critical') || up === 0) return 'critical';
  if (alerts.length > 0) return 'warning';
  return up === null ? 'unknown' : 'ok';
}

const order: readonly Health[] = ['critical', 'warning', 'unknown', 'ok'];

/** The worst of several; unknown where there are none. */
export function worstHealth(healths: readonly Health[]): Health {
  return order.find((health) => healths.includes(health)) ?? 'unknown';
}
