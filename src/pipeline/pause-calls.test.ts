import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, startAt, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import { noOnCall, type OnCall } from '../core/oncall/model.ts';
import type { Outcome } from '../core/sample.ts';
import * as silences from '../store/silences.ts';
import { releaseAt } from './holds.ts';

const person = (id: string) => ({
  ...{ id, name: id, timezone: 'UTC', via: {}, calendar: null, quietHours: null },
  reach: { phone: `+${id}` },
});
const oncall: OnCall = {
  ...noOnCall,
  people: ['ann', 'bob', 'cyd'].map(person),
  policies: [
    {
      name: 'standard',
      steps: ['ann', 'bob', 'cyd'].map((id, i) => ({ afterMs: i * 10 * minuteMs, notify: [id] })),
      repeat: null,
      unacknowledgeAfterMs: null,
    },
  ],
  policyOf: { critical: 'standard' },
};

async function calling(names = ['web']) {
  const calls: string[] = [];
  const broken = new Map<string, Outcome>(names.map((name) => [name, down]));
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name, { dependsOn: name === 'web' ? [] : ['web'] })),
    probe: async (name) => broken.get(name) ?? up,
    configuration: {
      notifiers: ['post', 'phone'].map((name) => ({ name, kind: 'test', settings: {} })),
      oncall,
    },
    channels: {
      async phone({ event, to, notice }) {
        const minutes = Math.round((loop.clock.now() - startAt) / minuteMs);
        calls.push(`${minutes} ${to?.person} ${event.replace('incident.', '')}${notice ? ' notice' : ''}`);
        return { kind: 'delivered' };
      },
    },
  });
  async function silence(pattern: string, minutes: number) {
    const now = loop.clock.now();
    await loop.store.transaction(async (tx) => {
      const matchers = [{ label: 'target', isNegated: false, pattern }];
      const span = { createdAt: now, startsAt: now, endsAt: now + minutes * minuteMs };
      await silences.insert(tx, { id: 'known', matchers, reason: 'we know', createdBy: 'ann', ...span });
      await releaseAt(tx, span.endsAt);
    });
  }
  return { loop, calls, broken, silence };
}

test('nobody else is called while all alerts are silenced; after it the call goes on from the same step', async () => {
  const { loop, calls, silence } = await calling();
  await loop.pass(5 * minuteMs);
  await silence('web', 60);
  await loop.pass(58 * minuteMs);
  assert.deepEqual(calls, ['0 ann opened']);
  await loop.pass(30 * minuteMs);
  assert.deepEqual(calls, ['0 ann opened', '65 bob escalated', '75 cyd escalated']);
  const [paused] = await loop.journal('escalation.paused');
  assert.deepEqual([paused?.payload.kind, paused?.payload.reason], ['silence', 'we know']);
  assert.equal((await loop.journal('escalation.paused')).length, 1);
  assert.equal((await loop.journal('escalation.resumed')).length, 1);
  await loop.end();
});

test('a silence that is ended early, and an alert that is not silenced, let the call go on at once', async () => {
  const early = await calling();
  await early.loop.pass(5 * minuteMs);
  await early.silence('web', 60);
  await early.loop.pass(15 * minuteMs);
  await early.loop.store.transaction(async (tx) => {
    await silences.end(tx, 'known', early.loop.clock.now());
    await releaseAt(tx, early.loop.clock.now());
  });
  early.loop.desk.changed();
  await early.loop.pass(minuteMs);
  assert.deepEqual(early.calls, ['0 ann opened', '20 bob escalated']);
  await early.loop.end();

  const joined = await calling(['web', 'shop']);
  joined.broken.delete('shop');
  await joined.loop.pass(5 * minuteMs);
  await joined.silence('web', 60);
  await joined.loop.pass(15 * minuteMs);
  joined.broken.set('shop', down);
  await joined.loop.pass(2 * minuteMs);
  assert.deepEqual(joined.calls, ['0 ann opened', '20 bob escalated']);
  await joined.loop.end();
});

test('a silence of some alerts of an incident stops nothing, and what is over under one is over', async () => {
  const some = await calling(['web', 'shop']);
  await some.loop.pass(5 * minuteMs);
  await some.silence('shop', 60);
  await some.loop.pass(8 * minuteMs);
  assert.deepEqual(some.calls, ['0 ann opened', '10 bob escalated']);
  await some.loop.end();

  const over = await calling();
  await over.loop.pass(5 * minuteMs);
  await over.silence('web', 60);
  await over.loop.pass(10 * minuteMs);
  over.broken.delete('web');
  await over.loop.pass(90 * minuteMs);
  assert.ok(!over.calls.some((call) => call.includes('escalated')), over.calls.join());
  await over.loop.end();
});
