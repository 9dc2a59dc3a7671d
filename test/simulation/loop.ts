/** The whole loop on a clock that is told the time, a real store and a system that does what the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultAccess } from '../../src/core/access.ts';
import type { Action } from '../../src/core/action.ts';
import type { Configuration, TargetSettings } from '../../src/core/configuration.ts';
import type { Destination } from '../../src/core/destination.ts';
import type { Policy } from '../../src/core/guard.ts';
import type { Message } from '../../src/core/message.ts';
import { noOnCall } from '../../src/core/oncall/model.ts';
import type { Rule, StateRule, ThresholdRule } from '../../src/core/rule.ts';
import type { Outcome } from '../../src/core/sample.ts';
import { type Diagnosis, defineSystem, type ProbeContext } from '../../src/core/system.ts';
import { topologyOf } from '../../src/core/topology.ts';
import { newId, sha256 } from '../../src/id.ts';
import { silentLog } from '../../src/log.ts';
import type { Watched } from '../../src/pipeline/bound.ts';
import { createDesk } from '../../src/pipeline/desk.ts';
import { createPipeline, type PipelineOptions } from '../../src/pipeline/index.ts';
import type { Channel, Send } from '../../src/pipeline/notify.ts';
import type { OwnSignSource } from '../../src/pipeline/own-trouble.ts';
import type { JobHandlers } from '../../src/pipeline/run-jobs.ts';
import * as incidentRows from '../../src/store/incidents.ts';
import { openStore, type StoreLocation } from '../../src/store/index.ts';
import * as journalRows from '../../src/store/journal.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { settledOn } from './settled.ts';

export const secondMs = 1_000;
export const minuteMs = 60_000;
/** A whole minute, so that grids begin on it. */
export const startAt = 1_790_000_000_000 - (1_790_000_000_000 % 86_400_000);

const levels = { warning: 'medium', critical: 'critical' } as const;
const base = { summary: 'is ill', forMs: 0, clearForMs: 0, levels, runbook: '', enabled: true };

/** Whatever is planned is allowed, ten times. */
export const allowsAll: Policy = {
  never: [],
  ask: [],
  always: [{ action: '*', target: '*' }],
  budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 },
  approvalTtlMs: 10 * minuteMs,
  fourEyes: false,
};

export const downRule: StateRule = {
  ...base,
  id: 'toy.down',
  kind: 'state',
  summary: 'is down',
  metric: 'toy.up',
  critical: [0],
};

export function threshold(changes: Partial<ThresholdRule> = {}): ThresholdRule {
  return {
    ...base,
    id: 'toy.load',
    kind: 'threshold',
    metric: 'toy.load',
    direction: 'above',
    hysteresis: 0,
    warning: 70,
    critical: 90,
    ...changes,
  };
}

export function toyTarget(name: string, changes: Partial<TargetSettings> = {}): TargetSettings {
  return {
    name,
    system: 'toy',
    settings: { name },
    everyMs: 10 * secondMs,
    timeoutMs: 2 * secondMs,
    dependsOn: [],
    environment: null,
    labels: {},
    rules: [downRule] satisfies readonly Rule[],
    ...changes,
  };
}

export type Toy = { readonly name: string };
export type Behaviour = (name: string, ctx: ProbeContext) => Promise<Outcome>;

export const up: Outcome = { ok: true, readings: [] };
export const down: Outcome = { ok: false, why: 'refused', detail: 'ECONNREFUSED' };
export const loaded = (value: number, labels?: Record<string, string>): Outcome => ({
  ok: true,
  readings: [{ metric: 'toy.load', value, ...(labels ? { labels } : {}) }],
});

const gauge = { summary: 'a number', unit: 'count', kind: 'gauge' } as const;

export function toySystem(options: {
  readonly probe: Behaviour;
  readonly diagnoses?: readonly Diagnosis<Toy>[];
  readonly actions?: readonly Action<Toy>[];
  readonly address?: (name: string) => string;
  readonly listensAt?: (name: string, at: Destination) => boolean;
}) {
  const { listensAt } = options;
  return defineSystem({
    kind: 'toy',
    summary: 'does what the test says',
    config: z.object({ name: z.string() }),
    rules: new URL('file:///none'),
    connect: (config): Toy => config,
    close: async () => {},
    address: ({ name }) => options.address?.(name) ?? name,
    ...(listensAt ? { listensAt: ({ name }, at) => listensAt(name, at) } : {}),
    probes: [
      {
        id: 'toy.check',
        summary: 'asks the test',
        liveness: true,
        metrics: { 'toy.up': gauge, 'toy.load': gauge, 'toy.slots': gauge },
        run: ({ name }, ctx) => options.probe(name, ctx),
      },
    ],
    diagnoses: options.diagnoses ?? [],
    actions: options.actions ?? [],
  });
}

