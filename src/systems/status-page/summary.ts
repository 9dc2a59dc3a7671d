/** `/api/v2/summary.json` of Statuspage (developer.statuspage.io, status API). */

import { z } from 'zod';
import { inputProblems } from '../../core/input-words.ts';
import { type Condition, type PageReading, plainText, type State, Unreadable } from './condition.ts';

const update = z.object({ body: z.string().nullish(), status: z.string().nullish() });
const named = z.object({ id: z.string(), name: z.string() });
const incident = z.object({
  name: z.string(),
  status: z.string(),
  impact: z.string().nullish(),
  shortlink: z.string().nullish(),
  components: z.array(named).nullish(),
  incident_updates: z.array(update).nullish(),
});
const summary = z.object({
  page: z.object({ name: z.string() }),
  status: z.object({ indicator: z.string(), description: z.string().nullish() }),
  components: z.array(named.extend({ status: z.string(), group: z.boolean().nullish() })).max(5_000),
  incidents: z.array(incident).max(1_000).default([]),
  scheduled_maintenances: z.array(incident).max(1_000).default([]),
});
type Incident = z.output<typeof incident>;

const words: Readonly<Record<string, State>> = {
  operational: 'operational',
  under_maintenance: 'maintenance',
  degraded_performance: 'degraded',
  partial_outage: 'partial',
  major_outage: 'major',
};

/** @throws Unreadable */
export function readSummary(text: string, wanted: readonly string[] | undefined): PageReading {
  const parsed = summary.safeParse(json(text));
  if (!parsed.success) {
    throw new Unreadable(inputProblems(parsed.error)[0] ?? 'the answer is not as expected');
  }
  const page = parsed.data;
  const chosen = page.components.filter(
    (component) =>
      component.group !== true &&
      (wanted === undefined || wanted.includes(component.name) || wanted.includes(component.id)),
  );
  const open = [
    ...page.incidents,
    ...page.scheduled_maintenances.filter(({ status }) => status === 'in_progress' || status === 'verifying'),
  ];
  const concerns = (one: Incident, id: string) => one.components?.some((component) => component.id === id);
  const conditions = chosen.map((component): Condition => {
    const about = open.find((one) => concerns(one, component.id));
    const state = Object.hasOwn(words, component.status) ? (words[component.status] ?? null) : null;
    return { component: component.name, state, ...told(component.status, about) };
  });
  const relevant = page.incidents.filter(
    (one) => wanted === undefined || chosen.some(({ id }) => concerns(one, id)),
  );
  return {
    name: page.page.name,
    conditions,
    incidents: relevant.length,
    offered: page.components.filter(({ group }) => group !== true).map(({ name }) => plainText(name, 100)),
    absent: (wanted ?? []).filter((name) => !chosen.some((one) => one.name === name || one.id === name)),
  };
}

function told(status: string, about: Incident | undefined): Pick<Condition, 'detail' | 'annotations'> {
  const word = status.replaceAll('_', ' ');
  if (!about) return { detail: word, annotations: {} };
  const latest = plainText(about.incident_updates?.[0]?.body ?? '');
  const title = plainText(about.name, 200);
  return {
    detail: `${word}: ${title}${latest === '' ? '' : `: ${latest}`}`,
    annotations: {
      incident: title,
      status: about.status,
      ...(latest === '' ? {} : { update: latest }),
      ...(about.shortlink ? { link: about.shortlink } : {}),
    },
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable('the answer is not JSON');
  }
}
