import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  downRule,
  type Loop,
  loaded,
  minuteMs,
  startLoop,
  threshold,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { Finding } from '../core/evidence.ts';
import type { Outcome } from '../core/sample.ts';
import type { Diagnosis } from '../core/system.ts';

/** Holds from the first sample on, and for as long as nobody changes how it is set up. */
const noLimit = threshold({
  ...{ id: 'toy.no-limit', summary: 'has no limit', metric: 'toy.load', warning: 1, critical: 1_000 },
  ...{ levels: { warning: 'low', critical: 'low' }, isHygiene: true },
});
const rules = [downRule, noLimit];

const says = (id: string, explains: readonly string[], confidence: number): Diagnosis<{ name: string }> => ({
  ...{ id, summary: 'looks', explains },
  gather: async (_, target) => [{ id: `${target}.${id}`, target, title: id, at: 0, how: 'look' }],
  conclude: (evidence, target): Finding[] => [
    {
      ...{ id, target, summary: `${id} of ${target}`, explanation: 'seen', confidence },
      ...{ evidence: evidence.map((item) => item.id), unseen: [], recommendations: [] },
    },
  ],
});
const standing = says('toy.standing', ['toy.no-limit'], 0.95);
const cause = says('toy.cause', ['toy.down'], 0.6);

async function watched(first: Outcome) {
  const say = { outcome: first };
  const loop = await startLoop({
    targets: [toyTarget('web', { rules, dependsOn: ['db'] }), toyTarget('db', { rules })],
    probe: async (name) => (name === 'db' ? say.outcome : up),
    diagnoses: [standing, cause],
  });
  return { loop, say };
}

const titles = async (loop: Loop) =>
  (await loop.incidents()).map(({ title, status }) => `${title}: ${status}`).sort();

test('a standing property is a line of its own: it joins no trouble, and a trouble does not join it', async () => {
  const { loop, say } = await watched(loaded(5));
  await loop.pass(minuteMs);
  assert.deepEqual(await titles(loop), ['db: has no limit: open']);
  say.outcome = down;
  await loop.pass(minuteMs);
  const [trouble, hygiene] = await loop.incidents();
  assert.equal(trouble?.lead, 'db');
  assert.match(trouble?.title ?? '', /^db: (?!has no limit)/);
  assert.deepEqual([trouble?.level, hygiene?.level], ['critical', 'low']);
  assert.deepEqual(
    (await loop.timeline(hygiene?.id ?? '')).filter((kind) => kind === 'incident.related'),
    [],
  );
  say.outcome = loaded(5);
  await loop.pass(10 * minuteMs);
  assert.deepEqual((await titles(loop)).sort(), ['db: has no limit: open', `${trouble?.title}: resolved`]);
  await loop.end();
});

test('what is set up badly is no cause of a trouble, however sure it is; its own line says it', async () => {
  const { loop, say } = await watched(loaded(5));
  await loop.pass(minuteMs);
  say.outcome = down;
  await loop.pass(minuteMs);
  const [trouble, hygiene] = await loop.incidents();
  assert.deepEqual(
    trouble?.findings.map(({ id }) => id),
    ['toy.cause'],
  );
  assert.deepEqual(
    hygiene?.findings.map(({ id, nature }) => [id, nature]),
    [['toy.standing', 'hygiene']],
  );
  await loop.end();
});

test('where nothing is wrong but how it is set up, a look tells that, after every cause', async () => {
  const { loop } = await watched(up);
  const { findings } = await loop.pipeline.diagnostician.investigate(['db'], []);
  assert.deepEqual(
    findings.map(({ id, nature }) => [id, nature ?? 'fault']),
    [
      ['toy.cause', 'fault'],
      ['toy.standing', 'hygiene'],
    ],
  );
  await loop.end();
});

test('an incident that people merged with a standing property ends with its trouble', async () => {
  const { loop, say } = await watched(loaded(5));
  await loop.pass(minuteMs);
  say.outcome = down;
  await loop.pass(minuteMs);
  const [trouble, hygiene] = await loop.incidents();
  await loop.pipeline.assessor.merge(hygiene?.id ?? '', trouble?.id ?? '', 'ann', 'one matter');
  say.outcome = loaded(5);
  await loop.pass(10 * minuteMs);
  const [ended] = (await loop.incidents()).filter(({ id }) => id === trouble?.id);
  assert.equal(ended?.status, 'resolved');
  assert.match(ended?.title ?? '', /^db: (?!has no limit)/);
  await loop.end();
});
