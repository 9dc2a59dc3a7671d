/** A hundred targets are few lines: what is wrong first, the well by system. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Overview, ServiceView, TargetView } from '../../core/view.ts';
import { watchedRows } from '../commands/run.ts';
import { printStatus } from './status.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
const now = Date.parse('2026-11-22T10:00:00Z');

const target = (name: string, changes: Partial<TargetView> = {}): TargetView => ({
  ...{ name, system: 'http', address: `http://127.0.0.1/${name}`, environment: null, health: 'ok' },
  ...{ detail: '200 OK', lastAt: now - 3_000, everyMs: 5_000, dependsOn: [], services: [] },
  ...{ latency: 0.002, recent: [1], openAlerts: 0, why: null },
  ...changes,
});
const pages = Array.from({ length: 100 }, (_, i) => target(`page-${i + 1}`, { latency: (i + 1) / 1_000 }));
const ports = Array.from({ length: 10 }, (_, i) =>
  target(`port-${i + 1}`, {
    ...{ system: 'tcp', health: 'critical', openAlerts: 1, latency: null, recent: [0] },
    detail: `connect ECONNREFUSED 127.0.0.1:${7_000 + i}`,
  }),
);
const machine = target('machine', { system: 'host', latency: null, hasLatency: false, detail: '2 cores' });
const overview = (targets: readonly TargetView[]): Overview => ({
  ...{ name: 'shop', environment: null, timezone: 'UTC', version: '1', at: now, startedAt: now - 60_000 },
  ...{
    health: 'critical',
    incidents: [],
    services: [],
    approvals: 0,
    backups: [],
    gaps: [],
    endedBefore: null,
  },
  targets,
  configuration: { file: null, loadedAt: now, problems: [] },
});
const printed = (targets: readonly TargetView[], all = false) =>
  printStatus(terminal, overview(targets), { isLive: true, now, all }).split('\n');

test('111 targets are three rows below their heading, the failing first, and the heading says how to have each', () => {
  const lines = printed([machine, ...pages, ...ports]);
  const from = lines.findIndex((line) => line.startsWith('Targets'));
  assert.match(lines[from] ?? '', /^Targets {2}each with --all, or in --json$/);
  const [failing, own, well, ...more] = lines.slice(from + 1);
  assert.match(
    failing ?? '',
    /^✗ {2}port-1, port-2, port-3 and 7 more +10 × tcp +- +≤ 3 s ago +connect ECONNREFUSED …$/,
  );
  assert.match(own ?? '', /^● {2}machine +host {3,}3 s ago/);
  assert.match(
    well ?? '',
    /^● {2}page-1, page-2, page-3 and 97 more +100 × http +≤ 100 ms +≤ 3 s ago +200 OK$/,
  );
  assert.deepEqual(more, []);
});

test('each has its line where asked for, and where there are few', () => {
  const rows = (lines: readonly string[]) => lines.filter((line) => /^[●✗] {2}p/.test(line)).length;
  assert.equal(rows(printed([...pages, ...ports], true)), 110);
  assert.equal(rows(printed(pages.slice(0, 20))), 20);
  assert.ok(!printed(pages.slice(0, 20)).join('\n').includes('--all'));
});

test('the start says of many targets how many of each system there are, and of few the address of each', () => {
  const all = watchedRows(terminal, [machine, ...pages]);
  assert.deepEqual(all, [
    ['  ', 'machine', 'host', 'http://127.0.0.1/machine'],
    ['  ', 'page-1, page-2, page-3 and 97 more', '100 × http', ''],
    ['  ', 'each: upkeep status --all'],
  ]);
  assert.equal(watchedRows(terminal, pages.slice(0, 20)).length, 20);
});

test('when nothing was looked at is told with its times and why, so that nobody reads it as good or bad', () => {
  const gap = { from: now - 90_000, to: now - 30_000, why: 'suspended' };
  const text = printStatus(terminal, { ...overview([machine]), gaps: [gap, gap] }, { isLive: true, now });
  assert.match(
    text,
    /^Blind from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d \(1 m\): the machine slept or Upkeep was stopped; 1 more in the last day\.$/m,
  );
  const back = { from: now - 3_630_000, to: now - 30_000, why: 'clock-set-back' };
  const told = printStatus(terminal, { ...overview([machine]), gaps: [back] }, { isLive: true, now });
  assert.match(told, /^The clock was set back by 1 h, to \d\d:\d\d:\d\d: what waits is moved with it\.$/m);
  assert.doesNotMatch(`${told} ${printed([machine]).join('\n')}`, /Blind/);
});

test('the budget that needs somebody is named before the figures, and stands in 80 columns', () => {
  const service: ServiceView = {
    ...{ name: 'checkout', health: 'critical', targets: ['web'], dependsOn: [], p95: 1.62, budgets: [] },
    ...{ availability: 0.99921, availabilityOver: 'in 30 d', objective: 0.999, latencyObjective: null },
    budgetLeft: 0.97,
    budget: { of: 'latency', share: '97 % left', span: 'of 30 d', burns: 'page' },
  };
  const narrow = { ...terminal, width: 80 };
  const text = printStatus(narrow, { ...overview([machine]), services: [service] }, { isLive: true, now });
  const row = text.split('\n').find((line) => line.includes('checkout')) ?? '';
  assert.match(row, /^✗ {2}checkout {2}latency budget 97 % left, burns too fast {2}p95 1\.6 s {2}99\.921/);
  assert.ok(row.length <= 80, row);
});
