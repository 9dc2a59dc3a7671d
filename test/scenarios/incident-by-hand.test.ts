/** An incident from its declaration to its post-mortem, over a running Upkeep's API and as people read it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { printResult } from '../../src/cli/print/result.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import type { IncidentDetail } from '../../src/core/view.ts';
import { verbNamed } from '../../src/verbs/index.ts';
import { serveApp } from '../served-app.ts';
import { commandLine } from './command-line.ts';

const yaml = JSON.stringify({
  name: 'toy',
  severities: 'sev',
  targets: { it: { system: 'process', pidFile: '/nonexistent/it.pid', every: '60s' } },
  rules: { 'process.down': { enabled: false } },
  services: { api: { targets: ['it'] }, blog: { targets: ['it'] } },
  notify: { terminal: { notifier: 'console' } },
  canary: ['127.0.0.1:9'],
  incidents: { reopenWithin: '5m' },
});

test('declared, led, told, written down, reviewed and followed up', { timeout: 120_000 }, async (t) => {
  const served = await serveApp({ yaml });
  t.after(() => served.stop());
  const token = await served.token('read', 'operate');
  const terminal = processTerminal({ NO_COLOR: '1' });
  /** As text on the terminal, over the API. */
  async function say(name: string, input: Record<string, unknown> = {}): Promise<string> {
    const verb = verbNamed(name);
    const [method = '', route = ''] = verb.route.split(' ');
    const path = route.replace(/:(\w+)/g, (_, key: string) => String(input[key]));
    const query = method === 'GET' ? `?${new URLSearchParams(input as Record<string, string>)}` : '';
    const body = method === 'GET' ? {} : { body: input };
    const answer = await served.ask(method, `/api/v1${path}${query}`, { token, ...body });
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    return printResult(terminal, name, answer.json(), Date.now());
  }

  const title = 'Customers cannot pay';
  const declared = await served.call<{ id: string }>('incident.declare', {
    title,
    level: 'high',
    services: 'api',
  });
  const { id } = declared;
  assert.match(
    await say('incident.list', { text: 'PAY', service: 'api', level: 'high,low' }),
    /SEV2.*Customers/,
  );
  assert.match(await say('incident.list', { level: 'low' }), /No incident is like that/);
  assert.match(await say('incident.role', { id, role: 'commander', person: 'anna' }), /commander anna/);
  assert.match(await say('incident.assign', { id, person: 'ben' }), /assigned to ben/);
  assert.match(await say('incident.level', { id, level: 'critical', reason: 'all customers' }), /SEV1/);
  await say('incident.note', { id, text: 'rolled back to 4.2.1' });
  assert.match(
    await say('incident.impact', { id, users: 1200, share: '8%', note: 'orders' }),
    /1200 \(8 %\): orders/,
  );
  const update = { id, status: 'identified', public: true, notify: ['terminal'] };
  assert.match(await say('incident.update', update), /We know what causes the problem with api/);
  const wrong = await served.ask('POST', `/api/v1/incidents/${id}/updates`, {
    token,
    body: { text: 'by {nobody}' },
  });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /there is no \{nobody\}; there are \{services\}/);
  assert.match(await say('incident.updates', { id }), /identified[\s\S]*Could be told next/);
  await say('incident.ack', { id });
  await say('incident.resolve', { id, note: 'the release is gone' });
  const over = await served.ask('POST', `/api/v1/incidents/${id}/level`, {
    token,
    body: { level: 'low', reason: 'late' },
  });
  assert.equal(over.status, 409);
  const task = 'Test payments before a release';
  assert.match(await say('action-item.add', { incident: id, task, owner: 'anna', due: '14d' }), /anna/);
  const edited = await say('postmortem.edit', { id, section: 'fix', text: 'The release is tested.' });
  assert.match(
    edited,
    /\(fix\), was computed before, of .*:\n {2}The release is tested\.\nThe whole of it: /,
  );
  assert.ok(edited.split('\n').length === 3, edited);
  const markdown = await say('incident.postmortem', { id });
  for (const part of [
    `# Incident: ${title}`,
    '1200 (8 %)',
    'rolled back to 4.2.1',
    'The release is tested',
    task,
  ]) {
    assert.ok(markdown.includes(part), part);
  }
  const stats = await say('incident.stats', { service: 'api' });
  assert.match(stats, /100 %: 1 of 1 answered within 15 m$/m);
  assert.match(stats, /\n {2}test: 0 pages .*; acknowledged 1$/m, 'whoever made the token is behind it');
  assert.match(await say('incident.show', { id }), /Impact\n {2}users[\s\S]*Action items/);
  const shown = await served.call<IncidentDetail>('incident.show', { id });
  assert.equal(shown.impact?.serviceShare, 0.5);
  const [item] = shown.actionItems ?? [];
  assert.match(await say('action-item.close', { id: item?.id ?? '' }), /done/);

  const cli = commandLine({ env: { UPKEEP_URL: served.url, UPKEEP_TOKEN: token } });
  t.after(cli.remove);
  const file = join(cli.folder, 'pm.pdf');
  const { code, out, err } = await cli.call('incident', 'postmortem', id, '--format', 'pdf', '--write', file);
  assert.equal(code, 0, err);
  assert.match(out, /pm\.pdf written, \d+ bytes/);
  assert.equal(readFileSync(file).subarray(0, 5).toString(), '%PDF-');
});
