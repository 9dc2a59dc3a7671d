import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StakeholderUpdate } from './incident/update.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import type { ComponentSettings } from './status-page.ts';
import {
  type IncidentFacts,
  namesForUsers,
  publicIncident,
  publicMaintenance,
  type TellingRules,
} from './status-page-incidents.ts';
import { topologyOf } from './topology.ts';

const at = Date.parse('2026-11-22T10:00:00Z');
const minute = 60_000;
const day = 86_400_000;
const component = (name: string, services: string[], targets: string[] = []): ComponentSettings => ({
  ...{ name, services, targets, group: null, description: null },
});
const rules: TellingRules = {
  components: [component('API', ['svc-api'], ['db-7']), component('Search', ['svc-search'], ['es-7'])],
  announce: 'automatic',
  reopenWithinMs: 15 * 60_000,
  when: (moment) => `at ${(moment - at) / minute}`,
  idOf: (text) => `<${text}>`,
};
const incident: IncidentFacts = {
  ...{ id: 'i1', level: 'critical', targets: ['db-7'], services: ['svc-api'] },
  ...{ openedAt: at, mitigatedAt: null, resolvedAt: null },
};
const update = (changes: Partial<StakeholderUpdate>): StakeholderUpdate => ({
  ...{ id: 'u1', incidentId: 'i1', at: at + 5 * minute, by: 'anna', status: 'identified' },
  ...{ text: 'We found it.', isPublic: true },
  ...changes,
});
const told = (changes: Partial<IncidentFacts>, updates: StakeholderUpdate[] = [], more = {}) =>
  publicIncident({ ...incident, ...changes }, updates, { ...rules, ...more });

test('a grave incident tells itself in general words: beginning, treatment, end', () => {
  const found = told({ mitigatedAt: at + 10 * minute, resolvedAt: at + 12 * minute });
  assert.equal(found?.title, 'Problem with API');
  assert.equal(found?.status, 'resolved');
  assert.deepEqual(
    found?.updates.map(({ status, text }) => [status, text]),
    [
      ['resolved', 'The problem with API is over. It lasted 12 m.'],
      ['monitoring', 'The problem with API has been treated. We are watching whether it holds.'],
      ['investigating', 'We are investigating a problem with API that began at at 0.'],
    ],
  );
});

test('what comes back is told again, with the moment of its return; what goes and comes once an hour', () => {
  const reopenedAt = at + 20 * minute;
  const open = told({ reopenedAt });
  assert.equal(open?.status, 'investigating');
  assert.deepEqual(
    open?.updates.map(({ text }) => text),
    [
      'The problem with API happens again since at 20. We are investigating.',
      'We are investigating a problem with API that began at at 0.',
    ],
  );
  const ids = (moment: number) => told({ reopenedAt: moment })?.updates[0]?.id;
  assert.equal(ids(reopenedAt), ids(reopenedAt + 10 * minute));
  assert.notEqual(ids(reopenedAt), ids(reopenedAt + 60 * minute));
  const published = [update({ status: 'resolved', text: 'Over.', at: at + 10 * minute })];
  const over = told({ reopenedAt, resolvedAt: reopenedAt + 7 * minute }, published);
  assert.deepEqual(
    over?.updates.map(({ status, text }) => [status, text]),
    [
      ['resolved', 'The problem with API is over. It lasted 7 m.'],
      ['investigating', 'The problem with API happens again since at 20. We are investigating.'],
      ['resolved', 'Over.'],
      ['investigating', 'We are investigating a problem with API that began at at 0.'],
    ],
  );
});

test('each time that an incident was open stands there with its beginning and end; what lies behind is told to nobody', () => {
  const lulls = [
    { from: at + 1 * minute, to: at + 12 * minute },
    { from: at + 14 * minute, to: at + 27 * minute },
  ];
  const facts = { reopenedAt: at + 27 * minute, resolvedAt: at + 35 * minute, lulls };
  const updates = told(facts)?.updates ?? [];
  assert.deepEqual(
    updates.toReversed().map((update) => [(update.at - at) / minute, update.status, update.text]),
    [
      [0, 'investigating', 'We are investigating a problem with API that began at at 0.'],
      [1, 'resolved', 'The problem with API is over. It lasted 1 m.'],
      [12, 'investigating', 'The problem with API happens again since at 12. We are investigating.'],
      [14, 'resolved', 'The problem with API is over. It lasted 2 m.'],
      [27, 'investigating', 'The problem with API happens again since at 27. We are investigating.'],
      [35, 'resolved', 'The problem with API is over. It lasted 8 m.'],
    ],
  );
  assert.equal(new Set(updates.map(({ id }) => id)).size, 6, 'a feed tells them apart');
  assert.deepEqual(
    updates.toReversed().map(({ tellAt }) => tellAt),
    [undefined, null, undefined, null, null, facts.resolvedAt + 15 * minute],
    'once an hour that it is there again, and its last end',
  );
  const [first] = told({ resolvedAt: at + 1 * minute })?.updates ?? [];
  assert.equal(updates.find((one) => one.at === first?.at)?.id, first?.id, 'what was told keeps its id');
  const published = [update({ status: 'resolved', text: 'Over.', at: at + 1 * minute })];
  assert.deepEqual(
    told(facts, published)
      ?.updates.filter(({ status }) => status === 'resolved')
      .map(({ text }) => text),
    ['The problem with API is over. It lasted 8 m.', 'The problem with API is over. It lasted 2 m.', 'Over.'],
  );
});

