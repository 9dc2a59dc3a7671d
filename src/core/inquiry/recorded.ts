/** What Upkeep itself saw, found and did around an onset: incidents with what was found in them, and actions. Pure. */
import type { Evidence, Finding } from '../evidence.ts';

/** Times are epoch milliseconds. */
export interface RecordedAction {
  readonly at: number;
  /** Null where it belongs to no incident. */
  readonly incidentId: string | null;
  /** `process.resume` */
  readonly action: string;
  readonly target: string;
  readonly state: string;
  readonly result: string | null;
}

export interface RecordedIncident {
  readonly id: string;
  readonly title: string;
  /** When its trouble began, by its first alert. */
  readonly began: number;
  readonly resolvedAt: number | null;
  readonly targets: readonly string[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
}

export interface Recorded {
  readonly incidents: readonly RecordedIncident[];
  readonly actions: readonly RecordedAction[];
}

export const nothingRecorded: Recorded = { incidents: [], actions: [] };

/** One of what Upkeep saw or did. */
export interface OwnEvent {
  readonly at: number;
  readonly kind: 'incident' | 'action';
  readonly target: string;
  readonly text: string;
}

export const ownEvidence = 'history.upkeep';

/** Alerts come some time after what they tell of. */
const alertsWithinMs = 10 * 60_000;

/** What began or was done when the trouble did. */
export function recordedAround(recorded: Recorded, onset: number, toleranceMs: number): Recorded {
  const isAround = (at: number) => at >= onset - toleranceMs && at <= onset + alertsWithinMs;
  return {
    incidents: recorded.incidents.filter(({ began }) => isAround(began)),
    actions: recorded.actions.filter(({ at }) => isAround(at)),
  };
}

/** Findings as they were recorded, with the incident and what Upkeep did then; they keep their confidence. */
export function recordedFindings({ incidents, actions }: Recorded, say: (at: number) => string): Finding[] {
  return incidents.flatMap((incident) =>
    incident.findings.map((finding): Finding => {
      const done = actions
        .filter(({ incidentId, target }) => incidentId === incident.id && target === finding.target)
        .map(({ at, action, target, state }) => `${action} on ${target} at ${say(at)}: ${state}`);
      const span =
        incident.resolvedAt === null
          ? `since ${say(incident.began)}`
          : `from ${say(incident.began)} until ${say(incident.resolvedAt)}`;
      return {
        ...finding,
        explanation: `${finding.explanation} Recorded in the incident ${incident.id.slice(0, 13)}, ${span}.${
          done.length > 0 ? ` Upkeep did ${done.join('; ')}.` : ''
        }`,
        evidence: finding.evidence.map((id) => evidenceId(incident, id)),
      };
    }),
  );
}

/** Named for its incident: what is seen now may have the same name. */
export function recordedEvidence({ incidents }: Pick<Recorded, 'incidents'>): Evidence[] {
  return incidents.flatMap((incident) => {
    const used = new Set(incident.findings.flatMap(({ evidence }) => evidence));
    return incident.evidence
      .filter(({ id }) => used.has(id))
      .map((one) => ({ ...one, id: evidenceId(incident, one.id) }));
  });
}

function evidenceId({ id }: RecordedIncident, evidence: string): string {
  return `${id.slice(0, 13)}/${evidence}`;
}

/** Oldest first. */
export function ownEvents({ incidents, actions }: Recorded): OwnEvent[] {
  return [
    ...incidents.map(({ began, findings, targets, title }) => ({
      ...{ at: began, kind: 'incident' as const, target: findings[0]?.target ?? targets[0] ?? 'unknown' },
      text: findings[0] ? `${title}; found: ${findings[0].summary}` : title,
    })),
    ...actions.map(({ at, action, target, state, result }) => ({
      ...{ at, kind: 'action' as const, target },
      text: `${action}: ${state}${result === null ? '' : `, ${result}`}`,
    })),
  ].sort((a, b) => a.at - b.at);
}

export function ownEventsEvidence(events: readonly OwnEvent[], now: number): Evidence[] {
  const [first] = events;
  if (!first) return [];
  return [
    {
      id: ownEvidence,
      target: first.target,
      title: 'What Upkeep saw and did around the onset',
      at: now,
      how: 'upkeep incident list; upkeep action list',
      table: {
        columns: ['at', 'kind', 'target', 'what'],
        rows: events.map(({ at, kind, target, text }) => [at, kind, target, text]),
      },
    },
  ];
}
