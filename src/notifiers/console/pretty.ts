import type { Message, MessageIncident } from '../../core/message.ts';
import { escapeControl, printable } from './escape.ts';

const mostAlerts = 8;
const mostFindings = 3;

/** A block that is read from the top: what happened, to what, since when, why, and what is done about it. */
export function prettyMessage(message: Message): string {
  const lines = [headline(message)];
  if (message.incident) lines.push(...incidentLines(message.incident));
  if (message.approval) {
    lines.push(
      `   waits for approval: ${printable(message.approval.summary)}`,
      `   because ${printable(message.approval.reason)}; until ${message.approval.expiresAt}`,
    );
  }
  const text = message.notice ?? message.report;
  if (text) lines.push('', ...text.markdown.split('\n').map((line) => escapeControl(line)));
  lines.push(`   ${printable(message.url)}`);
  return lines.join('\n');
}

function headline(message: Message): string {
  const what = message.event.replace('.', ' ').replaceAll('-', ' ');
  const about =
    message.notice?.title ??
    message.incident?.title ??
    message.report?.title ??
    message.approval?.summary ??
    '';
  const severity = message.incident ? `${message.incident.severity} · ` : '';
  return `── ${severity}${what} · ${printable(about)} · ${printable(message.source)} · ${message.at}`;
}

function incidentLines(incident: MessageIncident): string[] {
  const targets = incident.targets.map((name) => printable(name)).join(', ');
  const services = incident.services.map((name) => printable(name)).join(', ');
  const where = services === '' ? targets : `${services} (${targets})`;
  const lines = [
    `   ${where} · since ${incident.openedAt}${incident.resolvedAt ? `, until ${incident.resolvedAt}` : ''}`,
  ];
  for (const alert of incident.alerts.slice(0, mostAlerts)) {
    lines.push(`   ${alert.state} ${alert.rule} on ${printable(alert.target)}: ${printable(alert.detail)}`);
  }
  if (incident.alerts.length > mostAlerts)
    lines.push(`   and ${incident.alerts.length - mostAlerts} more alerts`);
  for (const finding of incident.diagnosis?.findings.slice(0, mostFindings) ?? []) {
    lines.push(
      `   cause, ${Math.round(finding.confidence * 100)} %: ${printable(finding.summary)} (${finding.id})`,
    );
  }
  for (const action of incident.actions) {
    lines.push(
      `   ${action.state}: ${printable(action.summary)} (${action.action} on ${printable(action.target)})`,
    );
  }
  return lines;
}
