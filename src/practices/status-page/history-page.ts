/** Incidents and maintenance, a page for each month. */
import { html } from 'hono/html';
import type { PublicPage } from '../../core/status-page.ts';
import { documentOf, type Frame } from './layout.ts';
import { monthName, monthOf, monthsBetween } from './moments.ts';
import { incidentCard, maintenanceCard } from './overview-page.ts';

const mostMonths = 12;

/** Newest first: this month, and back to the one with the oldest incident. */
export function monthsOf(page: PublicPage): string[] {
  const starts = [
    page.writtenAt,
    ...page.incidents.map(({ openedAt }) => openedAt),
    ...page.maintenance.map(({ startsAt }) => Math.min(startsAt, page.writtenAt)),
  ];
  const first = monthOf(Math.min(...starts), page.timezone);
  return monthsBetween(first, monthOf(page.writtenAt, page.timezone), mostMonths);
}

export function historyPage(
  page: PublicPage,
  frame: Frame,
  month: string,
  months: readonly string[],
): Promise<string> {
  const { timezone } = page;
  const incidents = page.incidents
    .filter(({ openedAt }) => monthOf(openedAt, timezone) === month)
    .map((incident) => ({ at: incident.openedAt, card: incidentCard(incident, timezone) }));
  const maintenance = page.maintenance
    .filter((one) => one.status === 'ended' && monthOf(one.startsAt, timezone) === month)
    .map((one) => ({ at: one.startsAt, card: maintenanceCard(one, timezone) }));
  const all = [...incidents, ...maintenance].sort((a, b) => b.at - a.at);
  const body = [
    html`<h1>History</h1>`,
    html`<nav class="months" aria-label="Months">${months.map((one) =>
      one === month
        ? html`<a href="${one}.html" aria-current="page">${monthName(one)}</a>`
        : html`<a href="${one}.html">${monthName(one)}</a>`,
    )}</nav>`,
    html`<section><h2>${monthName(month)}</h2>${
      all.length === 0
        ? html`<p class="quiet">No incidents and no maintenance.</p>`
        : all.map(({ card }) => card)
    }</section>`,
  ];
  return documentOf(frame, { heading: `History, ${monthName(month)}`, root: '../', body, page });
}
