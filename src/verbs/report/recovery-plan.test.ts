import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { printResult } from '../../cli/print/result.ts';
import type { WrittenRecoveryPlan } from './recovery-plan.ts';

const text = `
name: served
targets:
  db: { system: postgres, url: "postgres://u:hunter2@127.0.0.1:1/d", every: 1h }
  spare: { system: postgres, url: "postgres://u:hunter2@127.0.0.1:1/e", every: 1h }
  cache: { system: redis, url: "redis://127.0.0.1:1", role: cache, every: 1h }
  web: { system: http, url: "http://127.0.0.1:1/", every: 1h }
  machine: { system: host, every: 1h }
services:
  shop: { targets: [web], dependsOn: [db] }
backups:
  nightly: { of: db, to: ./backups, rpo: 25h, rto: 4h }
  setup: { of: machine, to: ./backups, paths: [/etc/hosts] }
failover:
  shop:
    primary: db
    replica: spare
    fence: [fence-db, now]
    switch: { show: [cat, place], to: [lead, "{target}"] }
    through: "127.0.0.1:1"
`;

test('the plan is written from the configuration, says plainly what was never rehearsed, and as three formats', async (t) => {
  const app = await serveApp({ yaml: text });
  t.after(() => app.stop());
  const written = await app.call<WrittenRecoveryPlan>('report.recovery-plan');
  const { content, plan } = written;
  assert.deepEqual(
    plan.procedures.map(({ id, ways, gaps }) => [id, ways.map(({ state }) => state), gaps.length]),
    [
      ['database', ['blocked'], 1],
      ['application', [], 2],
      ['region', [], 2],
    ],
  );
  assert.match(content, /^# .*: recovery plan\n/);
  assert.match(content, /\*\*0 of 1 way back rehearsed lately, 5 gaps\*\*/);
  assert.match(content, /1 way back was never rehearsed/);
  assert.match(content, /- db: the plan nightly holds no good backup: none was taken yet/);
  assert.doesNotMatch(content, /backup restore/, 'no step leads to what is empty');
  for (const gap of plan.procedures.flatMap(({ gaps }) => gaps))
    assert.ok(content.includes(`- ${gap}`), `${gap} is in the Markdown`);
  assert.match(
    content,
    /db: spare takes over \(a failover of shop cannot run now: .*spare.*; never rehearsed\) \| never \|/,
  );
  assert.match(content, /upkeep action propose postgres\.promote spare/);
  assert.match(content, /the backups of db \(nightly\) have no copy elsewhere/);
  assert.doesNotMatch(JSON.stringify(written), /hunter2/);
  const terminal = { out() {}, err() {}, hasColour: false, width: 120 };
  assert.match(printResult(terminal, 'report.recovery-plan', written, 0), /^# .*: recovery plan/);

  // A drill that was played here is told as what it is.
  const score = {
    ...{ id: 'postgres.failover', title: 'x', row: '36', isControl: false, passed: true, faults: [] },
    ...{ detectMs: 500, localiseMs: 900, mitigateMs: 2_300, rank: 1, top1: true, top3: true, held: true },
    ...{ mitigation: 'always', action: 'postgres.promote', falseActions: [], damage: [], said: null },
  };
  const board = {
    startedAt: 1,
    endedAt: 2,
    machine: 'here',
    holdMs: 5_000,
    scores: [score],
    notPossible: [],
  };
  writeFileSync(join(app.folder, 'drills.json'), JSON.stringify(board));
  const html = await app.call<WrittenRecoveryPlan>('report.recovery-plan', { format: 'html' });
  assert.match(
    html.content,
    /never rehearsed; in a sandbox it passed .* ago, clients wrote again after 2\.3 s/,
  );
  const pdf = await app.call<WrittenRecoveryPlan>('report.recovery-plan', { format: 'pdf' });
  assert.equal(Buffer.from(pdf.content, 'base64').subarray(0, 5).toString(), '%PDF-');
});
