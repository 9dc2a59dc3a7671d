/** A second trouble that one incident holds beside its lead, since both reach one service. Pure. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import { isGraver } from '../severity.ts';
import { dependenciesOf, needEachOther, sharedPlace, type Topology } from '../topology.ts';
import { type EndedFinding, endedByItself } from './ended-by-itself.ts';
import { directAmong } from './hygiene.ts';
import { isOfBackups, isOfLog } from './subjects.ts';

/** More than these are many of a kind: a count says it better. */
const mostNamed = 2;

/**
 * The gravest alert of another target that is ill by itself: nothing below it is broken, neither needs the other, they are
 * reached at different places, it began `apartMs` or more from the lead, and what was found of the lead does not explain it.
 * One whose process has ended by itself is such a trouble at any moment and whatever it needs. Null where there is none, or
 * more than two.
 */
export function secondRoot(
  lead: Pick<Alert, 'target' | 'since'>,
  all: readonly Alert[],
  found: Pick<Finding, 'explained'> | undefined,
  topology: Topology,
  apartMs: number,
  findings: readonly EndedFinding[] = [],
): Alert | null {
  const firing = directAmong(all).filter(
    (one) => one.state === 'firing' && !isOfBackups(one) && !isOfLog(one),
  );
  const broken = new Set(firing.map(({ target }) => target));
  const beganAt = (target: string) =>
    Math.min(...firing.filter((one) => one.target === target).map(({ since }) => since));
  const from = broken.has(lead.target) ? beganAt(lead.target) : lead.since;
  const isExplained = ({ rule, target }: Alert) =>
    (found?.explained ?? []).some((one) => one.rule === rule && one.target === target);
  const ended = firing.filter(
    (one) =>
      one.target !== lead.target &&
      sharedPlace(topology, one.target, lead.target) === null &&
      endedByItself(one, findings),
  );
  if (ended.length > 0) return gravestOf(ended);
  const roots = [...broken].filter(
    (target) =>
      !needEachOther(topology, target, lead.target) &&
      sharedPlace(topology, target, lead.target) === null &&
      Math.abs(beganAt(target) - from) >= apartMs &&
      !dependenciesOf(topology, target).some((name) => broken.has(name)),
  );
  return gravestOf(firing.filter((one) => roots.includes(one.target) && !isExplained(one)));
}

function gravestOf(alerts: readonly Alert[]): Alert | null {
  if (new Set(alerts.map(({ target }) => target)).size > mostNamed) return null;
  return (
    alerts.toSorted(
      (a, b) => Number(isGraver(b.level, a.level)) - Number(isGraver(a.level, b.level)) || a.since - b.since,
    )[0] ?? null
  );
}
