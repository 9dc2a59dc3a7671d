/** That alerts clear ends no cause: each finding is looked at once more before the incident is resolved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  downRule,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { eventSentence } from '../core/journal-words.ts';
import type { Diagnosis } from '../core/system.ts';

for (const [name, isMended, canLook] of [
  ['stands', false, true],
  ['is over', true, true],
  ['cannot be seen', false, false],
] as const) {
  test(`a cause that ${name} when everything has cleared is told so`, async () => {
    const ill = new Set<string>();
    let [isMissing, isBlind] = [true, false];
    const missingIndex: Diagnosis<Toy> = {
      ...{ id: 'toy.missing-index', summary: 'an index is missing', explains: ['toy.slow'] },
      gather: async (_, target, ctx) => [
        {
          ...{ id: 'plan', target, title: 'The plan', at: ctx.clock.now(), how: 'EXPLAIN' },
          ...(isBlind ? { unseen: 'too busy' } : { facts: { isMissing } }),
        },
      ],
      conclude: ([plan], target) =>
        target === 'db' && plan?.facts?.isMissing === true
          ? [
              {
                ...{ id: 'toy.missing-index', target, summary: 'index a is missing', explanation: '' },
                ...{ confidence: 0.95, evidence: ['plan'], unseen: [], recommendations: [] },
              },
            ]
          : [],
    };
    const loop = await startLoop({
      targets: [toyTarget('site', { rules: [downRule], dependsOn: ['db'] }), toyTarget('db')],
      probe: async (target) => (ill.has(target) ? down : up),
      diagnoses: [missingIndex],
    });
    await loop.pass(20 * secondMs);
    ill.add('site');
    await loop.pass(minuteMs);
    assert.equal((await loop.incidents())[0]?.findings[0]?.summary, 'index a is missing');
    ill.clear();
    isMissing = !isMended;
    isBlind = !canLook;
    await loop.pass(10 * minuteMs);
    const [incident] = await loop.incidents();
    assert.equal(incident?.status, 'resolved');
    const [finding] = incident.findings;
    assert.equal(finding?.over !== undefined, isMended);
    assert.equal(finding?.since, isMended ? undefined : canLook ? 'stands' : 'not-looked');
    const [resolved] = await loop.journal('incident.resolved');
    assert.ok(resolved);
    const words = eventSentence(resolved) ?? '';
    assert.equal(/; the cause stands: index a is missing$/.test(words), name === 'stands', words);
    await loop.end();
  });
}
