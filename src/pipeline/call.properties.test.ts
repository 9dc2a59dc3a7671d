/** Whatever people, edits, restarts and overrides do: nobody is paged twice for a step, and no critical is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { down, type Loop, minuteMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Message } from '../core/message.ts';
import { type EscalationPolicy, noOnCall, type OnCall, type Person } from '../core/oncall/model.ts';
import { newId } from '../id.ts';
import type { StoreLocation } from '../store/index.ts';
import * as oncallRows from '../store/oncall.ts';

/** A case on PostgreSQL waits for a server at every step of it. */
const casesOn = { sqlite: 12, postgres: 5 } as const;
const people = ['ann', 'bob', 'cyd'] as const;
const notifiers = ['post', 'phone'].map((name) => ({ name, kind: 'test', settings: {} }));

const person = fc.record({ isReachable: fc.boolean(), isQuiet: fc.boolean() });
const step = fc.record({
  afterMs: fc.integer({ min: 0, max: 20 }).map((minutes) => minutes * minuteMs),
  notify: fc.uniqueArray(fc.constantFrom('post', 'primary', ...people), { minLength: 1, maxLength: 3 }),
});
const policy = fc
  .record({
    steps: fc.uniqueArray(step, { minLength: 1, maxLength: 4, selector: (one) => one.afterMs }),
    times: fc.integer({ min: 0, max: 2 }),
    isForgetful: fc.boolean(),
  })
  .map(
    ({ steps, times, isForgetful }): EscalationPolicy => ({
      name: 'standard',
      steps: steps.toSorted((a, b) => a.afterMs - b.afterMs),
      repeat: times === 0 ? null : { times, everyMs: 30 * minuteMs },
      unacknowledgeAfterMs: isForgetful ? 20 * minuteMs : null,
    }),
  );

const event = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ kind: fc.constant('acknowledge' as const) }),
  fc.record({ kind: fc.constant('reload' as const), policy }),
  fc.record({ kind: fc.constant('override' as const), person: fc.constantFrom(...people) }),
  fc.record({ kind: fc.constant('restart' as const) }),
  fc.record({ kind: fc.constant('flap' as const) }),
);

interface Said {
  readonly isReachable: boolean;
  readonly isQuiet: boolean;
}

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function oncallOf(about: Readonly<Record<string, Said>>, standard: EscalationPolicy): OnCall {
  const quietHours = { from: 0, to: 1_439, levels: ['medium', 'low'] as const };
  return {
    ...noOnCall,
    people: people.map(
      (id): Person => ({
        ...{ id, name: id, timezone: 'UTC', via: {}, calendar: null },
        reach: about[id]?.isReachable ? { phone: id } : {},
        quietHours: about[id]?.isQuiet ? quietHours : null,
      }),
    ),
    rotations: [
      {
        name: 'primary',
        overrides: [],
        layers: [
          {
            ...{ name: 'all', people: ['ann', 'bob'], timezone: 'Europe/London', turnMinutes: 60 },
            ...{ anchor: '2024-01-01T00:00', startsAt: 0, endsAt: null, during: [] },
          },
        ],
      },
    ],
    policies: [standard],
    policyOf: { critical: 'standard' },
    clocks: { critical: { respond: 15 * minuteMs, resolve: null } },
  };
}

/** Somebody is called, then the events come one after another. */
async function hold(
  store: StoreLocation,
  about: Readonly<Record<string, Said>>,
  standard: EscalationPolicy,
  events: readonly Event[],
): Promise<void> {
  const received: Message[] = [];
  const policies = [standard, ...events.flatMap((one) => (one.kind === 'reload' ? [one.policy] : []))];
  const take = async (message: Message) => {
    received.push(message);
    return { kind: 'delivered' as const };
  };
  let isDown = true;
  let inForce: Partial<Configuration> = { notifiers, oncall: oncallOf(about, standard) };
  const options = {
    store,
    targets: [toyTarget('web')],
    probe: async () => (isDown ? down : up),
    channels: { post: take, phone: take },
  };
  let loop = await startLoop({ ...options, configuration: inForce });
  try {
    await loop.pass(minuteMs);
    const [incident] = await loop.incidents();
    assert.ok(incident);
    if (standard.steps[0]?.afterMs === 0) assert.ok(received.length > 0, 'somebody hears of it at once');
    for (const one of events) {
      if (one.kind === 'pass') await loop.pass(one.minutes * minuteMs);
      if (one.kind === 'acknowledge') await loop.pipeline.assessor.acknowledge(incident.id, 'ann');
      if (one.kind === 'override') await override(loop, one.person);
      if (one.kind === 'reload') {
        inForce = { ...inForce, oncall: oncallOf(about, one.policy) };
        loop.reload(inForce);
      }
      if (one.kind === 'restart') {
        const left = await loop.kill();
        loop = await startLoop({ ...options, configuration: inForce, ...left });
      }
      if (one.kind === 'flap') {
        isDown = false;
        await loop.pass(0.5 * minuteMs);
        isDown = true;
      }
    }
    await loop.pass(180 * minuteMs);
    assertNobodyTwice(received);
    await assertNotWedged(loop, incident.id, policies);
  } finally {
    await loop.end();
  }
}

async function override(loop: Loop, person: string): Promise<void> {
  const now = loop.clock.now();
  await loop.store.transaction((tx) =>
    oncallRows.insertOverride(tx, {
      ...{ id: newId(now), rotation: 'primary', person, replaces: null, from: now, to: now + 40 * minuteMs },
      ...{ by: 'test', why: '', madeAt: now },
    }),
  );
}

function assertNobodyTwice(received: readonly Message[]): void {
  const pages = received.filter((message) => message.key.includes(':page:') && message.to);
  const keys = pages.map((message) => message.key);
  assert.deepEqual(keys, [...new Set(keys)], 'one page for one incident, person and step');
}

async function assertNotWedged(
  loop: Loop,
  incidentId: string,
  policies: readonly EscalationPolicy[],
): Promise<void> {
  const [last] = await loop.incidents();
  if (last?.id === incidentId && last.acknowledgedAt === null) {
    const waiting = await loop.store.db
      .selectFrom('jobs')
      .select('key')
      .where('kind', '=', 'escalate')
      .where('state', '=', 'waiting')
      .execute();
    const ends = await loop.journal('escalation.exhausted');
    assert.ok(
      ends.length > 0 || waiting.length > 0 || !policies.every(callsPeople),
      'it ends by saying so, or goes on',
    );
  }
  const failed = await loop.store.db
    .selectFrom('jobs')
    .select('last_error')
    .where('state', '=', 'failed')
    .execute();
  assert.deepEqual(failed, []);
}

forEachEngine((engine) => {
  test('no double page, no lost critical, no wedge across acknowledgements, edits, overrides and restarts', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ ann: person, bob: person, cyd: person }),
        policy,
        fc.array(event, { maxLength: 8 }),
        async (about, standard, events) => hold(await engine.freshLocation(), about, standard, events),
      ),
      { numRuns: casesOn[engine.kind] },
    ));
});

function callsPeople({ repeat, steps }: EscalationPolicy): boolean {
  return repeat !== null || steps.some((one) => one.notify.some((name) => name !== 'post'));
}
