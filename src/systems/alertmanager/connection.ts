/** Where foreign alerts belong, by the settings of the target that takes them. */
import type { ForeignAlert } from '../../core/foreign-alert.ts';
import { emptyInbox, type ForeignPlace, type Inbox } from '../../core/inbox.ts';
import { printable } from '../../core/redact.ts';
import type { Labels } from '../../core/sample.ts';
import type { ConnectContext } from '../../core/system.ts';
import type { AlertmanagerConfig } from './config.ts';

export interface AlertSource {
  readonly config: AlertmanagerConfig;
  readonly name: string;
  readonly inbox: Inbox;
}

export function connect(config: AlertmanagerConfig, ctx: ConnectContext): AlertSource {
  return { config, name: ctx.target ?? 'NAME', inbox: ctx.inbox ?? emptyInbox };
}

const longestSummary = 200;

export function placeOf(
  config: AlertmanagerConfig,
  { labels, annotations }: Pick<ForeignAlert, 'labels' | 'annotations'>,
): ForeignPlace | null {
  if (labels.alertname === config.watchdog || config.ignore.some((match) => fits(labels, match))) return null;
  const declared = config.about.find(({ match }) => fits(labels, match));
  const summary = annotations.summary ?? annotations.message ?? labels.alertname ?? 'an alert without a name';
  const line = printable(summary).replace(/\s+/g, ' ').trim();
  return {
    target: declared?.target ?? labels[config.targetLabel] ?? null,
    level: config.critical.includes(labels[config.severityLabel] ?? '') ? 'critical' : 'warning',
    summary: line.length > longestSummary ? `${line.slice(0, longestSummary)}…` : line,
  };
}

function fits(labels: Labels, match: Labels): boolean {
  return Object.entries(match).every(([name, value]) => labels[name] === value);
}
