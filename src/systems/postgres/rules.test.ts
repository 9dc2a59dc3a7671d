import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules } from '../../config/rules.ts';
import { postgres } from './index.ts';

test('every default rule of PostgreSQL reads, judges a declared metric and says where its threshold is from', () => {
  const { rules, problems } = defaultRules(postgres);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    rules.filter((rule) => rule.source === undefined),
    [],
  );
  const down = rules.find((rule) => rule.id === 'postgres.down');
  assert.equal(down?.levels.critical, 'critical');
  assert.equal(down?.forMs, 0);
});

test('every rule that a diagnosis of PostgreSQL explains is there', () => {
  const ids = new Set(defaultRules(postgres).rules.map((rule) => rule.id));
  for (const diagnosis of postgres.diagnoses) {
    for (const rule of diagnosis.explains) assert.ok(ids.has(rule), `${diagnosis.id} explains ${rule}`);
  }
});

const advice = [
  ...[
    'unused-index',
    'duplicate-index',
    'unindexed-foreign-key',
    'key-types',
    'unvalidated-constraint',
    'index-bloat',
  ],
  ...[
    'security-lint',
    'unencrypted-sessions',
    'release-minor',
    'extension-update',
    'stale-statistics',
    'slow-statement',
  ],
  ...['autovacuum-excluded', 'settings-restart', 'early-checkpoints', 'session-writes', 'connection-churn'],
];

test('advice is of level low and takes its time: it calls nobody', () => {
  const { rules } = defaultRules(postgres);
  for (const name of advice) {
    const rule = rules.find(({ id }) => id === `postgres.${name}`);
    assert.ok(rule, name);
    assert.equal(rule.levels.warning, 'low', name);
    assert.equal(rule.kind === 'threshold' ? rule.critical : undefined, undefined, name);
  }
});

test('what loses data or stops the server is critical', () => {
  const { rules } = defaultRules(postgres);
  const critical = rules.filter((rule) => rule.levels.critical === 'critical').map(({ id }) => id);
  assert.deepEqual(critical.toSorted(), [
    'postgres.checksum-failures',
    'postgres.connections-full',
    'postgres.down',
    'postgres.split-brain',
    'postgres.synchronous-standby',
    'postgres.wraparound',
  ]);
});
