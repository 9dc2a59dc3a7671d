/** The cause that was mended stays the cause of the incident, whatever its aftermath looks like. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  allowsAll,
  down,
  downRule,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { defineAction } from '../core/action.ts';
import { impactOf } from '../core/incident/impact.ts';
import type { Diagnosis } from '../core/system.ts';
import { gatherFacts } from '../practices/postmortem/facts.ts';
import { writePostmortem } from '../practices/postmortem/index.ts';

test('a cause that a verified action mended is the root cause, and what recovered last names nothing', async () => {
  const ill = new Set<string>();
  const unlock = defineAction<Toy, z.ZodObject>({
    ...{
      id: 'toy.unlock',
      summary: 'ends the blocker',
      risk: 'safe',
      input: z.object({}),
      privileges: 'none',
    },
    plan: async ({ name }) => ({
      ...{ summary: `unlock ${name}`, steps: ['end'], before: {}, expect: 'it is well' },
      ...{ undo: { possible: false, how: 'nothing' }, verifyWithinMs: 25_000, holdMs: 3_000 },
    }),
    apply: async () => {
      ill.clear();
      return 'ended';
    },
    verify: async () => ({ good: true, detail: 'it is well' }),
  });
  const finds = (
    id: string,
    at: string,
    what: string,
    confidence: number,
    action?: string,
  ): Diagnosis<Toy> => ({
    id,
    summary: what,
    explains: ['toy.down'],
    gather: async (_, target, ctx) =>
      target === at && ill.has(at)
        ? [{ id: 'seen', target, title: what, at: ctx.clock.now(), how: 'look', facts: { what } }]
        : [],
    conclude: ([seen], target) =>
      seen === undefined
        ? []
        : [
            {
              ...{ id, target, summary: what, explanation: '', confidence, evidence: ['seen'], unseen: [] },
              recommendations: action === undefined ? [] : [{ action, target, input: {}, why: 'it blocks' }],
            },
          ],
  });
  const rules = [{ ...downRule, clearForMs: minuteMs }];
  const loop = await startLoop({
    targets: [
      toyTarget('proxy', { rules, dependsOn: ['db', 'cache'] }),
      toyTarget('db', { rules }),
      toyTarget('cache', { rules }),
    ],
    probe: async (name) => (ill.has(name) ? down : up),
    actions: [unlock],
    diagnoses: [
      finds('toy.lock', 'db', 'a session blocks all', 0.95, 'toy.unlock'),
      finds('toy.keys', 'cache', 'keys are gone', 0.88),
      finds('toy.log', 'proxy', 'its log says so', 0.55),
    ],
    configuration: {
      guard: allowsAll,
      services: [{ name: 'shop', targets: ['proxy'], dependsOn: [], slo: null }],
    },
  });
  await loop.pass(20 * secondMs);
  ill.add('db').add('proxy');
  for (let i = 0; i < 30 && (await loop.journal('incident.mitigated')).length === 0; i++)
    await loop.pass(2 * secondMs);
  assert.equal((await loop.journal('incident.mitigated')).length, 1);
  ill.add('cache').add('proxy');
  await loop.pass(90 * secondMs);
  ill.delete('cache');
  await loop.pass(90 * secondMs);
  ill.delete('proxy');
  await loop.pass(30 * minuteMs);
  const [mitigated] = await loop.journal('incident.mitigated');
  const incident = (await loop.incidents()).find(({ id }) => mitigated?.subject === `incident:${id}`);
  assert.ok(incident);
  assert.equal(incident.status, 'resolved');
  assert.equal(incident.findings[0]?.id, 'toy.lock');
  assert.equal(incident.lead, 'db');
  assert.match(incident.title, /^db: /);
  const impact = impactOf({ ...incident, allServices: [], entered: null, measures: [] }, loop.clock.now());
  const { store, clock, configuration } = loop.desk;
  const facts = await gatherFacts({ store, clock, configuration }, incident, impact);
  const { content } = await writePostmortem(facts, 'markdown');
  const section = content.slice(content.indexOf('Root cause'), content.indexOf('## Mitigation'));
  assert.match(section, /mended by toy\.unlock: a session blocks all/);
  assert.match(section, /keys are gone/);
  assert.ok(section.indexOf('a session blocks all') < section.indexOf('keys are gone'));
  await loop.end();
});

test('a finding of an earlier look stands beside what was seen then, not beside what is there now', async () => {
  const ill = new Set<string>(['db', 'proxy']);
  const full: Diagnosis<Toy> = {
    id: 'toy.full',
    summary: 'slots are taken',
    explains: ['toy.down'],
    gather: async (_, target, ctx) => [
      {
        ...{ id: 'slots', target, title: 'Slots', at: ctx.clock.now(), how: 'look' },
        facts: { used: target === 'db' && ill.has('db') ? 37 : 5 },
      },
    ],
    conclude: ([slots], target) => {
      const used = Number(slots?.facts?.used);
      const about = { target, explanation: '', evidence: ['slots'], unseen: [], recommendations: [] };
      if (target === 'proxy')
        return [{ ...about, id: 'toy.log', summary: 'its log says so', confidence: 0.55 }];
      if (used < 37) return [];
      return [{ ...about, id: 'toy.full', summary: `${used} of 37 slots are taken`, confidence: 0.9 }];
    },
  };
  const loop = await startLoop({
    targets: [toyTarget('proxy', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async (name) => (ill.has(name) ? down : up),
    diagnoses: [full],
  });
  await loop.pass(30 * secondMs);
  ill.delete('db');
  await loop.pass(50 * secondMs);
  const [incident] = await loop.incidents();
  const first = incident?.findings[0];
  assert.equal(first?.summary, '37 of 37 slots are taken');
  const shown = incident?.evidence.filter(({ id }) => first?.evidence.includes(id)) ?? [];
  assert.deepEqual(
    shown.map(({ facts }) => facts?.used),
    [37],
  );
  await loop.end();
});
