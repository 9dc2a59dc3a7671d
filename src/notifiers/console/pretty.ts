import { withFigures } from '../../core/alert-words.ts';
import type { Message, MessageIncident } from '../../core/message.ts';
import { escapeControl, printable } from './escape.ts';

const mostAlerts = 8;
const mostFindings = 3;
/** An alert of a backup ends with the command that mends it. */
const longestAlert = 600;

/** A block that is read from the top: what happened, to what, since when, why, and what is done about it. */
export function prettyMessage(message: Message, timezone: string | undefined): string {
  const wall = wallOf(timezone);
  const lines = [headline(message, wall)];
  if (message.incident) lines.push(...incidentLines(message.incident, wall));
  if (message.approval) {
    lines.push(
      `   waits for approval: ${printable(message.approval.summary)}`,
      `   because ${printable(message.approval.reason)}; until ${wall(message.approval.expiresAt)}`,
    );
  }
  const text = message.notice ?? message.report;
  if (text) lines.push('', ...text.markdown.split('\n').map((line) => escapeControl(line)));
  lines.push(`   ${printable(message.url)}`);
  return lines.join('\n');
}

type Wall = (iso: string) => string;

/** `2026-12-01 03:00:07`, on the wall clock of the team as the lines of the log around it; as it is where that is not known. */
function wallOf(timeZone: string | undefined): Wall {
  if (timeZone === undefined) return (iso) => iso;
  // Sweden writes the year first, then month and day.
  const writer = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (iso) => writer.format(Date.parse(iso));
}

function headline(message: Message, wall: Wall): string {
  const isAgain = message.event === 'incident.opened' && message.incident?.reopenedAt !== undefined;
  const what = isAgain ? 'incident reopened' : message.event.replace('.', ' ').replaceAll('-', ' ');
  const about =
    message.notice?.title ??
    message.incident?.title ??
    message.report?.title ??
    message.approval?.summary ??
    '';
  const severity = message.incident ? `${message.incident.severity} · ` : '';
  return `── ${severity}${what} · ${printable(about)} · ${printable(message.source)} · ${wall(message.at)}`;
}

function incidentLines(incident: MessageIncident, wall: Wall): string[] {
  const targets = incident.targets.map((name) => printable(name)).join(', ');
  const services = incident.services.map((name) => printable(name)).join(', ');
  const where = services === '' ? targets : `${services} (${targets})`;
  const lines = [
    `   ${where} · ${incident.reopenedAt === undefined ? 'since' : 'again since'} ${wall(incident.reopenedAt ?? incident.openedAt)}${incident.resolvedAt ? `, until ${wall(incident.resolvedAt)}` : ''}`,
  ];
  for (const alert of incident.alerts.slice(0, mostAlerts)) {
    const words = withFigures(alert);
    const where = `   ${alert.state} ${alert.rule} on ${printable(alert.target)}`;
    lines.push(words === '' ? where : `${where}: ${printable(words, longestAlert)}`);
  }
  if (incident.alerts.length > mostAlerts)
    lines.push(`   and ${incident.alerts.length - mostAlerts} more alerts`);
  for (const finding of incident.diagnosis?.findings.slice(0, mostFindings) ?? []) {
    lines.push(
      `   ${incident.diagnosis?.isOlder ? 'known before this fired' : 'cause'}, ${Math.round(finding.confidence * 100)} %: ${printable(finding.summary)} (${finding.id})`,
    );
  }
  for (const action of incident.actions) {
    lines.push(
      `   ${action.state}: ${printable(action.summary)} (${action.action} on ${printable(action.target)})`,
    );
  }
  return lines;
}
