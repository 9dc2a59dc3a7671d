import { causeAmong } from '../../core/diagnosis.ts';
import { openSince } from '../../core/incident/reopen.ts';
import type { Placeholder, UpdateStatus } from '../../core/incident/update.ts';
import { severityWord } from '../../core/severity.ts';
import { namesForUsers } from '../../core/status-page-incidents.ts';
import { formatDuration, parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { zoneName } from '../../core/zone-name.ts';
import type { Incident } from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';

/** What stands for the placeholders of a stakeholder update now; moments in the team's time zone. */
export function placeholderValues(
  ctx: VerbContext,
  incident: Incident,
  status: UpdateStatus,
  next: string,
): Readonly<Record<Placeholder, string>> {
  const now = ctx.clock.now();
  const inMs = parseDuration(next);
  if (inMs === undefined)
    throw new UpkeepError('bad-input', `next: ${JSON.stringify(next)} is no duration; write 1h`);
  const { name, timezone, severities, statusPage } = ctx.configuration();
  const began = openSince({ ...incident.conduct, openedAt: incident.openedAt });
  return {
    services: namesForUsers(incident.services, statusPage?.components ?? []).join(', ') || name,
    severity: severityWord(severities, incident.level),
    title: incident.title,
    since: momentIn(timezone, began),
    duration: formatDuration((incident.resolvedAt ?? now) - began),
    cause: causeAmong(incident.findings)?.summary ?? 'not known yet',
    status,
    next: momentIn(timezone, now + inMs),
  };
}

function momentIn(timeZone: string, at: number): string {
  const form = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const day = { day: 'numeric', month: 'short' } as const;
  return `${new Intl.DateTimeFormat('en-GB', { timeZone, ...day, ...form }).format(at)} ${zoneName(at, timeZone)}`;
}
