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

function outcomeOf(page: PageReading): Outcome {
  const { conditions, incidents, absent } = page;
  const missing: Missing[] = [];
  const lack = lackOf(page);
  if (lack !== null)
    missing.push({
      // Those that are there are seen: what ends on them has ended.
      metrics: page.absent.map((name) => `status-page.state{component=${JSON.stringify(name)}}`),
      reason: lack,
      remedy: 'name components as the page does, or give their ids',
      isAskedFor: true,
    });
  const strange = conditions.filter(({ state }) => state === null);
  if (strange.length > 0)
    missing.push({
      metrics: ['status-page.state'],
      reason: `a word that is not known: ${strange[0]?.detail ?? ''}`.slice(0, 200),
      remedy: 'tell us of it; the component is unknown meanwhile',
      isAskedFor: true,
    });
  const shown = conditions.slice(0, mostComponents);
  return {
    ok: true,
    readings: [
      { metric: 'status-page.up', value: 1 },
      ...shown.map(readingOf),
      ...absent.slice(0, mostComponents).map(unknownOf),
      { metric: 'status-page.incidents', value: incidents },
    ],
    ...(missing.length > 0 ? { missing } : {}),
    detail: detailOf(page, lack),
  };
}

function unknownOf(component: string): Reading {
  return {
    metric: 'status-page.state',
    value: Number.NaN,
    labels: { component: component.slice(0, 200) },
    about: { detail: 'the page has no such component' },
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

const mostNamed = 20;

/** `no component APIs; there are: API, Dashboard`; null where all that is asked for is there. */
function lackOf({ conditions, absent, offered }: PageReading): string | null {
  if (absent.length === 0 && conditions.length > 0) return null;
  const what = absent.length === 0 ? 'the page lists no component' : `no component ${absent.join(', ')}`;
  if (offered.length === 0) return what;
  const more = offered.length > mostNamed ? ` and ${offered.length - mostNamed} more` : '';
  return `${what}; there are: ${offered.slice(0, mostNamed).join(', ')}${more}`;
}

function detailOf({ name, conditions }: PageReading, lack: string | null): string {
  const said = conditions.length === 0 ? [] : [stateWords(name, conditions)];
  return lack === null
    ? said.join('')
    : [...said, conditions.length === 0 ? `${name}: ${lack}` : lack].join('; ');
}

function stateWords(name: string, conditions: readonly Condition[]): string {
  const ill = conditions.filter(({ state }) => state !== 'operational');
  if (ill.length === 0) return `${name}: operational`;
  const [first] = ill;
  const others = ill.length > 1 ? ` (and ${ill.length - 1} more)` : '';
  return `${name}: ${first?.component === null ? '' : `${first?.component} `}${first?.detail}${others}`;
}
