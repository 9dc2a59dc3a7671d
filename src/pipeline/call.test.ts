/** Calls of people on a clock that is told the time, with a real store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  loaded,
  minuteMs,
  startAt,
  startLoop,
  threshold,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { Configuration } from '../core/configuration.ts';
import { noOnCall, type OnCall, type Person } from '../core/oncall/model.ts';
import type { Outcome } from '../core/sample.ts';
import { newId } from '../id.ts';
import * as oncallRows from '../store/oncall.ts';

const hourMs = 60 * minuteMs;

function person(id: string, changes: Partial<Person> = {}): Person {
  return {
    ...{
      id,
      name: id,
      timezone: 'UTC',
      reach: { phone: `+${id}` },
      via: {},
      quietHours: null,
      calendar: null,
    },
    ...changes,
  };
}

const primary = {
  name: 'primary',
  overrides: [],
  layers: [
    {
      ...{ name: 'all', people: ['ann', 'bob'], timezone: 'UTC', turnMinutes: 1_440 },
      ...{ anchor: '2024-01-01T00:00', startsAt: 0, endsAt: null, during: [] },
    },
  ],
};

const policy = {
  name: 'standard',
  steps: [
    { afterMs: 0, notify: ['post', 'primary'] },
    { afterMs: 10 * minuteMs, notify: ['cyd'] },
  ],
  repeat: null,
  unacknowledgeAfterMs: null,
};

const oncall: OnCall = {
  ...noOnCall,
  people: [person('ann'), person('bob'), person('cyd')],
  rotations: [primary],
  policies: [policy],
  policyOf: { critical: 'standard', medium: 'standard' },
};

function configured(changes: Partial<OnCall> = {}): Partial<Configuration> {
  const notifiers = ['post', 'phone'].map((name) => ({ name, kind: 'test', settings: {} }));
  return { notifiers, oncall: { ...oncall, ...changes } };
}

async function calling(
  changes: Partial<OnCall> = {},
  probe: () => Promise<Outcome> = async () => down,
  rules?: Parameters<typeof toyTarget>[1],
) {
  const calls: string[] = [];
  const begin = startAt;
  const loop = await startLoop({
    targets: [toyTarget('web', rules)],
    probe,
    configuration: configured(changes),
    channels: {
      async phone({ event, to, report }) {
        const minutes = Math.round((loop.clock.now() - begin) / minuteMs);
        const what = event.replace('incident.', '');
        calls.push(`${minutes} ${to?.person} ${what}${report ? ` ${report.title}` : ''}`);
        return { kind: 'delivered' };
      },
    },
  });
  const incident = async () => (await loop.incidents())[0]?.id ?? '';
  return { loop, calls, incident };
}

const onDuty = Math.floor((startAt - Date.UTC(2024, 0, 1)) / 86_400_000) % 2 === 0 ? 'ann' : 'bob';
const offDuty = onDuty === 'ann' ? 'bob' : 'ann';

test('who is on call is paged at once, the next step later; everybody hears that it is over', async () => {
  let isDown = true;
  const { loop, calls } = await calling({}, async () => (isDown ? down : up));
  await loop.pass(12 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, '10 cyd escalated']);
  assert.deepEqual(
    loop.messages.map((message) => message.to ?? null),
    [null],
    'the channel is told without a person',
  );
  isDown = false;
  await loop.pass(2 * minuteMs);
  assert.deepEqual(calls.slice(2).sort(), [`13 ${onDuty} resolved`, '13 cyd resolved'].sort());
  await loop.end();
});

test('what is well at the moment the next step falls due, and comes back, takes the step as it comes back', async () => {
  let isDown = true;
  const { loop, calls } = await calling({}, async () => (isDown ? down : up));
  await loop.pass(9.75 * minuteMs);
  // Up and down in turn, and always up when it is looked at whether the call goes on.
  isDown = false;
  await loop.pass(0.7 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`], 'nobody is woken for what has gone');
  isDown = true;
  await loop.pass(0.2 * minuteMs);
  isDown = false;
  await loop.pass(0.5 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, '11 cyd escalated']);
  await loop.end();
});

test('an acknowledged incident calls nobody else, and others who were called may stand down', async () => {
  const { loop, calls, incident } = await calling();
  await loop.pass(11 * minuteMs);
  await loop.pipeline.assessor.acknowledge(await incident(), 'cyd');
  await loop.pass(2 * hourMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, '10 cyd escalated', `11 ${onDuty} acknowledged`]);
  await loop.end();
});

test('nobody on call, or nobody who can be reached: said to the channel, and the next step at once', async () => {
  const { loop, calls } = await calling({
    rotations: [{ ...primary, layers: [] }],
    people: [person('ann'), person('cyd')],
    policies: [
      {
        ...policy,
        steps: [
          { afterMs: 0, notify: ['primary'] },
          { afterMs: 10 * minuteMs, notify: ['cyd'] },
        ],
      },
    ],
  });
  await loop.pass(minuteMs);
  assert.deepEqual(
    calls.filter((call) => call.includes('cyd')),
    ['0 cyd escalated'],
  );
  const [entry] = await loop.journal('oncall.nobody');
  assert.deepEqual(entry?.payload.reasons, ['nobody is on call in rotation primary']);
  assert.equal(
    loop.messages.find((message) => message.notice)?.notice?.title,
    'Nobody is on call in rotation primary',
  );
  await loop.end();
  const other = await calling({
    people: [person('ann', { reach: {} }), person('bob', { reach: {} }), person('cyd')],
  });
  await other.loop.pass(minuteMs);
  const [unreachable] = await other.loop.journal('oncall.nobody');
  assert.deepEqual(unreachable?.payload.reasons, [`${onDuty} cannot be reached by any notifier`]);
  await other.loop.end();
});

test('a policy repeats, and says so when nobody has acknowledged in the end', async () => {
  const { loop, calls } = await calling({
    policies: [{ ...policy, repeat: { times: 1, everyMs: 30 * minuteMs } }],
  });
  await loop.pass(2 * hourMs);
  assert.deepEqual(calls, [
    `0 ${onDuty} opened`,
    '10 cyd escalated',
    `30 ${onDuty} escalated`,
    '40 cyd escalated',
  ]);
  const ends = await loop.journal('escalation.exhausted');
  assert.deepEqual(
    ends.map((entry) => [Math.round((entry.at - startAt) / minuteMs), entry.payload.rounds]),
    [[45, 2]],
  );
  await loop.end();
});

test('quiet hours: medium waits until the morning, what is over by then is dropped', async () => {
  const quietHours = { from: 0, to: 7 * 60, levels: ['medium', 'low'] as const };
  const quiet = ['ann', 'bob', 'cyd'].map((id) => person(id, { quietHours }));
  const rules = { rules: [threshold()] };
  let load = 75;
  const { loop, calls } = await calling({ people: quiet }, async () => loaded(load), rules);
  await loop.pass(6 * hourMs);
  assert.deepEqual(calls, [], 'it is night');
  await loop.pass(hourMs + 12 * minuteMs);
  assert.deepEqual(calls, [`420 ${onDuty} escalated`, '430 cyd escalated'], 'then it goes its usual way');
  await loop.end();

  const over = await calling({ people: quiet }, async () => loaded(load), rules);
  await over.loop.pass(hourMs);
  load = 10;
  await over.loop.pass(8 * hourMs);
  assert.deepEqual(over.calls, [], 'dropped');
  await over.loop.end();
});

test('critical never waits', async () => {
  const quietHours = { from: 0, to: 1_439, levels: ['medium', 'low'] as const };
  const quiet = ['ann', 'bob', 'cyd'].map((id) => person(id, { quietHours }));
  const { loop, calls } = await calling({ people: quiet });
  await loop.pass(minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`]);
  await loop.end();
});

test('two that wait for the same morning are one message', async () => {
  const quietHours = { from: 0, to: 7 * 60, levels: ['medium', 'low'] as const };
  const calls: string[] = [];
  const loop = await startLoop({
    targets: ['web', 'api'].map((name) => toyTarget(name, { rules: [threshold()] })),
    probe: async () => loaded(75),
    configuration: configured({ people: ['ann', 'bob', 'cyd'].map((id) => person(id, { quietHours })) }),
    channels: {
      async phone({ report, to }) {
        calls.push(`${to?.person} ${report?.title}`);
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(7 * hourMs + minuteMs);
  assert.deepEqual(calls, [`${onDuty} 2 incidents waited for the morning`]);
  await loop.end();
});

test('an override made meanwhile counts for later steps', async () => {
  const { loop, calls } = await calling({
    policies: [
      {
        ...policy,
        steps: [
          { afterMs: 0, notify: ['primary'] },
          { afterMs: 10 * minuteMs, notify: ['primary'] },
        ],
      },
    ],
  });
  await loop.pass(5 * minuteMs);
  const now = loop.clock.now();
  await loop.store.transaction((tx) =>
    oncallRows.insertOverride(tx, {
      ...{ id: newId(now), rotation: 'primary', person: 'cyd', replaces: null, from: now, to: now + hourMs },
      ...{ by: 'bob', why: '', madeAt: now },
    }),
  );
  await loop.pass(7 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, '10 cyd escalated']);
  await loop.end();
});

test('an edit of the policy meanwhile neither stops the call nor repeats a step that was taken', async () => {
  const { loop, calls } = await calling();
  await loop.pass(5 * minuteMs);
  const steps = [
    { afterMs: 0, notify: ['primary', 'post'] },
    { afterMs: 20 * minuteMs, notify: [offDuty] },
    { afterMs: 30 * minuteMs, notify: ['cyd'] },
  ];
  loop.reload({ oncall: { ...oncall, policies: [{ ...policy, steps }] } });
  await loop.pass(40 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, `20 ${offDuty} escalated`, '30 cyd escalated']);
  await loop.end();
});

test('a level that is lowered is called by its own policy from then on, and raised again it calls again', async () => {
  const slow = {
    ...policy,
    name: 'slow',
    steps: [
      { afterMs: 0, notify: ['post'] },
      { afterMs: 30 * minuteMs, notify: ['cyd'] },
    ],
  };
  const { loop, calls } = await calling({
    policies: [policy, slow],
    policyOf: { critical: 'standard', medium: 'slow' },
  });
  await loop.pass(5 * minuteMs);
  assert.deepEqual(calls.filter((one) => one.includes('opened')).length, 1);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  const lowered = loop.clock.now();
  const before = [calls.length, loop.messages.length];
  await loop.pipeline.assessor.setLevel(incident.id, 'medium', 'one customer', 'ann');
  await loop.pass(29 * minuteMs);
  assert.equal(calls.length, before[0], 'nobody is called by the policy of the level before');
  assert.deepEqual(
    loop.messages.slice(before[1]).map(({ event }) => event),
    ['incident.updated'],
  );
  assert.deepEqual(await loop.journal('escalation.exhausted'), []);
  await loop.pass(8 * minuteMs);
  const [exhausted, ...others] = await loop.journal('escalation.exhausted');
  assert.deepEqual([exhausted?.payload.policy, others.length], ['slow', 0]);
  assert.equal((exhausted?.at ?? 0) - lowered, 35 * minuteMs);
  const paged = (await loop.journal('oncall.paged')).length;
  await loop.pipeline.assessor.setLevel(incident.id, 'critical', 'all customers', 'ann');
  await loop.pass(11 * minuteMs);
  const again = (await loop.journal('oncall.paged')).slice(paged).map(({ payload }) => payload.person);
  assert.equal(again.length, 2, 'who is on call at once, then the next step');
  await loop.pipeline.assessor.setLevel(incident.id, 'medium', 'one customer', 'ann');
  await loop.pass(31 * minuteMs);
  assert.equal((await loop.journal('oncall.paged')).at(-1)?.payload.person, 'cyd');
  await loop.end();
});

test('clocks: warned of and missed in the journal, and each takes the next step', async () => {
  const { loop, calls } = await calling({ clocks: { critical: { respond: 5 * minuteMs, resolve: hourMs } } });
  await loop.pass(6 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, '4 cyd escalated']);
  const entries = await loop.journal('clock.warning', 'clock.missed');
  assert.deepEqual(
    entries.map(({ kind, at, payload }) => [kind, payload.clock, Math.round((at - startAt) / minuteMs)]),
    [
      ['clock.warning', 'respond', 4],
      ['clock.missed', 'respond', 5],
    ],
  );
  await loop.end();
  const kept = await calling({ clocks: { critical: { respond: 5 * minuteMs, resolve: null } } });
  await kept.loop.pass(3 * minuteMs);
  await kept.loop.pipeline.assessor.acknowledge(await kept.incident(), 'ann');
  await kept.loop.pass(10 * minuteMs);
  assert.deepEqual(await kept.loop.journal('clock.warning', 'clock.missed'), []);
  await kept.loop.end();
});

test('an acknowledgement that nothing follows lapses, and the call begins anew', async () => {
  const { loop, calls, incident } = await calling({
    policies: [{ ...policy, unacknowledgeAfterMs: 30 * minuteMs }],
  });
  await loop.pass(minuteMs);
  await loop.pipeline.assessor.acknowledge(await incident(), onDuty);
  await loop.pass(45 * minuteMs);
  assert.deepEqual(calls.slice(0, 2), [`0 ${onDuty} opened`, `31 ${onDuty} escalated`]);
  assert.equal((await loop.incidents())[0]?.acknowledgedAt, null);
  assert.deepEqual(calls[2], '41 cyd escalated');
  await loop.end();
});

test('an acknowledgement that lapses before the next step leaves no step of the old run behind', async () => {
  const { loop, calls, incident } = await calling({
    policies: [
      {
        ...policy,
        steps: [
          { afterMs: 0, notify: ['primary'] },
          { afterMs: 40 * minuteMs, notify: ['cyd'] },
        ],
        unacknowledgeAfterMs: 30 * minuteMs,
      },
    ],
  });
  await loop.pass(minuteMs);
  await loop.pipeline.assessor.acknowledge(await incident(), onDuty);
  await loop.pass(89 * minuteMs);
  assert.deepEqual(calls, [`0 ${onDuty} opened`, `31 ${onDuty} escalated`, '71 cyd escalated']);
  await loop.end();
});

test('what gets graver at night is called at once, the old call ends, and nobody hears of it again in the morning', async () => {
  const quietHours = { from: 0, to: 7 * 60, levels: ['medium', 'low'] as const };
  let load = 75;
  const { loop, calls, incident } = await calling(
    { people: ['ann', 'bob', 'cyd'].map((id) => person(id, { quietHours })) },
    async () => loaded(load),
    { rules: [threshold()] },
  );
  await loop.pass(hourMs);
  assert.deepEqual(calls, []);
  load = 95;
  await loop.pass(5 * minuteMs);
  assert.deepEqual(calls, [`60 ${onDuty} escalated`]);
  await loop.pass(10 * minuteMs);
  assert.deepEqual(calls, [`60 ${onDuty} escalated`, '70 cyd escalated']);
  await loop.pipeline.assessor.acknowledge(await incident(), onDuty);
  await loop.pass(7 * hourMs);
  assert.deepEqual(calls.slice(2), ['75 cyd acknowledged']);
  await loop.end();
});
