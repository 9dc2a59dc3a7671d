/** The first page: what works now, what is being done, and ninety days. */
import { html } from 'hono/html';
import type {
  PublicComponent,
  PublicIncident,
  PublicMaintenance,
  PublicPage,
} from '../../core/status-page.ts';
import { bars } from './bars.ts';
import { documentOf, type Frame, markdown, time } from './layout.ts';
import { clockTime, dayOf } from './moments.ts';
import { maintenanceWords, overallWords, sign, stateWords, updateWords } from './words.ts';

const dayMs = 86_400_000;
/** What was resolved stays on the first page for so long. */
const recentMs = 7 * dayMs;

export function overviewPage(page: PublicPage, frame: Frame): Promise<string> {
  const { timezone } = page;
  const open = page.incidents.filter(({ resolvedAt }) => resolvedAt === null);
  const running = page.maintenance.filter(({ status }) => status === 'running');
  const coming = page.maintenance.filter(({ status }) => status === 'scheduled');
  const recent = page.incidents.filter(
    ({ resolvedAt }) => resolvedAt !== null && resolvedAt > page.writtenAt - recentMs,
  );
  const body = [
    html`<h1 class="banner ${page.overall}">${sign(page.overall)}<span>${overallWords[page.overall]}</span></h1>`,
    ...(open.length === 0
      ? []
      : [
          html`<section><h2 class="unseen">Current incidents</h2>${open.map((one) => incidentCard(one, timezone))}</section>`,
        ]),
    ...(running.length === 0
      ? []
      : [
          html`<section><h2 class="unseen">Maintenance under way</h2>${running.map((one) => maintenanceCard(one, timezone))}</section>`,
        ]),
    componentList(page.components),
    ...(coming.length === 0
      ? []
      : [
          html`<section><h2>Planned maintenance</h2>${coming.map((one) => maintenanceCard(one, timezone))}</section>`,
        ]),
    html`<section><h2>Last seven days</h2>${
      recent.length === 0
        ? html`<p class="quiet">${open.length === 0 ? 'No incidents.' : 'Nothing else.'}</p>`
        : recent.map((one) => incidentCard(one, timezone))
    }<p><a href="history/index.html">All incidents by month</a></p></section>`,
    ...(frame.subscribe === null ? [] : [subscribeForm(frame.subscribe)]),
  ];
  return documentOf(frame, { heading: null, root: '', body, page });
}

function componentList(components: readonly PublicComponent[]) {
  if (components.length === 0) return html`<p class="quiet">There are no components yet.</p>`;
  const groups = [...Map.groupBy(components, ({ group }) => group ?? '')];
  return html`<section aria-label="Components"><h2 class="unseen">Components</h2>${groups.map(
    ([group, members]) =>
      html`<div class="card group">${
        group === '' ? '' : html`<h3 class="group-name">${group}</h3>`
      }${members.map(componentRow)}</div>`,
  )}</section>`;
}

function componentRow(component: PublicComponent) {
  const { name, description, state } = component;
  return html`<div class="component">
<p class="line"><span class="name">${name}${
    description === null ? '' : html`<small>${description}</small>`
  }</span><span class="state ${state}">${sign(state)}${stateWords[state]}</span></p>
${bars(component)}
</div>`;
}

export function incidentCard(incident: PublicIncident, timezone: string) {
  const { id, title, impact, status, components, updates, resolvedAt } = incident;
  const tone = resolvedAt === null ? (impact === 'operational' ? 'degraded' : impact) : 'operational';
  return html`<article class="card told ${tone}" id="i-${id}">
<h3>${sign(tone)}<span>${title}</span><span class="badge">${updateWords[status]}</span></h3>
${components.length === 0 ? '' : html`<p class="reach">Concerns ${components.join(', ')}</p>`}
<ol class="updates">${updates.map(
    (update) =>
      html`<li><p class="when"><b>${updateWords[update.status]}</b>${time(update.at, timezone)}</p>${markdown(update.text)}</li>`,
  )}</ol>
</article>`;
}

export function maintenanceCard(maintenance: PublicMaintenance, timezone: string) {
  const { id, title, text, startsAt, endsAt, status, components } = maintenance;
  const isOneDay = dayOf(startsAt, timezone) === dayOf(endsAt, timezone);
  return html`<article class="card told maintenance" id="m-${id}">
<h3>${sign('maintenance')}<span>${title}</span><span class="badge">${maintenanceWords[status]}</span></h3>
<p class="reach">${time(startsAt, timezone)} to ${isOneDay ? clockTime(endsAt, timezone) : time(endsAt, timezone)} · concerns ${components.join(', ')}</p>
<div class="text">${markdown(text)}</div>
</article>`;
}

function subscribeForm(action: string) {
  return html`<section id="subscribe" class="card subscribe"><h2>Mail when something changes</h2>
<form method="post" action="${action}">
<label for="address">E-mail address</label>
<div class="field"><input id="address" name="address" type="email" required maxlength="254" autocomplete="email" placeholder="you@example.org">
<button type="submit">Subscribe</button></div>
<p class="hint">You confirm by a link in the first mail, and every mail has one to end it.</p>
</form></section>`;
}
