/** What programs read, in the form of Statuspage's status API v2 (developer.statuspage.io). */
import { timestamp } from '../../clock.ts';
import type {
  ComponentState,
  PublicComponent,
  PublicIncident,
  PublicMaintenance,
  PublicPage,
} from '../../core/status-page.ts';
import { overallWords } from './words.ts';

/** Statuspage has no word for what nobody knows; readers take one that they do not know for unknown. */
const componentWords: Readonly<Record<ComponentState, string>> = {
  operational: 'operational',
  unknown: 'unknown',
  maintenance: 'under_maintenance',
  degraded: 'degraded_performance',
  partial: 'partial_outage',
  major: 'major_outage',
};
const indicators: Readonly<Record<ComponentState, string>> = {
  operational: 'none',
  unknown: 'unknown',
  maintenance: 'maintenance',
  degraded: 'minor',
  partial: 'major',
  major: 'critical',
};
const maintenanceStatus = { scheduled: 'scheduled', running: 'in_progress', ended: 'completed' } as const;

export function summaryJson(page: PublicPage, url: string) {
  const context = contextOf(page, url);
  return {
    page: context.page,
    status: statusOf(page),
    components: page.components.map(context.component),
    incidents: page.incidents.filter(({ resolvedAt }) => resolvedAt === null).map(context.incident),
    scheduled_maintenances: page.maintenance
      .filter(({ status }) => status !== 'ended')
      .map(context.maintenance),
  };
}

export function statusJson(page: PublicPage, url: string) {
  return { page: contextOf(page, url).page, status: statusOf(page) };
}

export function incidentsJson(page: PublicPage, url: string) {
  const context = contextOf(page, url);
  return { page: context.page, incidents: page.incidents.slice(0, 50).map(context.incident) };
}

function statusOf({ overall }: PublicPage) {
  return { indicator: indicators[overall], description: overallWords[overall] };
}

function contextOf(page: PublicPage, url: string) {
  const pageId = 'upkeep';
  const writtenAt = timestamp(page.writtenAt);
  const component = (one: PublicComponent) => ({
    id: one.id,
    name: one.name,
    status: componentWords[one.state],
    description: one.description,
    position: page.components.indexOf(one) + 1,
    group: false,
    group_id: null,
    group_name: one.group,
    showcase: true,
    only_show_if_degraded: false,
    page_id: pageId,
    updated_at: writtenAt,
    uptime: one.uptime,
  });
  const reached = (names: readonly string[]) =>
    page.components.filter(({ name }) => names.includes(name)).map(component);
  return {
    page: {
      ...{ id: pageId, name: page.title, url, time_zone: page.timezone, updated_at: writtenAt },
      /** Ours: from then on this is out of date. */
      stale_after: timestamp(page.staleAfter),
    },
    component,
    incident: (one: PublicIncident) => ({
      id: one.id,
      name: one.title,
      status: one.status,
      impact: indicators[one.impact],
      created_at: timestamp(one.openedAt),
      started_at: timestamp(one.openedAt),
      updated_at: timestamp(one.updates[0]?.at ?? one.openedAt),
      monitoring_at: optional(one.updates.find(({ status }) => status === 'monitoring')?.at),
      resolved_at: optional(one.resolvedAt),
      shortlink: `${url}/#i-${one.id}`,
      page_id: pageId,
      incident_updates: one.updates.map(({ id, at, status, text }) => ({
        ...{ id, status, body: text, incident_id: one.id },
        ...{ created_at: timestamp(at), updated_at: timestamp(at), display_at: timestamp(at) },
      })),
      components: reached(one.components),
    }),
    maintenance: (one: PublicMaintenance) => ({
      id: one.id,
      name: one.title,
      status: maintenanceStatus[one.status],
      impact: 'maintenance',
      scheduled_for: timestamp(one.startsAt),
      scheduled_until: timestamp(one.endsAt),
      created_at: timestamp(Math.min(one.noticeAt, page.writtenAt)),
      updated_at: writtenAt,
      resolved_at: one.status === 'ended' ? timestamp(one.endsAt) : null,
      shortlink: `${url}/#m-${one.id}`,
      page_id: pageId,
      incident_updates: [
        {
          id: `${one.id}-1`,
          status: maintenanceStatus[one.status],
          body: one.text,
          incident_id: one.id,
          created_at: timestamp(Math.min(one.noticeAt, page.writtenAt)),
        },
      ],
      components: reached(one.components),
    }),
  };
}

function optional(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : timestamp(at);
}
