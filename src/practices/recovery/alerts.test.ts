import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { standingOf } from '../../core/backup/standing.ts';
import { alertsOf } from './alerts.ts';

test('what is wrong with a backup names the plan and commands that exist, ready to copy', () => {
  const plan: BackupSettings = {
    ...{ name: 'shop', target: 'db', engine: 'postgres.logical', folder: '/b', at: '03:00', prove: 'each' },
    ...{ keepMs: 1, rpoMs: 1, rtoMs: 1, smoke: [] },
  };
  const alerts = alertsOf(plan, { ...standingOf(plan, [], 0), failed: 'disk full' }, 0);
  const known = ['take', 'verify', 'list', 'copy', 'forget', 'plan-deletion', 'trust-clock', 'adopt'];
  for (const { rule, transition } of alerts) {
    assert.equal(rule.summary, 'backups of shop');
    assert.doesNotMatch(rule.runbook, /NAME/);
    for (const [, command] of rule.runbook.matchAll(/`upkeep backup (\S+?)[ `]/g))
      assert.ok(command !== undefined && known.includes(command), command);
    assert.equal(transition, rule.id === 'upkeep.backup-failed' ? 'fired' : 'resolved');
  }
  const [failed] = alerts;
  assert.match(failed?.detail ?? '', /^backup shop: disk full\. .*`upkeep backup take shop`/);
  assert.match(failed?.rule.runbook ?? '', /`upkeep backup take shop`/);
});
