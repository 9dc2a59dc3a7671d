import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Loop, minuteMs, startAt, startLoop, toyTarget } from '../../../test/simulation/loop.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import * as windowRows from '../../store/windows.ts';
import { scheduleMaintenance } from './notices.ts';

const hourMs = 60 * minuteMs;
const window: MaintenanceWindow = {
  name: 'patches',
  what: 'Security patches',
  starts: new Date(startAt + 72 * hourMs).toISOString().slice(0, 16),
  timezone: 'UTC',
  durationMs: 2 * hourMs,
  rrule: null,
  targets: ['web'],
  services: [],
  impact: 'The shop cannot be reached.',
  actionRequired: null,
  notify: ['post'],
  noticeBeforeMs: 48 * hourMs,
  isExcludedFromSlo: true,
  createdBy: null,
};

async function planned(changes: Partial<MaintenanceWindow> = {}) {
  const { promise, resolve } = Promise.withResolvers<Loop>();
  const practices = {
    'maintenance-plan': async () => scheduleMaintenance((await promise).desk).jobs['maintenance-plan']?.({}),
    'maintenance-notice': async (job: Readonly<Record<string, unknown>>) =>
      scheduleMaintenance((await promise).desk).jobs['maintenance-notice']?.(job),
  };
  const loop = await startLoop({
    targets: [toyTarget('web', { everyMs: hourMs })],
    configuration: { maintenance: [{ ...window, ...changes }] },
    practices,
  });
  resolve(loop);
  await scheduleMaintenance(loop.desk).start();
  return loop;
}

test('notice is sent 48 hours ahead, at the start and at the end, each once', async () => {
  const loop = await planned();
  await loop.pass(23 * hourMs);
  assert.equal(loop.messages.length, 0);
  await loop.pass(2 * hourMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['maintenance.scheduled'],
  );
  const [first] = loop.messages;
  assert.equal(first?.notice?.title, 'Planned maintenance: Security patches');
  assert.match(
    first?.notice?.markdown ?? '',
    /\*\*When:\*\* \w{3},? \d+ \w{3,4} \d{4}, 00:00 to 02:00 \(UTC\)\n\*\*Duration:\*\* 2 h\n/,
  );
  assert.match(first?.notice?.markdown ?? '', /\*\*Impact:\*\* The shop cannot be reached\./);
  await loop.pass(60 * hourMs);
  assert.deepEqual(
    loop.messages.map(({ event, at }) => [event, Date.parse(at) - startAt]),
    [
      ['maintenance.scheduled', 24 * hourMs],
      ['maintenance.started', 72 * hourMs],
      ['maintenance.ended', 74 * hourMs],
    ],
  );
  await loop.end();
});

test('the end of a window that was planned by hand is told, though it is over by then', async () => {
  const loop = await planned({ name: 'another' });
  const now = loop.desk.clock.now();
  const soon = { ...window, starts: new Date(startAt + hourMs).toISOString().slice(0, 16), createdBy: 'ann' };
  await loop.desk.store.transaction((tx) => windowRows.insert(tx, soon, now, startAt + 3 * hourMs));
  await scheduleMaintenance(loop.desk).start();
  await loop.pass(4 * hourMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['maintenance.scheduled', 'maintenance.started', 'maintenance.ended'],
  );
  await loop.end();
});

test('a window that is planned for soon is told of at once; one that is cancelled is told of no more', async () => {
  const loop = await planned({ starts: new Date(startAt + 3 * hourMs).toISOString().slice(0, 16) });
  await loop.pass(minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['maintenance.scheduled'],
  );
  loop.reload({ maintenance: [] });
  await loop.pass(10 * hourMs);
  assert.equal(loop.messages.length, 1);
  await loop.end();
});
