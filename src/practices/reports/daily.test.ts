import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PlanView } from '../../core/backup/view.ts';
import * as pages from '../../store/pages.ts';
import { composeDaily } from './compose-daily.ts';
import { dailyReport, type WrittenReport } from './daily.ts';
import type { DailyFacts } from './daily-facts.ts';
import { incidentFigures } from './daily-figures.ts';
import { now, shopDay } from './fixtures/day.ts';
import { gatherDaily } from './gather-daily.ts';

let day: Awaited<ReturnType<typeof shopDay>>;
let facts: DailyFacts;
let report: WrittenReport;

before(async () => {
  day = await shopDay();
  facts = await gatherDaily(day.sources);
  report = await dailyReport(day.sources);
});
after(() => day.close());

test('availability counts only checks that ran, and says how much of the day was watched', () => {
  const web = facts.targets.find((target) => target.name === 'web');
  const checks = 23 * 60;
  assert.equal(web?.today.checks, checks);
  assert.equal(web?.today.availability, (checks - 12) / checks);
  assert.equal(web?.today.seen, 23 / 24);
  assert.equal(web?.before?.availability, 1);
  const mail = facts.targets.find((target) => target.name === 'mail');
  assert.equal(mail?.today.availability, null, 'a target nobody looked at is unknown, not up');
  assert.equal(mail?.today.seen, 0);
});

test('hours are whole, oldest first, and an hour without a check is unknown', () => {
  const web = facts.targets.find((target) => target.name === 'web');
  assert.equal(web?.hours.length, 24);
  assert.equal(web?.hours[3], 48 / 60);
  assert.equal(web?.hours[20], null);
});

test('a service is judged by its objectives: availability and the latency quantile it names', () => {
  const document = composeDaily(facts);
  assert.match(document.lead, /checkout missed its objective/);
  const services = document.sections.find((section) => section.title === 'Services');
  const [table] = services?.blocks ?? [];
  assert.ok(table?.kind === 'table');
  const [checkout] = table.rows;
  assert.deepEqual([checkout?.[2]?.text, checkout?.[2]?.tone], ['99.13 %', 'critical']);
  assert.match(checkout?.[4]?.text ?? '', /^\d{3} ms$/);
  assert.equal(checkout?.[4]?.tone, 'critical', 'p95 of the day is over 400 ms');
});

test('what is bad though it answers says why, a service without an incident too', () => {
  const why = 'availability of checkout burns its error budget (its incident is over, nobody is called)';
  const [web, checkout] = [facts.targets[0] ?? assert.fail(), facts.services[0] ?? assert.fail()];
  const { sections } = composeDaily({
    ...facts,
    targets: [{ ...web, health: 'critical', why, detail: '200 OK' }],
    services: [{ ...checkout, view: { ...checkout.view, health: 'critical', why } }],
  });
  const rows = sections.flatMap(({ blocks }) =>
    blocks.flatMap((one) => (one.kind === 'table' ? one.rows : [])),
  );
  const noteOf = (name: string) => rows.find(([first]) => first?.text === name)?.[1]?.note;
  assert.equal(noteOf(web.name), `${why} · 200 OK`);
  assert.equal(noteOf(checkout.view.name), why);
});

test('median times count incidents acknowledged or resolved on the day, beside the day before', () => {
  const figure = (label: string) => composeDaily(facts).figures.find((one) => one.label === label);
  assert.equal(figure('Incidents opened')?.value, '2');
  assert.equal(figure('Incidents opened')?.note, 'day before: 1');
  assert.equal(figure('Time to acknowledge')?.value, '1 m 35 s');
  assert.equal(figure('Time to resolve')?.value, '16 m');
  assert.equal(figure('Time to resolve')?.note, 'median; day before: 1 h');
});

test('a time to detect is told only where something earlier than the first failing check is known', () => {
  const detected = (detectMs: number | null) => {
    const incidents = facts.incidents.map((one) => ({ ...one, detectMs }));
    return composeDaily({ ...facts, incidents }).figures.find(({ label }) => label === 'Time to detect');
  };
  assert.deepEqual([detected(null)?.value, detected(null)?.note], ['–', 'when it began is not known']);
  assert.equal(detected(200)?.value, '< 1 s');
  assert.equal(detected(90_000)?.value, '1 m 30 s');
  assert.match(detected(90_000)?.note ?? '', /^median; day before/);
});

