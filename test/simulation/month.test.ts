/** A month of operation on a clock that is told what time it is: nothing is missed, nothing is told twice. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { defaultAccess } from '../../src/core/access.ts';
import type { Configuration, TargetSettings } from '../../src/core/configuration.ts';
import type { Message } from '../../src/core/message.ts';
import { noOnCall } from '../../src/core/oncall/model.ts';
import type { Rule } from '../../src/core/rule.ts';
import type { Outcome } from '../../src/core/sample.ts';
import type { Gap } from '../../src/core/schedule.ts';
import { defineSystem } from '../../src/core/system.ts';
import { topologyOf } from '../../src/core/topology.ts';
import { newId, sha256 } from '../../src/id.ts';
import { silentLog } from '../../src/log.ts';
import { createDesk } from '../../src/pipeline/desk.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import type { Send } from '../../src/pipeline/notify.ts';
import * as incidentRows from '../../src/store/incidents.ts';
import { openStore } from '../../src/store/index.ts';
import * as journal from '../../src/store/journal.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const start = 1_790_000_000_000 - (1_790_000_000_000 % dayMs);

const down: Rule = {
  id: 'plan.down',
  kind: 'state',
  summary: 'is down',
  metric: 'plan.up',
  critical: [0],
  forMs: 0,
  clearForMs: 0,
  levels: { warning: 'medium', critical: 'critical' },
  runbook: '',
  enabled: true,
};

function target(name: string, dependsOn: readonly string[] = []): TargetSettings {
  return {
    name,
    system: 'plan',
    settings: { name },
    everyMs: minuteMs,
    timeoutMs: 5_000,
    dependsOn,
    environment: null,
    labels: {},
    rules: [down],
  };
}

/** Targets whose state is a function of time alone. */
function planned(isDown: (name: string, at: number) => boolean, counts: Map<string, number[]>) {
  return defineSystem({
    kind: 'plan',
    summary: 'follows a plan',
    config: z.object({ name: z.string() }),
    rules: new URL('file:///none'),
    connect: (config) => config,
    close: async () => {},
    address: (config) => config.name,
    probes: [
      {
        id: 'plan.check',
        summary: 'says what the plan says',
        liveness: true,
        metrics: { 'plan.up': { summary: 'up', unit: 'state', kind: 'gauge' } },
        async run({ name }, { clock }): Promise<Outcome> {
          const times = counts.get(name) ?? [];
          counts.set(name, times);
          times.push(clock.now());
          return isDown(name, clock.now() - start)
            ? { ok: false, why: 'refused', detail: 'planned' }
            : { ok: true, readings: [] };
        },
      },
    ],
    diagnoses: [],
    actions: [],
  });
}