export interface LoopOptions {
  readonly targets: readonly TargetSettings[];
  readonly probe?: Behaviour;
  readonly diagnoses?: readonly Diagnosis<Toy>[];
  readonly actions?: readonly Action<Toy>[];
  readonly channels?: Readonly<Record<string, Channel | Send>>;
  readonly configuration?: Partial<Configuration>;
  /** What a target is made of; the toy system where left out. */
  readonly bind?: (settings: TargetSettings) => Watched;
  /** Jobs of the disciplines between incidents. */
  readonly practices?: JobHandlers;
  /** How the files of logs are followed. */
  readonly logs?: PipelineOptions['logs'];
  /** What the machine says of its own network. */
  readonly ownSigns?: OwnSignSource;
  /** Where a target is; its name where left out. */
  readonly address?: (name: string) => string;
  /** Whether a target, of those that are no address, was seen to listen there. */
  readonly listensAt?: (name: string, at: Destination) => boolean;
  /** Goes on with the store that another loop left behind. */
  readonly folder?: string;
  readonly clock?: FakeClock;
  /** Where the state is kept; a SQLite file in the folder where left out. */
  readonly store?: StoreLocation;
}

export type Loop = Awaited<ReturnType<typeof startLoop>>;

const now = [{ notify: 'post', afterMs: 0 }];

function configurationFor({ targets, configuration }: LoopOptions, folder: string): Configuration {
  return {
    name: 'toy',
    timezone: 'UTC',
    environment: null,
    severities: 'sev',
    store: { kind: 'sqlite', folder },
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: null,
    targets,
    services: [],
    notifiers: [{ name: 'post', kind: 'test', settings: {} }],
    escalation: { critical: now, high: now, medium: now, low: now },
    oncall: noOnCall,
    access: defaultAccess,
    guard: {
      ...allowsAll,
      always: [],
    },
    incidents: { recoverForMs: minuteMs, reopenWithinMs: 15 * minuteMs },
    maintenance: [],
    backups: [],
    retention: { rawMs: 1, rollupMs: 1 },
    reports: { daily: '06:00' },
    folder,
    ...configuration,
  };
}

export async function startLoop(options: LoopOptions) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'upkeep-loop-'));
  const location = options.store ?? { kind: 'sqlite', file: join(folder, 'state.db') };
  const settled = settledOn(location);
  const clock = options.clock ?? fakeClock(startAt, settled);
  const store = await openStore(location, clock);
  const messages: Message[] = [];
  let configuration = configurationFor(options, folder);
  const system = toySystem({ ...options, probe: options.probe ?? (async () => up) });
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
    owner: 'test',
    onObservation() {},
    onGap() {},
    practices: options.practices ?? {},
    ...(options.ownSigns ? { ownSigns: options.ownSigns } : {}),
    ...(options.logs ? { logs: options.logs } : {}),
  });
  const post: Send = async (message) => {
    messages.push(message);
    return { kind: 'delivered' };
  };
  let channels = new Map<string, Channel | Send>(Object.entries({ post, ...options.channels }));

  function putIntoForce() {
    const targets = new Map(
      configuration.targets.map((settings) => [
        settings.name,
        options.bind?.(settings) ?? {
          settings,
          bound: system.bind(settings.settings, { clock, folder }),
          metrics: {},
        },
      ]),
    );
    pipeline.replace(
      { targets, topology: topologyOf(configuration, (name) => targets.get(name)?.bound.address) },
      channels,
    );
  }

  putIntoForce();
  await pipeline.start();
  return {
    clock,
    store,
    desk,
    pipeline,
    messages,
    folder,
    /** Puts changes of the configuration into force, as a reload does. */
    reload(
      changes: Partial<Configuration>,
      replaced: Readonly<Record<string, Channel | Send>> | null = null,
    ) {
      configuration = { ...configuration, ...changes };
      if (replaced) channels = new Map(Object.entries(replaced));
      putIntoForce();
    },
    pass: (ms: number) => clock.runUntil(clock.now() + ms),
    incidents: () => incidentRows.list(store.db, { limit: 1_000 }),
    /** Oldest first. */
    journal: async (...kinds: string[]) =>
      (await journalRows.list(store.db, { limit: 1_000, ...(kinds.length > 0 ? { kinds } : {}) })).toSorted(
        (a, b) => a.seq - b.seq,
      ),
    /** Kinds of the entries, oldest first. */
    timeline: async (incidentId: string) =>
      (await journalRows.list(store.db, { incidentId, limit: 1_000 }))
        .toSorted((a, b) => a.seq - b.seq)
        .map((entry) => entry.kind),
    /** The process dies: no timer of it wakes again. Gives what a new loop goes on with. */
    async kill() {
      await store.close();
      return { folder, clock: fakeClock(clock.now(), settled) };
    },
    async end() {
      const stopping = pipeline.stop();
      await clock.runUntil(clock.now() + 30 * secondMs);
      await stopping;
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