test('the time to detect is the median, with the longest beside it', () => {
  const [one] = facts.incidents;
  assert.ok(one);
  const incidents = [10_000, 3_600_000, 20_000].map((detectMs) => ({
    ...one,
    ...{ openedAt: facts.to, detectMs, mergedInto: null },
  }));
  const figures = incidentFigures(incidents, facts);
  const note = composeDaily({ ...facts, incidents }).figures.find(
    ({ label }) => label === 'Time to detect',
  )?.note;
  assert.match(note ?? '', /^median, longest 1 h; day before/);
  assert.deepEqual([figures.detectMs, figures.longestDetectMs], [20_000, 3_600_000]);
});

test('what told how something is set up is counted, and no time of a figure is its own, as in the statistics', () => {
  const [one] = facts.incidents;
  assert.ok(one);
  const moments = { openedAt: facts.to, acknowledgedAt: facts.to, resolvedAt: facts.to, mergedInto: null };
  const outage = { ...one, ...moments, detectMs: 5_000, acknowledgeMs: 60_000, resolveMs: 90_000 };
  const slow = {
    detectMs: 600_000,
    acknowledgeMs: 4_080_000,
    resolveMs: 5_000_000,
    isNoOutage: true as const,
  };
  const figures = composeDaily({ ...facts, incidents: [outage, { ...outage, ...slow }] }).figures;
  const told = (name: string) => figures.find(({ label }) => label === name);
  assert.equal(told('Incidents opened')?.value, '2');
  assert.match(
    told('Incidents opened')?.note ?? '',
    /^1 that told how something is set up or what comes due; /,
  );
  assert.deepEqual(
    ['detect', 'acknowledge', 'resolve'].map((what) => told(`Time to ${what}`)?.value),
    ['5 s', '1 m', '1 m 30 s'],
  );
  const alone = composeDaily({ ...facts, incidents: [{ ...outage, ...slow }] }).figures;
  assert.equal(alone.find(({ label }) => label === 'Time to detect')?.note, 'no outage was opened');
});

test('the time to acknowledge counts from when quiet hours let people hear of it, as the figures do', async () => {
  const held = await shopDay();
  try {
    const { db } = held.sources.store;
    const [blocked] = (await gatherDaily(held.sources)).incidents.filter(({ id }) => id === '0190-a');
    assert.ok(blocked);
    await pages.insert(db, {
      ...{ id: 'p1', key: '0190-a:page', incidentId: blocked.id, person: 'maria', rotation: null },
      ...{ level: 'critical', notifiers: ['mail'], state: 'sent' },
      ...{ at: blocked.openedAt, heldUntil: blocked.openedAt + 60_000 },
    });
    const { incidents, from, to } = await gatherDaily(held.sources);
    assert.equal(incidentFigures(incidents, { from, to }).acknowledgeMs, 35_000);
  } finally {
    await held.close();
  }
});

test('of several open incidents the headline names the gravest, in whatever order they come', () => {
  const [one] = facts.incidents;
  assert.ok(one);
  const open = (level: 'low' | 'critical', severity: string) => ({
    ...{ ...one, level, severity, status: 'open' as const, title: `it is ${level}` },
  });
  const both = [open('low', 'Low'), open('critical', 'Critical')];
  for (const incidents of [both, both.toReversed()])
    assert.equal(
      composeDaily({ ...facts, overview: { ...facts.overview, incidents } }).headline,
      '2 incidents are open, the gravest Critical: it is critical.',
    );
});

test('what was merged into another counts as merged, neither opened nor resolved', () => {
  const document = composeDaily(facts);
  assert.match(document.lead, /^2 incidents opened and 1 ended, 1 merged into others/);
  const [table] = document.sections.find(({ title }) => title === 'Incidents')?.blocks ?? [];
  assert.ok(table?.kind === 'table');
  const row = table.rows.find((cells) => cells[1]?.text.includes('merged into db'));
  assert.equal(row?.at(-1)?.note, 'merged into another');
});