async function simulate(
  clock: FakeClock,
  isDown: (name: string, at: number) => boolean,
  settings: readonly TargetSettings[],
) {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-month-'));
  const store = await openStore({ kind: 'sqlite', file: join(folder, 'state.db') }, clock);
  const counts = new Map<string, number[]>();
  const system = planned(isDown, counts);
  const messages: Message[] = [];
  const gaps: Gap[] = [];
  const policy = {
    never: [],
    ask: [],
    always: [],
    budgets: { perTargetPerHour: 1, perIncident: 1, perDay: 1 },
    approvalTtlMs: 1,
    fourEyes: false,
  };
  const step = [{ notify: 'post', afterMs: 0 }];
  const configuration: Configuration = {
    name: 'month',
    timezone: 'UTC',
    environment: null,
    severities: 'words',
    store: { kind: 'sqlite', folder },
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: null,
    targets: settings,
    services: [],
    notifiers: [{ name: 'post', kind: 'test', settings: {} }],
    escalation: { critical: step, high: step, medium: step, low: step },
    oncall: noOnCall,
    access: defaultAccess,
    guard: policy,
    incidents: { recoverForMs: 5 * minuteMs, reopenWithinMs: 15 * minuteMs },
    maintenance: [],
    backups: [],
    retention: { rawMs: dayMs, rollupMs: dayMs },
    reports: { daily: '06:00' },
    folder,
  };
  const desk = createDesk({
    clock,
    store,
    log: silentLog,
    newId: () => newId(clock.now()),
    digest: sha256,
    configuration: () => configuration,
    baseUrl: () => 'http://here',
  });
  const pipeline = createPipeline({
    desk,
    store() {},
    print() {},
    owner: 'simulation',
    onObservation() {},
    onGap: (gap) => gaps.push(gap),
    practices: {},
  });
  const targets = new Map(
    settings.map((one) => [
      one.name,
      { settings: one, bound: system.bind(one.settings, { clock, folder }), metrics: {} },
    ]),
  );
  const post: Send = async (message) => {
    messages.push(message);
    return { kind: 'delivered' };
  };
  pipeline.replace({ targets, topology: topologyOf(configuration) }, new Map([['post', post]]));
  await pipeline.start();
  return {
    store,
    counts,
    messages,
    gaps,
    async end() {
      const incidents = await incidentRows.list(store.db, { limit: 1_000 });
      const verified = await journal.verify(store.db);
      const stopping = pipeline.stop();
      await clock.runUntil(clock.now() + 10_000);
      await stopping;
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      return { incidents, verified };
    },
  };
}

test('thirty days: every outage is one incident told once, every check runs on its grid', {
  timeout: 120_000,
}, async () => {
  const clock = fakeClock(start);
  // The database fails for ten minutes at noon each day and takes web along; mail flaps for an hour on day 10.
  const isDown = (name: string, at: number) => {
    const ofDay = at % dayMs;
    const noon = ofDay >= 12 * hourMs && ofDay < 12 * hourMs + 10 * minuteMs;
    if (name === 'mail')
      return Math.floor(at / dayMs) === 10 && ofDay < hourMs && Math.floor(at / (2 * minuteMs)) % 2 === 0;
    return noon;
  };
  const run = await simulate(clock, isDown, [target('web', ['db']), target('db'), target('mail')]);
  await clock.runUntil(start + 30 * dayMs);
  const { incidents, verified } = await run.end();

  assert.equal(incidents.length, 31, 'thirty noons and one hour of flapping');
  assert.ok(incidents.every((incident) => incident.status === 'resolved'));
  const noons = incidents.filter((incident) => incident.lead === 'db');
  assert.equal(noons.length, 30);
  assert.ok(
    noons.every((incident) => incident.targets.length === 2),
    'web folds into the incident that db leads',
  );
  for (const event of ['incident.opened', 'incident.resolved']) {
    assert.equal(run.messages.filter((message) => message.event === event).length, 31, event);
  }
  assert.equal(new Set(run.messages.map((message) => message.key)).size, run.messages.length);
  for (const [name, times] of run.counts) {
    assert.equal(times.length, (30 * dayMs) / minuteMs, `${name} missed no check`);
    assert.ok(
      times.every((at) => (at - (times[0] ?? 0)) % minuteMs === 0),
      `${name} does not drift`,
    );
  }
  assert.deepEqual(run.gaps, []);
  assert.equal(verified.ok, true);
});

test('a machine that sleeps and a clock that jumps are gaps, not outages', { timeout: 60_000 }, async () => {
  const clock = fakeClock(start);
  const run = await simulate(clock, () => false, [target('web')]);
  await clock.runUntil(start + hourMs);
  clock.suspend(3 * hourMs);
  await clock.runUntil(start + 5 * hourMs);
  clock.setWall(start + 3 * dayMs);
  await clock.runUntil(start + 3 * dayMs + hourMs);
  const { incidents } = await run.end();
  assert.deepEqual(
    run.gaps.map((gap) => gap.why),
    ['suspended', 'clock-jump'],
  );
  assert.equal(incidents.length, 0);
  assert.equal(run.messages.length, 0);
});
