/** Writes the message of an incident from what is stored of it. Pure: the way to write a time is handed in. */
import type { Evidence, Finding } from './evidence.ts';
import { leadFirst } from './incident/lead-first.ts';
import { isOutrun } from './incident/outrun.ts';
import type { Message, MessageEvent, MessageIncident } from './message.ts';
import { isGraver, type SeverityScheme, severityWord } from './severity.ts';
import type { ActionView, AlertView, IncidentView } from './view.ts';

export interface Composed {
  readonly event: MessageEvent;
  readonly key: string;
  readonly at: number;
  readonly source: string;
  readonly baseUrl: string;
  readonly scheme: SeverityScheme;
  readonly incident: Omit<IncidentView, 'severity' | 'firingAlerts' | 'summary'>;
  readonly alerts: readonly AlertView[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly actions: readonly ActionView[];
  /** Who took it, by name. */
  readonly acknowledgedBy?: string | null;
  /** Of a call: why people are called anew. */
  readonly calledAgain?: MessageIncident['calledAgain'];
  readonly paged?: readonly {
    readonly person: string;
    readonly by: readonly string[];
    readonly at: number;
  }[];
  /** How often an alert fired during this incident. */
  readonly timesOf?: (alert: Pick<AlertView, 'rule' | 'target' | 'labels'>) => number;
}

/** More alerts than this are counted, not listed, so that a message stays readable and small. */
const alertsListed = 50;

export function composeMessage(about: Composed, timestamp: (at: number) => string): Message {
  return {
    version: 1,
    event: about.event,
    key: about.key,
    at: timestamp(about.at),
    source: about.source,
    incident: incidentPart(about, timestamp),
    url: `${about.baseUrl}/incidents/${about.incident.id}`,
  };
}

function incidentPart(about: Composed, timestamp: (at: number) => string): MessageIncident {
  const { incident } = about;
  // Nothing that fires follows from what only stands beside it: no message tells that as a cause.
  const findings = about.findings.filter(({ beside }) => beside === undefined);
  return {
    id: incident.id,
    title: incident.title,
    severity: severityWord(about.scheme, incident.level),
    level: incident.level,
    status: incident.status,
    services: incident.services,
    targets: leadFirst(incident.targets, incident.lead),
    openedAt: timestamp(incident.openedAt),
    ...(incident.reopenedAt == null
      ? {}
      : { reopenedAt: timestamp(incident.reopenedAt), reopened: incident.reopened ?? 1 }),
    ...(incident.resolvedAt === null ? {} : { resolvedAt: timestamp(incident.resolvedAt) }),
    ...(about.calledAgain === undefined ? {} : { calledAgain: about.calledAgain }),
    ...(about.acknowledgedBy == null ? {} : { acknowledgedBy: about.acknowledgedBy }),
    ...(about.paged?.length
      ? { paged: about.paged.map((page) => ({ ...page, at: timestamp(page.at) })) }
      : {}),
    alerts: byGravity(about.alerts)
      .slice(0, alertsListed)
      .map((alert) => ({
        rule: alert.rule,
        target: alert.target,
        labels: alert.labels,
        state: alert.state,
        since: timestamp(alert.since),
        value: alert.value,
        threshold: alert.threshold,
        ...(alert.said === undefined ? {} : { said: alert.said }),
        detail: alert.detail,
        ...timesPart(about.timesOf?.(alert) ?? 1),
        ...(alert.firstDetail === undefined ? {} : { firstDetail: alert.firstDetail }),
        ...(alert.annotations === undefined ? {} : { annotations: alert.annotations }),
      })),
    ...(findings.length === 0 ? {} : { diagnosis: diagnosisPart(findings, about) }),
    actions: about.actions.map((action) => ({
      id: action.id,
      action: action.plan.action,
      target: action.plan.target,
      state: action.state,
      summary: action.plan.summary,
    })),
  };
}

function byGravity(alerts: readonly AlertView[]): readonly AlertView[] {
  return alerts.toSorted(
    (a, b) =>
      Number(b.state === 'firing') - Number(a.state === 'firing') ||
      Number(isGraver(b.level, a.level)) - Number(isGraver(a.level, b.level)),
  );
}

function diagnosisPart(findings: readonly Finding[], { alerts, evidence }: Composed) {
  const [first] = findings;
  return {
    ...(first !== undefined && isOutrun(first, alerts) ? { isOlder: true as const } : {}),
    findings: findings.map((finding) => findingPart(finding, evidence)),
  };
}

function timesPart(times: number): { readonly times?: number } {
  return times > 1 ? { times } : {};
}

function findingPart(finding: Finding, evidence: readonly Evidence[]) {
  return {
    id: finding.id,
    summary: finding.since === 'stands' ? `still so: ${finding.summary}` : finding.summary,
    confidence: finding.confidence,
    target: finding.target,
    evidence: evidence
      .filter((item) => finding.evidence.includes(item.id))
      .map((item) => ({ id: item.id, title: item.title, ...(item.facts ? { facts: item.facts } : {}) })),
  };
}
