/** What the page calls things, and the sign that stands beside each colour. */
import { html, raw } from 'hono/html';
import type { UpdateStatus } from '../../core/incident/update.ts';
import type { ComponentState, PublicMaintenance } from '../../core/status-page.ts';

export const stateWords: Readonly<Record<ComponentState, string>> = {
  operational: 'Operational',
  unknown: 'Unknown',
  maintenance: 'Under maintenance',
  degraded: 'Degraded performance',
  partial: 'Partial outage',
  major: 'Major outage',
};

export const overallWords: Readonly<Record<ComponentState, string>> = {
  operational: 'All systems operational',
  unknown: 'The state of some systems is not known',
  maintenance: 'Maintenance is under way',
  degraded: 'Some systems are degraded',
  partial: 'Some systems are down',
  major: 'Major outage',
};

export const updateWords: Readonly<Record<UpdateStatus, string>> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
};

export const maintenanceWords: Readonly<Record<PublicMaintenance['status'], string>> = {
  scheduled: 'Scheduled',
  running: 'In progress',
  ended: 'Completed',
};

/** Shapes differ, so that colour is never the only sign. */
const shapes: Readonly<Record<ComponentState, string>> = {
  operational: '<circle cx="12" cy="12" r="10"/><path class="m" d="m7.5 12.5 3 3 6-6.5"/>',
  unknown:
    '<circle cx="12" cy="12" r="10"/><path class="m" d="M9.3 9.2a2.8 2.8 0 1 1 3.9 2.7c-.8.4-1.2.9-1.2 1.8M12 17v.1"/>',
  maintenance: '<rect x="2" y="2" width="20" height="20" rx="6"/><path class="m" d="M12 7v5l3.5 2.5"/>',
  degraded: '<path d="M12 2 22 12 12 22 2 12Z"/><path class="m" d="M8 12h8"/>',
  partial: '<path d="M12 2.5 22.5 21h-21Z"/><path class="m" d="M12 9.5v5M12 17.6v.1"/>',
  major: '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8Z"/><path class="m" d="m8.5 8.5 7 7m0-7-7 7"/>',
};

export function sign(state: ComponentState) {
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${raw(shapes[state])}</svg>`;
}
