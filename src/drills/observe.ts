/** Writes down what Upkeep sees, says and does while a drill is played. */
import type {
  DrillRecord,
  NotPlanned,
  SeenAction,
  SeenAlert,
  SeenFinding,
  SeenFindings,
} from '../core/drill/drill.ts';
import type { Finding } from '../core/evidence.ts';
import type { IncidentDetail } from '../core/view.ts';
import type { Ground, Play } from './drill.ts';

/** In place of the id of an incident. */
const saidElsewhere = 'no incident';

export interface Notebook {
  /** Looks once; what is new is written down. */
  look(): Promise<void>;
  readonly record: Pick<DrillRecord, 'alerts' | 'findings' | 'actions' | 'notPlanned' | 'symptom'>;
}

export function openNotebook<On extends Ground>(drill: Play<On>, lab: On, injectedAt: number): Notebook {
  const { clock, watch } = lab;
  const alerts = new Map<string, SeenAlert>();
  const findings: SeenFindings[] = [];
  const symptom: { at: number; isThere: boolean }[] = [];
  const written = new Map<string, string>();
  const notPlanned = new Map<number, NotPlanned>();
  let actions: SeenAction[] = [];

  async function lookAt(incident: IncidentDetail): Promise<void> {
    for (const { id, rule, target, firedAt } of incident.alerts)
      if (firedAt !== null && firedAt >= injectedAt) alerts.set(id, { rule, target, firedAt });
    for (const { seq, at, kind, payload } of incident.timeline)
      if (kind === 'action.not-planned' && at >= injectedAt)
        notPlanned.set(seq, { action: String(payload.action), reason: String(payload.reason) });
    const seen = incident.findings.map((finding) => seenFinding(finding, incident));
    const { diagnosedAt } = incident;
    if (diagnosedAt !== null && diagnosedAt >= injectedAt) keep(incident.id, diagnosedAt, seen);
  }

  function keep(incident: string, at: number, seen: readonly SeenFinding[]): void {
    const text = JSON.stringify(seen);
    if (written.get(incident) === text) return;
    written.set(incident, text);
    findings.push({ at, incident, findings: seen });
  }

  return {
    async look() {
      if (drill.symptom) {
        // A probe that cannot look feels it too.
        const isThere = await drill.symptom(lab).catch(() => true);
        symptom.push({ at: clock.now(), isThere });
      }
      if (drill.saw) keep(saidElsewhere, clock.now(), await drill.saw(lab));
      // One that was open before may have come back, and is looked at too.
      for (const { id, resolvedAt } of await watch.incidents())
        if (resolvedAt === null || resolvedAt >= injectedAt) await lookAt(await watch.incident(id));
      actions = (await watch.actions())
        .filter((one) => one.proposedAt >= injectedAt)
        .map(({ plan, state, appliedAt, result }) => ({
          action: plan.action,
          target: plan.target,
          state,
          appliedAt,
          result,
        }));
    },
    get record() {
      return {
        alerts: [...alerts.values()],
        findings,
        actions,
        notPlanned: [...notPlanned.values()],
        symptom,
      };
    },
  };
}

function seenFinding(finding: Finding, { evidence }: IncidentDetail): SeenFinding {
  const { id, target, summary, confidence, nature, change } = finding;
  const isKept = (name: string) => evidence.some((item) => item.id === name);
  return {
    diagnosis: id,
    target,
    summary,
    confidence,
    isCapacity: nature === 'capacity',
    isTied: finding.evidence.length > 0 && finding.evidence.every(isKept),
    blames: change === undefined ? null : `${summary} ${finding.explanation}`,
  };
}
