/** Metrics that the components expose, asked of themselves or of a Prometheus that scrapes them. */
import { z } from 'zod';
import { Malformed } from '../../core/exposition/cursor.ts';
import { parseExposition } from '../../core/exposition/parse.ts';
import type { ProbeContext } from '../../core/system.ts';
import { ask, type TidbConnection } from './client.ts';

export type Component = 'tidb' | 'tikv' | 'pd';

export interface Exposed {
  readonly component: Component;
  readonly instance: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** Cumulative counts by upper bound. */
export type Histogram = ReadonlyMap<number, number>;

export interface Scraped {
  readonly samples: readonly Exposed[];
  /** Instances that answered. */
  readonly answered: readonly { readonly component: Component; readonly instance: string }[];
  /** Why others did not, by component. */
  readonly silent: readonly {
    readonly component: Component;
    readonly instance: string;
    readonly detail: string;
  }[];
  /** Components without any address. */
  readonly unaddressed: readonly Component[];
}

const components = ['tidb', 'tikv', 'pd'] as const;

/** @param families names as they stand there, suffixes of histograms included */
export function scrape(
  conn: TidbConnection,
  families: Readonly<Record<Component, readonly string[]>>,
  ctx: ProbeContext,
): Promise<Scraped> {
  const { prometheus } = conn.config;
  return prometheus === undefined ? scrapeAll(conn, families, ctx) : query(conn, prometheus, families, ctx);
}

async function scrapeAll(
  conn: TidbConnection,
  families: Readonly<Record<Component, readonly string[]>>,
  ctx: ProbeContext,
): Promise<Scraped> {
  const { status, tikv, pd } = conn.config;
  const addresses = { tidb: status, tikv, pd };
  const all = await Promise.all(
    components.flatMap((component) =>
      addresses[component].map(async (base) => {
        const instance = new URL(base).host;
        const asked = await ask(conn, base, '/metrics', ctx);
        if (!asked.ok) return { component, instance, detail: asked.detail };
        const read = samplesOf(asked.text, families[component]);
        if (typeof read === 'string') return { component, instance, detail: read };
        return { component, instance, samples: read.map((one) => ({ ...one, component, instance })) };
      }),
    ),
  );
  return {
    samples: all.flatMap((one) => one.samples ?? []),
    answered: all.flatMap(({ samples, component, instance }) => (samples ? [{ component, instance }] : [])),
    silent: all.flatMap(({ detail, component, instance }) =>
      detail === undefined ? [] : [{ component, instance, detail }],
    ),
    unaddressed: components.filter((component) => addresses[component].length === 0),
  };
}

/** Of megabytes only the lines that are wanted are read closely. */
function samplesOf(text: string, families: readonly string[]) {
  const wanted = new Set(families);
  const lines = text.split('\n').filter((line) => wanted.has(/^\w+/.exec(line)?.[0] ?? ''));
  try {
    return parseExposition(`${lines.join('\n')}\n`, false).samples;
  } catch (error) {
    if (error instanceof Malformed) return `the answer is no exposition: ${error.message}`;
    throw error;
  }
}

const reply = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

async function query(
  conn: TidbConnection,
  server: string,
  families: Readonly<Record<Component, readonly string[]>>,
  ctx: ProbeContext,
): Promise<Scraped> {
  const { match } = conn.config;
  const all = await Promise.all(
    components.map(async (component) => {
      const selector = `{__name__=~"${families[component].join('|')}"${match === undefined ? '' : `,${match}`}}`;
      const asked = await ask(conn, server, `/api/v1/query?query=${encodeURIComponent(selector)}`, ctx);
      if (!asked.ok) return { component, detail: asked.detail };
      const parsed = reply.safeParse(parse(asked.text));
      if (!parsed.success) return { component, detail: 'no answer of a Prometheus server' };
      return { component, series: parsed.data.data.result };
    }),
  );
  const samples = all.flatMap(({ component, series = [] }) =>
    series
      .filter(({ metric }) => belongs(component, metric))
      .map(({ metric, value }) => ({
        ...{ component, instance: metric.instance ?? '', name: metric.__name__ ?? '' },
        labels: new Map(Object.entries(metric)),
        value: Number(value[1].replace('Inf', 'Infinity')),
      })),
  );
  const answered = [...new Map(samples.map((one) => [`${one.component} ${one.instance}`, one])).values()];
  const found = new Set(answered.map(({ component }) => component));
  return {
    samples,
    answered: answered.map(({ component, instance }) => ({ component, instance })),
    silent: all.flatMap(({ component, detail }) =>
      detail === undefined ? [] : [{ component, instance: new URL(server).host, detail }],
    ),
    unaddressed: all.flatMap(({ component, detail }) =>
      detail === undefined && !found.has(component) ? [component] : [],
    ),
  };
}

/** Go's own metrics are exposed by every job; the name of the job tells whose they are, where it does. */
function belongs(component: Component, metric: Readonly<Record<string, string>>): boolean {
  const { __name__: name = '', job = '' } = metric;
  return !name.startsWith('go_') || job.includes(component);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
