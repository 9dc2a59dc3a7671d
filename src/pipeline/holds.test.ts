import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  type Loop,
  minuteMs,
  secondMs,
  startAt,
  startLoop,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { MaintenanceWindow } from '../core/maintenance.ts';
import { parseMatcher } from '../core/mute.ts';
import { noOnCall } from '../core/oncall/model.ts';
import type { Outcome } from '../core/sample.ts';
import * as alertRows from '../store/alerts.ts';
import * as silences from '../store/silences.ts';

const events = ({ messages }: Loop) => messages.map(({ event }) => event);

async function silence(loop: Loop, matcher: string, forMs: number) {
  const now = loop.clock.now();
  await loop.store.transaction((tx) =>
    silences.insert(tx, {
      id: `silence-${now}`,
      matchers: [parseMatcher(matcher) ?? assert.fail()],
      reason: 'we know',
      createdBy: 'ann',
      createdAt: now,
      startsAt: now,
      endsAt: now + forMs,
    }),
  );
}

test('a silenced alert opens no incident, and does when the silence ends while it still fires', async () => {
  const loop = await startLoop({ targets: [toyTarget('web'), toyTarget('db')], probe: async () => down });
  await silence(loop, 'target=web', 10 * minuteMs);
  await loop.pass(5 * minuteMs);
  const opened = loop.messages.filter(({ event }) => event === 'incident.opened');
  assert.deepEqual(
    opened.map(({ incident }) => incident?.targets),
    [['db']],
  );
  const [held] = await alertRows.held(loop.store.db);
  assert.equal(held?.target, 'web');
  assert.match(held?.heldBy ?? '', /^silence:/);
  await loop.pass(6 * minuteMs);
  assert.deepEqual(await alertRows.held(loop.store.db), []);
  const all = loop.messages.filter(({ event }) => event === 'incident.opened');
  assert.deepEqual(
    all.map(({ incident }) => incident?.targets),
    [['db'], ['web']],
  );
  await loop.end();
});

test('what came and went under a silence is never told', async () => {
  let outcome: Outcome = down;
  const loop = await startLoop({ targets: [toyTarget('web')], probe: async () => outcome });
  await silence(loop, 'rule=toy.*', 10 * minuteMs);
  await loop.pass(3 * minuteMs);
  outcome = up;
  await loop.pass(20 * minuteMs);
  assert.deepEqual(events(loop), []);
  await loop.end();
});

const window: MaintenanceWindow = {
  name: 'patches',
  what: 'Security patches',
  starts: new Date(startAt + 10 * minuteMs).toISOString().slice(0, 16),
  timezone: 'UTC',
  durationMs: 20 * minuteMs,
  rrule: null,
  targets: ['db'],
  services: [],
  impact: null,
  actionRequired: null,
  notify: [],
  noticeBeforeMs: 0,
  isExcludedFromSlo: true,
  createdBy: null,
};

test('in a maintenance window alerts of its targets and of what needs them are held and judged after', async () => {
  const failing = new Set<string>();
  const loop = await startLoop({
    targets: [toyTarget('web', { dependsOn: ['db'] }), toyTarget('db'), toyTarget('other')],
    probe: async (target) => (failing.has(target) ? down : up),
    configuration: { maintenance: [window] },
  });
  await loop.pass(11 * minuteMs);
  for (const name of ['web', 'db', 'other']) failing.add(name);
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event, incident }) => [event, incident?.targets]),
    [['incident.opened', ['other']]],
  );
  failing.delete('web');
  await loop.pass(10 * minuteMs);
  assert.equal(loop.messages.length, 1, 'still in the window');
  await loop.pass(5 * minuteMs + secondMs);
  const opened = loop.messages.filter(({ event }) => event === 'incident.opened');
  assert.deepEqual(
    opened.map(({ incident }) => incident?.targets),
    [['other'], ['db']],
    'the window is over and db is still down',
  );
  await loop.end();
});

test('a service called like its target: its incidents name it, its policy calls, its silence and its window hold', async () => {
  const called: string[] = [];
  let isDown = false;
  const steps = [{ afterMs: 0, notify: ['desk'] }];
  const loop = await startLoop({
    targets: [toyTarget('shop')],
    probe: async () => (isDown ? down : up),
    configuration: {
      services: [{ name: 'shop', targets: ['shop'], dependsOn: [], slo: null }],
      notifiers: ['post', 'desk'].map((name) => ({ name, kind: 'test', settings: {} })),
      oncall: {
        ...noOnCall,
        policies: [{ name: 'sellers', steps, repeat: null, unacknowledgeAfterMs: null }],
        services: { shop: { critical: 'sellers' } },
      },
      maintenance: [{ ...window, targets: [], services: ['shop'] }],
    },
    channels: {
      async desk({ event, incident }) {
        called.push(`${event} ${incident?.services}`);
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(11 * minuteMs);
  isDown = true;
  await loop.pass(5 * minuteMs);
  assert.deepEqual([...called, ...loop.messages], [], 'the window of the service holds it');
  await silence(loop, 'service=shop', 20 * minuteMs);
  await loop.pass(18 * minuteMs);
  assert.deepEqual(called, [], 'and then the silence of the service');
  await loop.pass(3 * minuteMs);
  assert.deepEqual(called, ['incident.opened shop'], 'its own policy tells whom it names');
  assert.deepEqual(loop.messages, [], 'in place of the one of its level');
  await loop.end();
});
