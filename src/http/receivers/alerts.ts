/**
 * Alerts of other monitors: Alertmanager's webhook (version 4), and Alertmanager's own API v2 for a Prometheus that takes
 * Upkeep for one (prometheus/alertmanager docs/configuration.md, docs/alerts_api.md).
 */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Labels } from '../../core/sample.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { IncomingAlert } from '../../pipeline/intake/alerts.ts';
import type { VerbContext } from '../../verbs/context.ts';
import { requireScope } from '../access.ts';
import { parseJson, wholeBody } from './body.ts';

type Env = { Bindings: HttpBindings };

const largestBody = 4 * 1024 * 1024;
const mostAlerts = 5_000;
const mostLabels = 100;

const texts = z
  .record(z.string().max(1_000), z.string().max(64 * 1024))
  .refine((all) => Object.keys(all).length <= mostLabels, `more than ${mostLabels}`)
  .transform(
    (all): Labels => Object.fromEntries(Object.entries(all).filter(([name]) => name !== '__proto__')),
  );
const labels = texts.refine((all) => Object.keys(all).length > 0, 'an alert needs labels');

/** Year 1 stands for "not said" in Go. */
const time = z
  .string()
  .transform((text, ctx) => {
    const at = Date.parse(text);
    if (Number.isNaN(at)) ctx.addIssue({ code: 'custom', message: 'is no RFC 3339 time' });
    return at;
  })
  .transform((at) => (at <= 0 ? null : at));

const alert = z.object({
  labels,
  annotations: texts.default({}),
  startsAt: time.nullish(),
  endsAt: time.nullish(),
  generatorURL: z.string().max(8_192).nullish(),
});

const webhook = z.object({
  version: z.literal('4'),
  alerts: z.array(alert.extend({ status: z.enum(['firing', 'resolved']) })).max(mostAlerts),
  truncatedAlerts: z.number().nullish(),
});
const listOfAlerts = z.array(alert).max(mostAlerts);

/** What Alertmanager takes for the end of an alert that says none (`resolve_timeout`). */
const resolveTimeoutMs = 300_000;

export function alertRoutes({ intake, clock }: VerbContext): Hono<Env> {
  const routes = new Hono<Env>();

  async function fromWebhook(c: Context<Env>): Promise<Response> {
    const source = begin(c);
    const { alerts, truncatedAlerts } = webhook.parse(parseJson(await wholeBody(c, largestBody)));
    const taken = await intake.alerts.take(
      source,
      alerts.map((one) => {
        const incoming = read(one);
        const isOver = one.status === 'resolved';
        return { ...incoming, endsAt: isOver ? Math.min(incoming.endsAt ?? 0, clock.now()) : null };
      }),
    );
    return c.json({ source, ...taken, truncated: truncatedAlerts ?? 0 });
  }

  async function fromPrometheus(c: Context<Env>): Promise<Response> {
    const source = begin(c);
    const alerts = listOfAlerts.parse(parseJson(await wholeBody(c, largestBody)));
    const incoming = alerts.map((one) => ({
      ...read(one),
      endsAt: one.endsAt ?? clock.now() + resolveTimeoutMs,
    }));
    return c.json({ source, ...(await intake.alerts.take(source, incoming)) });
  }

  function begin(c: Context<Env>): string {
    requireScope(c.get('actor'), 'push');
    return sourceOf(c.req.param('source'));
  }

  function sourceOf(named: string | undefined): string {
    const sources = intake.alerts.sources();
    const [first] = sources;
    if (first === undefined)
      throw new UpkeepError(
        'not-found',
        'no target takes alerts: add { system: alertmanager } to upkeep.yaml',
      );
    if (named === undefined && sources.length > 1)
      throw new UpkeepError('bad-input', `name the source in the path, one of ${sources.join(', ')}`);
    if (named !== undefined && !sources.includes(named))
      throw new UpkeepError('not-found', `${named} takes no alerts; ${sources.join(', ')} does`);
    return named ?? first;
  }

  routes.post('/api/v1/alerts/alertmanager', fromWebhook);
  routes.post('/api/v1/alerts/alertmanager/:source', fromWebhook);
  routes.post('/api/v2/alerts', fromPrometheus);
  routes.post('/api/v1/alerts/alertmanager/:source/api/v2/alerts', fromPrometheus);
  return routes;
}

function read(one: z.output<typeof alert>): IncomingAlert {
  return {
    labels: one.labels,
    annotations: one.annotations,
    startsAt: one.startsAt ?? null,
    endsAt: one.endsAt ?? null,
    generatorUrl: one.generatorURL || null,
  };
}
