import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../core/guard/policy.ts';
import { systems } from './fixtures/systems.ts';
import { readPolicyText } from './guard-policy.ts';

const read = (text: string) => readPolicyText(text, systems, ['web', 'db'], 'Europe/Berlin');
const policyOf = (text: string) => {
  const found = read(text);
  return 'policy' in found ? found.policy : assert.fail(found.problems.join('\n'));
};
const problemsOf = (text: string) => {
  const found = read(text);
  return 'problems' in found ? found.problems : assert.fail('no problem');
};

test('a line may say where, when, how bad, how often and why', () => {
  const policy = policyOf(`
peakHours: 09:00-17:00 Mon-Fri
always:
  - { action: box.open, target: web, environment: production, hours: off-peak, level: high, budget: 3/hour, why: calm }
ask: [{ action: "box.*", hours: "22:00-06:00" }]
limits: { provenBackupWithin: 12h, keepBackups: 60d, dnsTtl: 60s, costIncrease: 10%, downtime: 5m }`);
  const [rule] = policy.always;
  assert.equal(rule?.hours?.text, 'off-peak');
  assert.equal(rule?.level, 'high');
  assert.deepEqual(rule?.budget, { count: 3, per: 'hour' });
  assert.deepEqual(policy.ask[0]?.hours?.of, [{ from: 1320, to: 360, days: [1, 2, 3, 4, 5, 6, 7] }]);
  assert.equal(policy.peakHours?.text, '09:00-17:00 Mon-Fri');
  assert.equal(policy.timezone, 'Europe/Berlin');
  assert.deepEqual(policy.limits, {
    ...{ provenBackupWithinMs: 12 * 3_600_000, keepBackupsMs: 60 * 86_400_000 },
    ...{ dnsTtlSeconds: 60, costPercent: 10, downtimeMs: 300_000 },
  });
});

test('a policy alone and below guard: are read alike, with the limits of the teams where none are given', () => {
  assert.deepEqual(policyOf('guard: { always: [box.open on web] }'), policyOf('always: [box.open on web]'));
  assert.deepEqual(policyOf('always: []').limits, defaultLimits);
});

test('each mistake names its place and what would be right; a line with one never holds at all times', () => {
  assert.deepEqual(
    problemsOf(`
always:
  - { action: box.open, hours: "9 to 5" }
  - { action: box.open, level: worst }
  - { action: box.open, budget: many }
never: [{ action: box.open, budget: 3/hour }]
peakHours: peak
limits: { keepBackups: 7d }`),
    [
      '3:32 always[0].hours: "9 to 5" are no hours (write 09:00-17:00 Mon-Fri, Sat,Sun, peak or off-peak)',
      '4:32 always[1].level: "worst" is not one of critical, high, medium, low',
      '5:33 always[2].budget: "many" is no budget (write 3/hour or 10/day)',
      '6:29 never[0].budget: has no meaning here (budget belongs to a line of always)',
      '7:12 peakHours: "peak" says nothing here (write 09:00-17:00 Mon-Fri)',
      '8:24 limits.keepBackups: "7d" is too short (at least 30d)',
    ],
  );
});

test('backups are removed and restored over only when asked, whatever a pattern allows; a line that names it counts', () => {
  const asked = (text: string) => policyOf(text).ask.map(({ action }) => action);
  assert.deepEqual(asked('always: ["*", "backup.*"]'), [
    'backup.remove',
    'backup.restore-over',
    'backup.prepare',
  ]);
  assert.deepEqual(asked('always: [backup.remove]'), ['backup.restore-over', 'backup.prepare']);
  assert.match(problemsOf('always: [backup.remoev]').join(), /did you mean backup\.remove/);
});

test('of one line all that does not exist is named at once: the action and the target', () => {
  assert.equal(problemsOf('always: [box.opn on api]').length, 2);
});