test('subscribers hear of the end of what went up and down once it cannot come back any more', () => {
  const resolvedAt = at + 10 * minute;
  const endOf = (changes: Parameters<typeof told>[0], updates: Parameters<typeof told>[1] = []) =>
    told({ resolvedAt, ...changes }, updates)?.updates.find(({ status }) => status === 'resolved');
  assert.equal(endOf({})?.tellAt, undefined);
  assert.equal(endOf({ reopenedAt: at + 5 * minute })?.tellAt, resolvedAt + 15 * minute);
  const byHand = update({ status: 'resolved', text: 'Over.', at: resolvedAt });
  assert.equal(endOf({ reopenedAt: at + 5 * minute }, [byHand])?.tellAt, undefined, 'somebody said so');
});

test('what somebody published stands in its place; what was not published is not told', () => {
  const found = told({}, [
    update({ status: 'investigating', at: at + minute, text: 'We look.' }),
    update({ id: 'u2', text: 'secret finding', isPublic: false }),
    update({ id: 'u3', text: 'We **found** it.' }),
  ]);
  assert.deepEqual(
    found?.updates.map(({ text }) => text),
    ['We **found** it.', 'We look.'],
  );
  assert.equal(found?.status, 'identified');
});

test('lesser incidents, those that reach no component, and by hand all are told when somebody publishes', () => {
  assert.equal(told({ level: 'medium' }), null);
  assert.equal(told({ level: 'low' }), null);
  assert.equal(told({ services: ['other'], targets: ['other'] }), null);
  assert.equal(told({}, [], { announce: 'by-hand' }), null);
  assert.equal(told({}, [update({ isPublic: false })], { announce: 'by-hand' }), null);
  assert.equal(told({ level: 'medium' }, [update({})])?.impact, 'degraded');
  assert.equal(told({ services: [], targets: [] }, [update({})])?.title, 'Problem with our services');
  assert.equal(told({}, [update({})], { announce: 'by-hand' })?.updates.length, 2);
});

test('an incident reaches a component by the services that it had then, or by its target where it shows no service', () => {
  assert.equal(told({ services: [] }), null, 'svc-api was declared later');
  const components = [component('Storage', [], ['db-7'])];
  assert.deepEqual(told({ services: [] }, [], { components })?.components, ['Storage']);
  assert.deepEqual(told({ services: ['svc-api', 'svc-search'] })?.components, ['API', 'Search']);
  assert.equal(told({ services: ['svc-api', 'svc-search'] })?.title, 'Problem with API and Search');
});

const window: MaintenanceWindow = {
  ...{ name: 'w-internal', what: 'reindex es-7', starts: '2026-11-23T03:00', timezone: 'UTC' },
  ...{ durationMs: 60 * minute, rrule: null, targets: ['es-7'], services: [], impact: null },
  ...{ actionRequired: null, notify: [], noticeBeforeMs: 2 * day, isExcludedFromSlo: true, createdBy: null },
};
const topology = topologyOf({
  targets: [],
  services: [
    { name: 'svc-api', targets: ['db-7'], dependsOn: [], slo: null },
    { name: 'svc-search', targets: ['es-7'], dependsOn: [], slo: null },
  ],
});
const span = { from: at - 60 * day, now: at, to: at + 30 * day };
const planned = (changes: Partial<MaintenanceWindow>) =>
  publicMaintenance([{ ...window, ...changes }], span, topology, rules);

test('of a window the public hears whom it concerns, when, and what was written for them', () => {
  const [found] = planned({ impact: 'Search is slow.', actionRequired: 'Send no imports.' });
  assert.equal(found?.title, 'Planned maintenance of Search');
  assert.equal(found?.text, 'Search is slow.\n\nSend no imports.');
  assert.equal(found?.status, 'scheduled');
  assert.doesNotMatch(JSON.stringify(found), /es-7|reindex/);
  assert.deepEqual(planned({ targets: ['hidden-9'] }), []);
  assert.equal(planned({ targets: [] })[0]?.title, 'Planned maintenance of all components');
});

test('a rule shows what runs and what comes next, and no long list of what was', () => {
  const weekly = planned({ starts: '2026-10-04T09:30', rrule: 'FREQ=WEEKLY' });
  assert.deepEqual(
    weekly.map(({ status }) => status),
    [...Array.from({ length: 7 }, () => 'ended'), 'running', 'scheduled'],
  );
  assert.ok(weekly.every(({ isOnce }) => !isOnce));
  const daily = planned({ starts: '2026-10-04T03:00', rrule: 'FREQ=DAILY' });
  assert.deepEqual(
    daily.map(({ status }) => status),
    ['scheduled'],
  );
});

test('a text that names services names them as the page does', () => {
  assert.deepEqual(namesForUsers(['svc-api', 'svc-none'], rules.components), ['API', 'svc-none']);
  assert.deepEqual(namesForUsers([], rules.components), []);
});
