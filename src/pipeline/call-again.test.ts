/** What comes back while its incident stays open, on a clock that is told the time, with a real store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  loaded,
  minuteMs,
  secondMs,
  startAt,
  startLoop,
  type Toy,
  threshold,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { noOnCall } from '../core/oncall/model.ts';
import type { Diagnosis } from '../core/system.ts';

/** `shop` needs `redis` and `pg`; a load of `pg` that wakes nobody holds the incident open for the whole night. */
async function night() {
  const broken = new Set<string>();
  const calls: string[] = [];
  const isDown: Diagnosis<Toy> = {
    ...{ id: 'toy.gone', summary: 'it is gone', explains: ['toy.down'] },
    gather: async (_, target, { clock }) =>
      broken.has(target)
        ? [{ id: 'gone', target, title: 'gone', at: clock.now(), how: 'look', facts: {} }]
        : [],
    conclude: ([seen], target) =>
      seen === undefined
        ? []
        : [
            {
              ...{ id: 'toy.gone', target, summary: 'it is gone', explanation: '', confidence: 0.95 },
              ...{ evidence: ['gone'], unseen: [], recommendations: [] },
            },
          ],
  };
  const people = ['cyd', 'bob'].map((id) => ({
    ...{ id, name: id, timezone: 'UTC', reach: { phone: `+${id}` }, via: {} },
    ...{ quietHours: null, calendar: null },
  }));
  const steps = [
    { afterMs: 0, notify: ['cyd'] },
    { afterMs: 25 * secondMs, notify: ['bob'] },
  ];
  const policy = { name: 'standard', steps, repeat: null, unacknowledgeAfterMs: null };
  const loop = await startLoop({
    targets: [
      toyTarget('shop', { dependsOn: ['redis', 'pg'] }),
      toyTarget('redis'),
      toyTarget('pg', { rules: [...toyTarget('pg').rules, threshold()] }),
    ],
    probe: async (name) => {
      if (broken.has(name) || (name === 'shop' && broken.size > 0)) return down;
      return name === 'pg' ? loaded(75) : up;
    },
    diagnoses: [isDown],
    configuration: {
      notifiers: ['post', 'phone'].map((name) => ({ name, kind: 'test', settings: {} })),
      oncall: { ...noOnCall, people, policies: [policy], policyOf: { critical: 'standard' } },
    },
    channels: {
      async phone({ event, to, incident, followUp, notice }) {
        const seconds = Math.round((loop.clock.now() - startAt) / secondMs);
        const what = notice?.title ?? followUp ?? event.replace('incident.', '');
        calls.push(`${seconds} ${to?.person} ${what} · ${incident?.title}`);
        return { kind: 'delivered' };
      },
    },
  });
  return {
    loop,
    calls,
    async fails(target: string, forMs: number, wellMs: number) {
      const before = calls.length;
      broken.add(target);
      await loop.pass(forMs);
      broken.delete(target);
      await loop.pass(wellMs);
      return calls.slice(before);
    },
  };
}

const called = (calls: readonly string[]) => calls.map((one) => one.split(' ')[1]);

test('an outage after one that nobody acknowledged calls everybody of the policy again', async () => {
  const { loop, fails } = await night();
  await loop.pass(30 * secondMs);
  assert.deepEqual(called(await fails('redis', 10 * minuteMs, 2 * minuteMs)), ['cyd', 'bob']);
  const [first] = await loop.incidents();
  assert.notEqual(first?.status, 'resolved', 'the load holds it open');
  assert.deepEqual(
    called(await fails('pg', 2 * minuteMs, 2 * minuteMs)),
    ['cyd', 'bob'],
    'it was well for long',
  );
  const again = await loop.journal('incident.called-again');
  assert.deepEqual(
    again.map(({ payload }) => payload.reason),
    ['came-back'],
  );
  const why = loop.messages
    .filter(({ event }) => event === 'incident.escalated')
    .map(({ incident }) => incident?.calledAgain);
  assert.equal(why.at(-1), 'came-back', 'whoever is called reads why');
  assert.equal((await loop.incidents()).length, 1);
  await loop.end();
});

test('another cause after a moment of wellness calls too, the same one does not', async () => {
  const { loop, fails } = await night();
  await loop.pass(30 * secondMs);
  await fails('redis', 10 * minuteMs, 20 * secondMs);
  assert.deepEqual(await fails('redis', minuteMs, 20 * secondMs), [], 'the same trouble');
  const calls = await fails('pg', minuteMs, 20 * secondMs);
  assert.deepEqual(called(calls), ['cyd', 'bob']);
  assert.match(calls[0] ?? '', /pg: /, 'by what is broken now');
  assert.deepEqual(await fails('redis', minuteMs, 20 * secondMs), [], 'they were called a moment ago');
  const [again] = await loop.journal('incident.called-again');
  assert.equal(again?.payload.reason, 'another-cause');
  await loop.end();
});

test('who has it in hand is told that it is back, and nobody is called', async () => {
  const { loop, calls, fails } = await night();
  await loop.pass(30 * secondMs);
  await fails('redis', 2 * minuteMs, minuteMs);
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.acknowledge(incident?.id ?? '', 'cyd');
  await loop.pass(minuteMs);
  calls.length = 0;
  await fails('redis', minuteMs, 20 * secondMs);
  assert.deepEqual(await loop.journal('incident.called-again'), []);
  assert.ok(!calls.some((one) => /escalated/.test(one)), calls.join('\n'));
  const backs = loop.messages.filter(({ key }) => key.includes(':back:'));
  assert.deepEqual(
    backs.map(({ event, incident: about }) => [event, about?.acknowledgedBy]),
    [['incident.updated', 'cyd']],
  );
  await loop.end();
});
