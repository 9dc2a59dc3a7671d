import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Topology } from '../topology.ts';
import { enoughAnswers, type Failing, judgeOwn, type OwnSigns } from './own-trouble.ts';

const alone: Topology = { needs: new Map(), servicesOf: new Map() };
const lost = (target: string, changes: Partial<Failing> = {}): Failing => ({
  ...{ target, host: `${target}.test`, isOnThisMachine: false, why: 'timeout', detail: 'no answer' },
  ...changes,
});
const three = [lost('a'), lost('b'), lost('c')];
const quiet = { state: 'unknown', detail: '' } as const;
const unknownSigns: OwnSigns = {
  route: quiet,
  gateway: quiet,
  resolver: quiet,
  canaries: quiet,
  load: quiet,
};
const saying = (signs: Partial<OwnSigns>): OwnSigns => ({ ...unknownSigns, ...signs });
const bad = { state: 'bad', detail: 'broken' } as const;
const good = { state: 'good', detail: 'answers' } as const;

test('three unrelated that stop answering together are one thing: the way to them', () => {
  const judged = judgeOwn({ failing: three, answering: 1, signs: null }, alone);
  assert.equal(judged.kind === 'own' && judged.cause, 'many-at-once');
  assert.deepEqual(judged.kind === 'own' && judged.covers, ['a', 'b', 'c']);
});

test('one or two, one host, one service, or a few of many are their own trouble', () => {
  const theirs = (failing: Failing[], answering: number, topology = alone) =>
    assert.equal(judgeOwn({ failing, answering, signs: null }, topology).kind, 'theirs');
  theirs(three.slice(0, 2), 0);
  theirs(three, 10);
  theirs(
    three.map((one) => ({ ...one, host: 'same.test' })),
    0,
  );
  theirs(three, 0, {
    needs: new Map(),
    servicesOf: new Map(['a', 'b', 'c'].map((name) => [name, ['shop']])),
  });
  theirs(three, 0, {
    needs: new Map([
      ['a', ['c']],
      ['b', ['c']],
    ]),
    servicesOf: new Map(),
  });
});

test('what answers, if only with a refusal, and what runs here is never covered', () => {
  const failing = [
    lost('refused', { why: 'refused' }),
    lost('denied', { why: 'denied' }),
    lost('here', { isOnThisMachine: true }),
    lost('file', { host: null }),
  ];
  const signs = saying({ route: bad, canaries: bad, resolver: bad });
  assert.equal(judgeOwn({ failing, answering: 0, signs }, alone).kind, 'theirs');
  const mixed = judgeOwn({ failing: [...failing, lost('far')], answering: 0, signs }, alone);
  assert.deepEqual(mixed.kind === 'own' && mixed.covers, ['far']);
});

test('a canary that answers proves the way, and silent ones prove the opposite for a single target too', () => {
  assert.equal(
    judgeOwn({ failing: three, answering: 0, signs: saying({ canaries: good }) }, alone).kind,
    'theirs',
  );
  const judged = judgeOwn({ failing: [lost('a')], answering: 0, signs: saying({ canaries: bad }) }, alone);
  assert.equal(judged.kind === 'own' && judged.cause, 'canaries');
});

test('a dead resolver covers names alone, a missing route everything, a gateway only where nothing answers', () => {
  const named = lost('named', { why: 'unreachable', detail: 'getaddrinfo EAI_AGAIN named.test' });
  const failing = [named, lost('numbered')];
  const resolver = judgeOwn({ failing, answering: 4, signs: saying({ resolver: bad }) }, alone);
  assert.deepEqual(resolver.kind === 'own' && [resolver.cause, resolver.covers], ['resolver', ['named']]);
  const route = judgeOwn({ failing, answering: 0, signs: saying({ route: bad }) }, alone);
  assert.equal(route.kind === 'own' && route.covers.length, 2);
  const gateway = (answering: number) =>
    judgeOwn({ failing, answering, signs: saying({ gateway: bad }) }, alone).kind;
  assert.deepEqual([gateway(0), gateway(1)], ['own', 'theirs']);
});

test('a canary that answers by its address says nothing of names: a dead resolver covers those beside it', () => {
  const named = lost('named', { detail: 'timeout after 5 s: the resolver gave no answer for named.test' });
  const signs = saying({ canaries: good, resolver: bad });
  const judged = judgeOwn({ failing: [named, lost('numbered')], answering: 1, signs }, alone);
  assert.deepEqual(judged.kind === 'own' && [judged.cause, judged.covers], ['resolver', ['named']]);
});

test('our own overload covers what is late, not what cannot be reached', () => {
  const failing = [lost('late'), lost('gone', { why: 'unreachable' })];
  const judged = judgeOwn({ failing, answering: 5, signs: saying({ load: bad }) }, alone);
  assert.deepEqual(judged.kind === 'own' && [judged.cause, judged.covers], ['load', ['late']]);
});

test('a resolver elsewhere that answered before and is silent too is a witness, unless something else answers', () => {
  const resolver = { ...bad, tellsOfTheWay: true };
  const judge = (answering: number, sign: OwnSigns['resolver'], near = 0) =>
    judgeOwn(
      { failing: [lost('a')], answering, answeringNear: near, signs: saying({ resolver: sign }) },
      alone,
    ).kind;
  assert.equal(judge(0, resolver), 'own');
  assert.equal(judge(0, bad), 'theirs', 'a resolver on this machine says nothing of the way');
  assert.equal(judge(1, resolver), 'theirs');
  assert.equal(judge(1, resolver, 1), 'own', 'what is near needs no gateway');
});

test('so many answers as make it theirs, whatever the rest does, are enough', () => {
  for (const [failing, asked] of [
    [1, 2],
    [1, 8],
    [3, 8],
    [5, 2],
  ] as const) {
    const enough = enoughAnswers(failing, asked);
    assert.ok(enough <= asked);
    const silent = Array.from({ length: failing + asked - enough }, (_, i) => lost(`t${i}`));
    if (enough < asked)
      assert.equal(judgeOwn({ failing: silent, answering: enough, signs: null }, alone).kind, 'theirs');
  }
});
