import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { eventually, tryTarget } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import type { Alert } from '../../core/alert.ts';
import type { TargetDetail } from '../../core/view.ts';
import { heartbeat } from './index.ts';

const curl = promisify(execFile);
const day = 86_400_000;
const yaml = `name: jobs
targets:
  backup: { system: heartbeat, period: 1d, grace: 1h, maxDuration: 1h, every: 200ms }
  quick: { system: heartbeat, period: 1s, grace: 500ms, every: 100ms }
incidents: { recoverFor: 1s }
`;

test('default rules read, and a heartbeat is declared by cron or by period', () => {
  assert.deepEqual(defaultRules(heartbeat).problems, []);
  const said = (raw: object) => heartbeat.config.safeParse(raw).error?.issues[0]?.message;
  assert.equal(said({ cron: '0 3 * * *', timezone: 'Europe/Berlin' }), undefined);
  assert.match(said({}) ?? '', /either cron or period/);
  assert.match(said({ cron: '0 3 * * *', period: '1d' }) ?? '', /either cron or period/);
  assert.match(said({ cron: '61 3 * * *' }) ?? '', /no cron pattern/);
  assert.match(said({ cron: '* * * * * *' }) ?? '', /five fields/);
  assert.match(said({ cron: '0 3 * * *', timezone: 'Mars/Base' }) ?? '', /time zone/);
});

test('a job that was never heard of is unknown, with the line to put into it', async () => {
  const outcome = await tryTarget(heartbeat, { period: '1d' }).check('heartbeat.runs');
  assert.ok(!outcome.ok);
  assert.equal(outcome.why, 'broken-probe');
  assert.match(outcome.detail, /never seen.*heartbeat create.*curl -fsS/);
});

describe('a job that reports to a running Upkeep', () => {
  let served: ServedApp;
  let url = '';
  before(async () => {
    served = await serveApp({ yaml });
    url = (await served.call<{ url: string }>('heartbeat.create', { target: 'backup' })).url;
  });
  after(() => served.stop());

  const path = () => new URL(url).pathname;
  const ping = (suffix = '', body?: string, method = 'POST') =>
    served.ask(method, `${path()}${suffix}`, body === undefined ? {} : { body });
  const shown = (name = 'backup') => served.call<TargetDetail>('target.show', { name });
  const firing = async () => (await shown()).alerts.filter(({ state }) => state === 'firing');
  const rules = (alerts: readonly Alert[]) => alerts.map(({ rule }) => rule);

  test('it is unknown before its first signal', async () => {
    const target = await eventually(shown, ({ detail }) => detail !== 'not checked yet');
    assert.equal(target.health, 'unknown');
  });

  test('curl of a crontab line reports a good run', async () => {
    await curl('curl', ['-fsS', `${url}/start`]);
    await curl('curl', ['-fsS', '--data-binary', 'copied 12 files', `${url}/0`]);
    const target = await eventually(shown, ({ health }) => health === 'ok');
    assert.match(target.detail, /in time/);
    const durations = target.metrics.find(({ metric }) => metric === 'heartbeat.duration')?.latest;
    assert.ok((durations?.[0]?.value ?? -1) >= 0);
  });

  test('a failed run opens an incident at once, with the end of its output and without its secrets', async () => {
    const long = `${'x'.repeat(200_000)}\ndump of postgres://u:hunter2@db failed: no space left\n`;
    assert.equal((await ping('/2', long)).status, 200);
    const [alert] = await eventually(firing, (alerts) => alerts.length === 1);
    assert.equal(alert?.rule, 'heartbeat.failed');
    assert.match(
      alert?.detail ?? '',
      /exit code 2: dump of postgres:\/\/u:\(hidden\)@db failed: no space left/,
    );
    assert.ok((alert?.annotations?.output ?? '').length <= 10_000);
    assert.ok(!JSON.stringify(await shown()).includes('hunter2'));
    assert.equal((await ping()).status, 200);
    await eventually(firing, (alerts) => alerts.length === 0);
  });

  test('GET and HEAD report too; unknown words and addresses do not', async () => {
    assert.equal((await ping('', undefined, 'GET')).status, 200);
    assert.equal((await ping('', undefined, 'HEAD')).status, 200);
    assert.equal((await ping('/256')).status, 404);
    assert.equal((await ping('/nonsense')).status, 404);
    const stranger = `/ping/hb_${'x'.repeat(43)}`;
    assert.equal((await served.ask('POST', stranger)).status, 404);
    assert.equal((await served.ask('GET', '/api/v1/heartbeats')).status, 401, 'the list stays closed');
  });

  test('a run that is missed is late, and still late after a restart; the next signal ends it', async () => {
    const { url: address } = await served.call<{ url: string }>('heartbeat.create', { target: 'quick' });
    const quick = () => served.ask('POST', new URL(address).pathname);
    await quick();
    await eventually(
      () => shown('quick'),
      ({ health }) => health === 'ok',
    );
    const late = await eventually(
      () => shown('quick'),
      ({ alerts }) => alerts.length > 0,
    );
    assert.deepEqual(rules(late.alerts), ['heartbeat.down']);
    assert.match(late.alerts[0]?.detail ?? '', /expected at .* ago; last signal/);
    await served.restart();
    const again = await eventually(
      () => shown('quick'),
      ({ detail }) => detail !== 'not checked yet',
    );
    assert.deepEqual([again.health, rules(again.alerts)], ['critical', ['heartbeat.down']]);
    await quick();
    await eventually(
      () => shown('quick'),
      ({ alerts }) => alerts.length === 0,
    );
  });

  test('what was due while Upkeep did not run is unknown, not late, until its next time', async () => {
    await ping();
    const { url: address } = await served.call<{ url: string }>('heartbeat.rotate', { target: 'quick' });
    await served.ask('POST', new URL(address).pathname);
    await served.restart(() => served.pass(day + 2 * 3_600_000));
    const slow = await eventually(shown, ({ detail }) => /not listening/.test(detail));
    assert.equal(slow.health, 'unknown');
    assert.deepEqual(slow.alerts, []);
    const known = await eventually(
      () => shown('quick'),
      ({ alerts }) => alerts.length > 0,
    );
    assert.deepEqual(rules(known.alerts), ['heartbeat.down']);
    await ping();
  });

  test('a run that does not end is told', async () => {
    await ping('/start');
    served.pass(3_700_000);
    await eventually(firing, (alerts) => rules(alerts).includes('heartbeat.running-long'));
    await ping();
    await eventually(firing, (alerts) => rules(alerts).includes('heartbeat.slow'));
  });

  test('a new address makes the old one unknown, and is given to nobody twice', async () => {
    await assert.rejects(served.call('heartbeat.create', { target: 'backup' }), /has an address/);
    await assert.rejects(served.call('heartbeat.create', { target: 'nothing' }), /no heartbeat is called/);
    const old = path();
    url = (await served.call<{ url: string }>('heartbeat.rotate', { target: 'backup' })).url;
    assert.equal((await served.ask('POST', old)).status, 404);
    assert.equal((await ping()).status, 200);
    const listed = JSON.stringify(await served.call('heartbeat.list'));
    assert.ok(!listed.includes(path().slice(6)), 'the list does not show the secret');
  });

  test('a job gone wild is slowed down', async () => {
    const answers = await Promise.all(Array.from({ length: 90 }, () => ping()));
    assert.ok(answers.some(({ status }) => status === 429));
    assert.ok(answers.filter(({ status }) => status === 200).length >= 50);
  });
});
