/** Every system's default rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/config/problem.ts';
import { defaultRules } from '../../src/config/rules.ts';
import { systems } from '../../src/systems/index.ts';

const runbookParts = ['What it means', 'Impact', 'Triage', 'Causes and how to check', 'Mitigation'];

for (const system of systems) {
  test(`${system.kind}: rules.yaml is well-formed, each rule has a whole runbook, and being down is one of them`, () => {
    const { rules, problems } = defaultRules(system);
    assert.deepEqual(problems.map(formatProblem), []);
    for (const rule of rules) {
      const lacking = runbookParts.filter((part) => !rule.runbook.includes(part));
      assert.deepEqual(lacking, [], `the runbook of ${rule.id}`);
      const isJudged = rule.kind === 'threshold';
      assert.ok(!isJudged || rule.source, `${rule.id} does not say where its threshold comes from`);
    }
    const down = rules.find((rule) => rule.id === `${system.kind}.down`);
    assert.equal(down?.metric, `${system.kind}.up`);
  });
}

test('what a diagnosis explains are rules', () => {
  const ids = new Set(systems.flatMap((system) => defaultRules(system).rules.map((rule) => rule.id)));
  for (const diagnosis of systems.flatMap((system) => system.diagnoses)) {
    assert.deepEqual(
      diagnosis.explains.filter((id) => !ids.has(id)),
      [],
      diagnosis.id,
    );
  }
});