test('the Markdown tells incidents, actions, what is unseen with its remedy, and when nobody watched', () => {
  const { markdown } = report;
  assert.match(markdown, /^# guildford: daily health summary, Sunday,? 22 November 2026/);
  assert.match(markdown, /\| SEV1 \| db: sessions wait for a lock \(and 1 more\)/);
  assert.match(markdown, /\| SEV3 \|.*still open/);
  assert.doesNotMatch(markdown, /certificate/, 'what ended before the day is left out');
  assert.match(markdown, /end session 812 of shop_app.*\| Done .*\| maria/);
  assert.match(markdown, /` CREATE EXTENSION pg_stat_statements; `/);
  assert.match(markdown, /Upkeep was stopped; from then on nobody watched/);
  assert.doesNotMatch(markdown, /0\.0\.9/, 'a start before the day is left out');
});

test('text from watched systems means nothing in HTML or Markdown, and no secret gets in', () => {
  assert.equal(/<img|<b>|<script/.exec(report.html)?.[0], undefined);
  assert.ok(report.html.includes('&lt;img src=x onerror=alert(1)&gt;'));
  assert.match(report.markdown, /\\<img src=x/);
  assert.match(report.markdown, /mail\.shop\.test \\\| \\<b\\>/);
  for (const text of [report.html, report.markdown]) assert.ok(!text.includes('hush'));
});

test('the page is self-contained', () => {
  const reaches = /<[^>]*\b(src|href)=|@import|url\(/.exec(report.html);
  assert.equal(reaches?.[0], undefined);
});

test('a first day without anything says so instead of claiming health', () => {
  const nothing: DailyFacts = {
    ...facts,
    ...{ incidents: [], services: [], targets: [], unseen: [], actions: [], journal: [] },
    overview: { ...facts.overview, health: 'unknown', incidents: [], services: [], targets: [] },
  };
  const document = composeDaily(nothing);
  assert.equal(document.headline, 'Nothing is watched yet.');
  assert.equal(document.tone, 'unknown');
  const lowest = document.figures.find((one) => one.label === 'Lowest availability');
  assert.equal(lowest?.value, '–');
  assert.equal(nothing.to, now);
});

test('backups stand in it with the last proven restore, RTO and RPO against what is allowed, and what is wrong', () => {
  const hour = 3_600_000;
  const plan: PlanView = {
    ...{ name: 'shop', target: 'db', engine: 'postgres.logical', folder: '/backups/shop', at: '03:00' },
    objectives: { rpoMs: 25 * hour, rtoMs: 4 * hour, keepMs: 30 * 24 * hour },
    ...{ underWay: null, newestAt: now - 30 * hour, keepsLog: false, into: [], log: [], offsite: null },
    restores: {
      backup: 'b1',
      at: now - 30 * hour,
      wholeAt: now - 30 * hour,
      isProven: true,
      passedOver: null,
    },
    proven: { at: now - 54 * hour, level: 6, restoredInMs: 5 * hour },
    wrong: ['the newest backup is 1 d 6 h old; no more than 1 d 1 h may be lost'],
  };
  const found = (backups: PlanView[]) =>
    composeDaily({ ...facts, overview: { ...facts.overview, backups } }).sections.find(
      ({ title }) => title === 'Backups',
    );
  assert.equal(found([]), undefined);
  const [table, items] = found([plan])?.blocks ?? [];
  assert.ok(table?.kind === 'table' && items?.kind === 'items');
  const [name, proven, rto, rpo] = table.rows[0] ?? [];
  assert.equal(name?.text, 'shop');
  assert.match(`${proven?.text} ${proven?.note}`, /^\d+ \w{3} \d\d:\d\d level 6 of 6$/);
  assert.deepEqual(rto, { text: '5 h', note: '4 h allowed', tone: 'critical' });
  assert.deepEqual(rpo, { text: '1 d 6 h', note: '1 d 1 h allowed', tone: 'critical' });
  assert.match(items.items[0]?.text ?? '', /no more than 1 d 1 h may be lost/);
  const never = found([{ ...plan, proven: null, newestAt: null, wrong: [] }])?.blocks ?? [];
  assert.equal(never.length, 1);
  assert.ok(never[0]?.kind === 'table');
  assert.deepEqual(never[0].rows[0]?.[1], { text: 'never', tone: 'critical' });
});
