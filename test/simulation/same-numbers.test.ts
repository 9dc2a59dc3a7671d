/** After `every:` was edited, the overview, the objectives, the daily report and the status page still tell one story. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { StatusPageView } from '../../src/core/status-page.ts';
import type { Overview, ServiceView } from '../../src/core/view.ts';
import { composeDaily } from '../../src/practices/reports/compose-daily.ts';
import { gatherDaily } from '../../src/practices/reports/gather-daily.ts';
import type { SloView } from '../../src/verbs/slo/view.ts';
import { type ServedApp, serveApp } from '../served-app.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const server = createServer((_request, response) => response.end('well'));
let served: ServedApp;
let everyMs = second;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  served = await serveApp({
    yaml: `name: numbers
timezone: UTC
targets: { web: { system: http, url: "http://127.0.0.1:${port}/", every: 1s } }
services: { shop: { targets: [web], slo: { availability: 99.9% } } }
statusPage: { access: public }
`,
    change: (configuration) => ({
      ...configuration,
      targets: configuration.targets.map((target) => ({ ...target, everyMs })),
    }),
  });
  const now = Date.now();
  const points: { at: number; value: number }[] = [];
  const seen = (from: number, to: number, every: number, isDown: (ago: number) => boolean) => {
    for (let ago = from; ago > to; ago -= every) points.push({ at: now - ago, value: isDown(ago) ? 0 : 1 });
  };
  // Each second for two hours, an hour without Upkeep, then each minute: down for 12 minutes, then for 6.
  seen(5 * hour, 3 * hour, second, (ago) => ago > 4 * hour && ago <= 4 * hour + 12 * minute);
  seen(2 * hour, minute, minute, (ago) => ago > hour && ago <= hour + 6 * minute);
  await served.app.ctx.samples.append(points.map((one) => ({ target: 'web', metric: 'http.up', ...one })));
  everyMs = 10 * minute;
  await served.restart();
});

after(async () => {
  await served.stop();
  server.close();
});

const near = (value: number | null | undefined, expected: number, within: number, what: string) =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) <= within, `${what}: ${value}, not ${expected}`);

test('each check counts with the interval it had: objectives, overview, report and status page agree', async () => {
  const share = 1 - 18 / (4 * 60);
  const { objectives } = await served.call<{ objectives: SloView[] }>('slo.list');
  const slo = objectives[0];
  near(slo?.measuredMs, 4 * hour, 12 * minute, 'the objectives measured');
  near(slo?.measured, share, 0.004, 'the objectives');
  assert.equal(slo?.words, '58 % left', '18 of 43.2 minutes are spent');

  const overview = await served.call<Overview>('status.show');
  const service = overview.services[0] as ServiceView;
  near(service.availability, share, 0.004, 'the overview');
  assert.deepEqual(service.budget, {
    ...{ of: 'availability', burns: 'ticket', share: slo?.words, span: slo?.span },
  });

  const { ctx } = served.app;
  const facts = await gatherDaily({ ...ctx, overview, configuration: ctx.configuration() });
  near(facts.targets[0]?.today.seen, 4 / 24, 0.01, 'seen of the day');
  near(facts.services[0]?.today.availability, share, 0.004, 'the report');
  const table = composeDaily(facts).sections.find(({ title }) => title === 'Services')?.blocks[0];
  assert.ok(table?.kind === 'table');
  assert.ok(
    table.rows[0]?.some((cell) => cell.text === slo?.words && cell.note === `${slo?.span}, burns too fast`),
    JSON.stringify(table.rows[0]),
  );

  const page = await served.call<StatusPageView>('status-page.show');
  near(page.components[0]?.uptime, share, 0.004, 'the status page');
});

test('a command that only looks counts the same without having learned it', async () => {
  const { ctx } = served.app;
  const learned = await served.call<Overview>('status.show');
  // Another settings object: what was kept of the figures is of the one before.
  const services = ctx.configuration().services.map((one) => ({ ...one }));
  const looking = {
    ...ctx,
    configuration: () => ({ ...ctx.configuration(), services }),
    objectives: { ...ctx.objectives, states: () => [] },
  };
  const { statusShow } = await import('../../src/verbs/status/show.ts');
  const seen = await statusShow.run({ ctx: looking, input: {}, actor: served.machine });
  assert.equal(seen.services[0]?.budget?.share, learned.services[0]?.budget?.share);
  near(seen.services[0]?.budgetLeft, learned.services[0]?.budgetLeft ?? 0, 0.002, 'what is left');
});
