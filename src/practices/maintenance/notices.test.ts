import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Loop, minuteMs, startAt, startLoop, toyTarget } from '../../../test/simulation/loop.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import { localSpan, localTime } from '../../core/maintenance-notice.ts';
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

const at = (ms: number) => new Date(startAt + ms).toISOString().slice(0, 16);
const scheduled = (loop: Loop) => loop.messages.filter(({ event }) => event === 'maintenance.scheduled');

test('a series that comes each hour is one notice, and its later windows get none of their own', async () => {
  const short = { starts: at(hourMs), durationMs: minuteMs, rrule: 'FREQ=HOURLY' };
  const loop = await planned(short);
  await loop.pass(30 * hourMs);
  assert.deepEqual(
    scheduled(loop).map(({ notice }) => notice?.markdown.split('\n').find((line) => line.includes('When'))),
    [
      `**When:** ${localSpan(startAt + hourMs, startAt + hourMs + minuteMs, 'UTC')} (UTC), and 47 more until ${localTime(startAt + 48 * hourMs, 'UTC')}; it comes again and again without another notice`,
    ],
  );
  await scheduleMaintenance(loop.desk).start();
  await loop.pass(hourMs);
  assert.equal(scheduled(loop).length, 1, 'planned anew, it is told no more');
  loop.reload({ maintenance: [{ ...window, ...short, rrule: 'FREQ=HOURLY;INTERVAL=2' }] });
  await scheduleMaintenance(loop.desk).start();
  await loop.pass(minuteMs);
  assert.equal(scheduled(loop).length, 2, 'another rule is another series');
  await loop.end();
});

test('a daily series is one notice for what lies ahead, then one for each day', async () => {
  const loop = await planned({ starts: at(10 * hourMs), rrule: 'FREQ=DAILY' });
  await loop.pass(minuteMs);
  assert.equal(scheduled(loop).length, 1);
  assert.match(scheduled(loop)[0]?.notice?.markdown ?? '', /\(UTC\), and 1 more until /);
  await loop.pass(48 * hourMs);
  assert.deepEqual(
    scheduled(loop).map(({ at: told }) => Date.parse(told) - startAt),
    [0, 10 * hourMs, 34 * hourMs],
  );
  loop.reload({ maintenance: [{ ...window, starts: at(12 * hourMs), rrule: 'FREQ=DAILY' }] });
  await scheduleMaintenance(loop.desk).start();
  await loop.pass(minuteMs);
  assert.equal(scheduled(loop).length, 4, 'one that was moved is told anew');
  await loop.end();
});
