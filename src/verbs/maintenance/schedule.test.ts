import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { printResult } from '../../cli/print/result.ts';
import type { WindowView } from './view.ts';

const dayMs = 86_400_000;
const plain = { out() {}, err() {}, hasColour: false, width: 200 };
let served: ServedApp;
before(async () => {
  served = await serveApp({
    yaml: `name: notices
timezone: UTC
targets:
  web: { system: process, pidFile: /nonexistent/it.pid, every: 1h }
  db: { system: process, pidFile: /nonexistent/db.pid, every: 1h }
services:
  shop: { targets: [web] }
notify:
  team: { notifier: webhook, url: "http://127.0.0.1:1/team" }
  shop-room: { notifier: webhook, url: "http://127.0.0.1:1/shop" }
  calm: { notifier: webhook, url: "http://127.0.0.1:1/calm", events: [incident.opened] }
  mail: { notifier: webhook, url: "http://127.0.0.1:1/mail", events: [maintenance.scheduled] }
  pager: { notifier: pagerduty, routingKey: "0123456789abcdef0123456789abcdef" }
oncall:
  policies:
    shop: { steps: [{ notify: [shop-room, pager] }] }
  escalation:
    critical: [{ notify: [team, pager, calm], after: 0s }]
    high: [{ notify: team, after: 0s }]
    medium: [{ notify: team, after: 0s }]
    low: []
  services: { shop: shop }
maintenance:
  patches: { starts: 2026-12-06T02:00, for: 1h, repeat: weekly, targets: [db] }
  hushed: { starts: 2026-12-06T04:00, for: 1h, repeat: weekly, targets: [db], notify: none }
`,
  });
});
after(() => served.stop());

const starts = (days: number) =>
  new Date(served.app.ctx.clock.now() + days * dayMs).toISOString().slice(0, 16);
const schedule = (name: string, input: Record<string, unknown> = {}) =>
  served.call<WindowView>('maintenance.schedule', {
    ...{ name, starts: starts(7), for: '1h', targets: 'db' },
    ...input,
  });
const printed = (window: WindowView) =>
  printResult(plain, 'maintenance.schedule', window, served.app.ctx.clock.now(), 'UTC');

test('a window that names nobody is told to the channels that the incidents of its targets use', async () => {
  const db = await schedule('disk');
  assert.deepEqual(db.notify, ['team', 'mail'], 'no pager, none whose events leave notices out');
  assert.match(printed(db), /tells team and mail 2 d ahead, at the start and at the end/);
  const web = await schedule('shop', { targets: 'web', starts: starts(1) });
  assert.deepEqual(web.notify, ['team', 'shop-room', 'mail']);
  assert.match(printed(web), /tells team, shop-room and mail at once, at the start and at the end/);
  const all = await served.call<WindowView[]>('maintenance.list');
  assert.deepEqual(all.find(({ name }) => name === 'patches')?.notify, ['team', 'mail']);
});

test('what is quiet on purpose is told to nobody, and says so with the way out', async () => {
  const quiet = await schedule('quiet', { notify: 'none' });
  assert.deepEqual(quiet.notify, []);
  assert.match(
    printed(quiet),
    /nobody is told: add --notify CHANNEL \(channels: team, shop-room, calm, mail, pager\)/,
  );
  const all = await served.call<WindowView[]>('maintenance.list');
  assert.deepEqual(all.find(({ name }) => name === 'hushed')?.notify, []);
  await assert.rejects(schedule('strange', { notify: 'tema' }), /notify: .*tema.*did you mean team\?/);
});

test('the start is any time of ISO 8601, with seconds or a zone, and anything else is refused with examples', async () => {
  const first = Math.ceil((served.app.ctx.clock.now() + dayMs) / 60_000) * 60_000 + 5_000;
  const iso = new Date(first).toISOString();
  for (const [name, text, more] of [
    ['zulu', iso, {}],
    ['wall', iso.slice(0, 19), {}],
    ['abroad', iso, { timezone: 'Asia/Tokyo' }],
  ] as const) {
    const window = await schedule(name, { starts: text, ...more });
    assert.equal(window.next?.startsAt, first, name);
  }
  await assert.rejects(
    schedule('soon', { starts: 'next Sunday' }),
    /starts: "next Sunday" is no date and time; write 2026-12-01T03:00 \(on the clock of UTC\) or 2026-12-01T03:00:00Z/,
  );
  await assert.rejects(
    schedule('nowhere', { timezone: 'Europe/Berln' }),
    /timezone: .*Europe\/Berln.*Europe\/Berlin/,
  );
});
