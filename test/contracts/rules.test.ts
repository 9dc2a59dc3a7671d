/** Every system's default rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/config/problem.ts';
import { defaultRules } from '../../src/config/rules.ts';
import { sloRunbooks } from '../../src/config/slo-runbooks.ts';
import { systems } from '../../src/systems/index.ts';

/** The form of a runbook; each part says something. */
const runbookParts = [
  'What This Means',
  'Impact',
  'Triage Steps',
  'Common Causes',
  'Mitigation',
  'Resources',
];

/** What is wrong with a runbook, in words. */
function faultsOf(runbook: string): string[] {
  const parts = new Map(
    runbook
      .split(/^### /m)
      .slice(1)
      .map((part): [string, string] => {
        const [heading = '', ...lines] = part.split('\n');
        return [heading.trim(), lines.join('\n').trim()];
      }),
  );
  const wrong = runbookParts
    .filter((name) => (parts.get(name)?.length ?? 0) < 10)
    .map((name) => `no ${name}`);
  const order = [...parts.keys()].filter((name) => runbookParts.includes(name));
  if (order.join() !== runbookParts.filter((name) => parts.has(name)).join())
    wrong.push('parts out of order');
  if (!/^1\. /m.test(parts.get('Triage Steps') ?? '')) wrong.push('triage has no steps');
  if (!/^- Escalate if: \S/m.test(parts.get('Mitigation') ?? ''))
    wrong.push('no "- Escalate if: …" in Mitigation');
  for (const line of ['Dashboard', 'Logs', 'Related runbooks'])
    if (!parts.get('Resources')?.includes(`- ${line}: `)) wrong.push(`no "- ${line}: …" in Resources`);
  return wrong;
}

const allRules = systems.flatMap((system) => defaultRules(system).rules);
const allIds = new Set([...allRules.map((rule) => rule.id), 'slo.burn-rate', 'slo.budget']);

for (const [name, runbook] of [
  ...allRules.map((rule) => [rule.id, rule.runbook] as const),
  ['slo.burn-rate', sloRunbooks.burnRate] as const,
  ['slo.budget', sloRunbooks.budget] as const,
]) {
  test(`${name}: its runbook is whole and names runbooks that exist`, () => {
    assert.deepEqual(faultsOf(runbook), []);
    const related = /- Related runbooks: (.*)/.exec(runbook)?.[1] ?? '';
    const named = [...related.matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? '');
    assert.deepEqual(
      named.filter((id) => !allIds.has(id)),
      [],
    );
  });
}

test('a runbook that lacks a part, or has an empty one, is found', () => {
  assert.deepEqual(faultsOf('### What This Means\n\n### Impact\nUsers wait for it.').length > 3, true);
});

for (const system of systems) {
  test(`${system.kind}: rules.yaml is well-formed, thresholds have a source, and being down is one of them`, () => {
    const { rules, problems } = defaultRules(system);
    assert.deepEqual(problems.map(formatProblem), []);
    for (const rule of rules) {
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

test('rules that tell how something is set up say so, and those of a symptom do not', () => {
  const standing = ['redis.no-limit', 'redis.unsupported', 'redis.open-access', 'host.ssh-password-login'];
  standing.push(
    'host.undeclared-port',
    'host.security-updates',
    'postgres.security-lint',
    'tls.old-protocol',
  );
  const hygiene = allRules.filter(({ isHygiene }) => isHygiene).map(({ id }) => id);
  assert.deepEqual(
    standing.filter((id) => !hygiene.includes(id)),
    [],
  );
  const symptoms =
    /\.(?:down|memory|connections|errors|slow|blocked|disk|oom-kill|keys-lost|replication-lag)$/;
  assert.deepEqual(
    hygiene.filter((id) => symptoms.test(id)),
    [],
  );
});
