import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import type { SilenceView } from './view.ts';

let served: ServedApp;
before(async () => {
  served = await serveApp({
    yaml: `name: silent
targets:
  web: { system: process, pidFile: /nonexistent/it.pid, every: 1h, labels: { rack: r1 } }
`,
  });
  // It fires at its first check, since there is no such process.
  while (!(await served.call<readonly { state: string }[]>('incident.list')).length)
    await new Promise((resolve) => setTimeout(resolve, 20));
});
after(() => served.stop());

const silence = (matchers: string, more: Record<string, unknown> = {}) =>
  served.call<SilenceView>('silence.create', { matchers, for: '10m', reason: 'a test', ...more });

for (const [matchers, meant] of [
  ['target=wbe', 'web'],
  ['rule=process.dwon', 'process.down'],
  ['rakc=r1', 'rack'],
  ['rack=r2', 'r1'],
  ['target=web,level!=criticl', 'critical'],
] as const)
  test(`${matchers} silences nothing, and names ${meant}`, async () => {
    await assert.rejects(
      silence(matchers),
      new RegExp(`did you mean ${meant}\\? Nothing was silenced; with force `),
    );
    assert.deepEqual(await served.call('silence.list'), []);
  });

test('what is not there yet is silenced by force, and how many alerts fire now is said', async () => {
  const forced = await silence('target=new-*', { force: true });
  assert.match(forced.warnings.join(), /^target=new-\* holds nothing/);
  assert.deepEqual(forced.firing, { alerts: 0, inIncidents: 0 });
  const real = await silence('target=w*,rack=r1');
  assert.deepEqual(real.warnings, []);
  assert.equal(real.firing.alerts, 1);
  assert.equal(real.firing.inIncidents, 1);
});
