/**
 * Events API v2. The incident's id is the dedup key, so everything of an incident is one alert there; a trigger for an
 * alert that is open adds to its log and wakes nobody again. Limits: summary 1,024, dedup key 255 characters, 512 KB.
 */
import { withFigures } from '../../core/alert-words.ts';
import type { Message } from '../../core/message.ts';
import { capped, plain } from '../../core/plain.ts';
import type { Level } from '../../core/severity.ts';
import { storyOf } from '../../wire/story.ts';

export type PagerDutyEvent = Readonly<Record<string, unknown>>;

const severities: Readonly<Record<Level, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
};

/** None for what PagerDuty is not for: approvals without an incident, reports, notices. */
export function eventsOf(message: Message, timezone?: string): readonly PagerDutyEvent[] {
  const { event, incident } = message;
  if (event === 'test') {
    const test = trigger(message, message.key, 'info', timezone);
    return [test, { event_action: 'resolve', dedup_key: message.key }];
  }
  if (!incident) return [];
  if (event === 'incident.resolved') return [{ event_action: 'resolve', dedup_key: incident.id }];
  // What comes late would open the alert again.
  if (incident.status === 'resolved') return [];
  if (event === 'incident.acknowledged') return [{ event_action: 'acknowledge', dedup_key: incident.id }];
  return [trigger(message, incident.id, severities[incident.level], timezone)];
}

const mostFacts = 20_000;

function trigger(
  message: Message,
  key: string,
  severity: string,
  timezone: string | undefined,
): PagerDutyEvent {
  const story = storyOf(message, timezone);
  const { incident, approval, links = {} } = message;
  const lines = Object.fromEntries(story.lines.map(({ label, text }) => [label.toLowerCase(), text]));
  const shown = [
    { href: message.url, text: 'Upkeep' },
    ...(links.acknowledge ? [{ href: links.acknowledge, text: 'Acknowledge in Upkeep' }] : []),
    ...(approval && links.approve ? [{ href: links.approve, text: 'Approve the plan' }] : []),
  ];
  return {
    event_action: 'trigger',
    dedup_key: capped(key, 255),
    client: `Upkeep ${plain(message.source, 60)}`,
    ...(/^https?:/.test(message.url) ? { client_url: message.url, links: shown } : {}),
    payload: {
      summary: capped(story.headline, 1_024),
      source: plain(incident?.targets[0] ?? message.source, 200),
      severity,
      timestamp: incident?.openedAt ?? message.at,
      ...(incident
        ? { component: plain(incident.targets[0] ?? '', 200), group: plain(incident.services[0] ?? '', 200) }
        : {}),
      class: plain(incident?.alerts[0]?.rule ?? 'test', 200),
      custom_details: {
        ...lines,
        alerts: capped(
          (incident?.alerts ?? [])
            .map((alert) => plain(`${alert.rule} on ${alert.target}: ${withFigures(alert)}`))
            .join('\n'),
          mostFacts,
        ),
      },
    },
  };
}
