import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type StatusPageClient, visit } from '../client.ts';
import { type Condition, codeOf, type PageReading, Unreadable } from '../condition.ts';
import { readSummary } from '../summary.ts';

const mostComponents = 200;

export const pageProbe: Probe<StatusPageClient> = {
  id: 'status-page.page',
  summary: 'What a third party says of its own service',
  liveness: true,
  // A page is made for people; nobody needs it more often, and some turn away who asks more.
  atMostEveryMs: 60_000,
  metrics: {
    'status-page.up': { summary: '1 when the page can be read, else 0', unit: 'state', kind: 'gauge' },
    'status-page.state': {
      summary:
        'State of a component: 0 operational, 1 maintenance, 2 degraded, 3 partial outage, 4 major outage',
      unit: 'state',
      kind: 'gauge',
    },
    'status-page.incidents': {
      summary: 'Open incidents that concern these components',
      unit: 'count',
      kind: 'gauge',
    },
  },
  async run(client, ctx) {
    const visited = await visit(client, ctx);
    if (!visited.ok) return visited;
    const { status, statusText, text } = visited.answer;
    if (status !== 200) return notRead(`${status} ${statusText}`);
    const { format, components: wanted, openFor } = client.config;
    try {
      return outcomeOf(
        format === 'feed'
          ? (await import('../feed.ts')).readFeed(text, { wanted, openForMs: openFor, now: ctx.clock.now() })
          : readSummary(text, wanted),
      );
    } catch (error) {
      if (error instanceof Unreadable) return notRead(error.message);
      throw error;
    }
  },
};

/** It answers, but says nothing of its components; they are unknown, not well. */
function notRead(reason: string): Outcome {
  return {
    ok: true,
    readings: [{ metric: 'status-page.up', value: 0 }],
    missing: [
      { metrics: ['*'], reason, remedy: 'open the address in a browser; is it the page, or its feed?' },
    ],
    detail: `the page cannot be read: ${reason}`,
  };
}

function outcomeOf({ name, conditions, incidents, absent }: PageReading): Outcome {
  const missing: Missing[] = [];
  if (absent.length > 0)
    missing.push({
      metrics: ['status-page.state'],
      reason: `not on the page: ${absent.join(', ')}`,
      remedy: 'name components as the page does, or give their ids',
    });
  const strange = conditions.filter(({ state }) => state === null);
  if (strange.length > 0)
    missing.push({
      metrics: ['status-page.state'],
      reason: `a word that is not known: ${strange[0]?.detail ?? ''}`.slice(0, 200),
      remedy: 'tell us of it; the component is unknown meanwhile',
    });
  const shown = conditions.slice(0, mostComponents);
  return {
    ok: true,
    readings: [
      { metric: 'status-page.up', value: 1 },
      ...shown.map(readingOf),
      { metric: 'status-page.incidents', value: incidents },
    ],
    ...(missing.length > 0 ? { missing } : {}),
    detail: detailOf(name, conditions),
  };
}

function readingOf({ component, state, detail, annotations }: Condition): Reading {
  return {
    metric: 'status-page.state',
    value: state === null ? Number.NaN : codeOf(state),
    ...(component === null ? {} : { labels: { component: component.slice(0, 200) } }),
    about: { detail, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
  };
}

function detailOf(name: string, conditions: readonly Condition[]): string {
  const ill = conditions.filter(({ state }) => state !== null && state !== 'operational');
  if (ill.length === 0) return `${name}: operational`;
  const [first] = ill;
  const others = ill.length > 1 ? ` (and ${ill.length - 1} more)` : '';
  return `${name}: ${first?.component === null ? '' : `${first?.component} `}${first?.detail}${others}`;
}
