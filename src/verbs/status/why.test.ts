/** A target that answers and is bad all the same says why. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../../../test/scenarios/watched-stack.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { printStatus } from '../../cli/print/status.ts';
import type { Overview, TargetView } from '../../core/view.ts';
import { gravestOf, whyOf } from './target-view.ts';

let answerAfterMs = 30;
const server = createServer((_, response) =>
  setTimeout(() => response.writeHead(answerAfterMs < 0 ? 500 : 200).end(), answerAfterMs),
);
let served: ServedApp;
before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  served = await serveApp({
    yaml: `name: shop
targets:
  web:
    system: http
    url: http://127.0.0.1:${port}/
    every: 1s
    rules: { http.slow: { warning: 5ms, critical: 60s, for: 0s } }
  machine: { system: host, every: 1s }
`,
  });
});
after(async () => {
  await served.stop();
  server.close();
});

const webOnce = (what: string, holds: (web: TargetView) => boolean) =>
  until(what, async () => {
    const overview = await served.call<Overview>('status.show');
    const web = overview.targets.find(({ name }) => name === 'web');
    return web && holds(web) ? { overview, web } : undefined;
  });

test('what fires is said before what was answered; what is down says that alone', async () => {
  const { web, overview } = await webOnce('it is slow', ({ health }) => health === 'warning');
  assert.match(web.why ?? '', /^Endpoint is slow: \d+(\.\d+)? ms against 5 ms$/);
  const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
  const text = printStatus(terminal, overview, { isLive: true, now: overview.at });
  assert.match(text, /▲ {2}web {2}.*Endpoint is slow: [\d.]+ ms against 5 ms · 200 OK/);
  answerAfterMs = -1;
  const down = await webOnce('it fails', ({ health }) => health === 'critical');
  assert.deepEqual([down.web.why, down.web.detail], [null, '500 Internal Server Error (expected 2xx)']);
});

test('the gravest of several comes first, then the one with more at stake, then the oldest', () => {
  const alert = (
    summary: string,
    ruleLevel: 'warning' | 'critical',
    level: 'low' | 'high',
    since: number,
  ) => ({
    ...{ summary, ruleLevel, level, since },
  });
  const all = [
    alert('old warning', 'warning', 'low', 1),
    alert('younger', 'critical', 'high', 3),
    alert('older', 'critical', 'high', 2),
    alert('of little weight', 'critical', 'low', 1),
  ];
  assert.equal(gravestOf(all)?.summary, 'older');
  assert.equal(gravestOf(all.slice(0, 1))?.summary, 'old warning');
  assert.equal(gravestOf([]), undefined);
});

test('what nobody is called for says so where it makes a target bad', () => {
  const budget = { summary: 'availability of shop burns its error budget', incidentId: 'i1', heldBy: null };
  const burning = { ...budget, state: 'firing' } as const;
  const said = `${budget.summary}: 124 x`;
  assert.equal(whyOf(burning, '124 x', [{ id: 'i1', status: 'open', acknowledgedBy: null }]), said);
  assert.equal(whyOf(burning, '124 x', []), `${said} (its incident is over, nobody is called)`);
  assert.equal(
    whyOf({ ...burning, incidentId: null, heldBy: 'resolved:i1' }, null, []),
    `${budget.summary} (its incident is over, nobody is called)`,
  );
  assert.equal(
    whyOf({ ...burning, incidentId: null, heldBy: 'silence:s1' }, null, []),
    `${budget.summary} (held back, nobody is called)`,
  );
});

test('a target of which not all can be seen is not told as if it were', async () => {
  const overview = await served.call<Overview>('status.show');
  const [web] = overview.targets;
  assert.ok(web);
  const printed = (target: TargetView) => {
    const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
    return printStatus(terminal, { ...overview, targets: [target] }, { isLive: true, now: overview.at });
  };
  assert.match(printed({ ...web, blindChecks: 8 }), / · 8 checks cannot see everything: upkeep doctor/);
  assert.doesNotMatch(printed(web), /cannot see everything/);
});

test('a machine is looked at, not asked: it has no latency', async () => {
  const overview = await until('the machine was looked at', async () => {
    const found = await served.call<Overview>('status.show');
    return found.targets.every(({ lastAt }) => lastAt !== null) ? found : undefined;
  });
  const latencies = overview.targets.map(({ name, hasLatency = true, latency }) => [
    name,
    hasLatency,
    latency === null,
  ]);
  assert.deepEqual(latencies.at(-1), ['machine', false, true]);
  assert.equal(latencies[0]?.[1], true);
});
