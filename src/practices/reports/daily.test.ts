import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { composeDaily } from './compose-daily.ts';
import { dailyReport, type WrittenReport } from './daily.ts';
import type { DailyFacts } from './daily-facts.ts';
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

test('mean times count incidents acknowledged or resolved on the day, beside the day before', () => {
  const figure = (label: string) => composeDaily(facts).figures.find((one) => one.label === label);
  assert.equal(figure('Incidents opened')?.value, '2');
  assert.equal(figure('Incidents opened')?.note, 'day before: 1');
  assert.equal(figure('Time to acknowledge')?.value, '1 m 35 s');
  assert.equal(figure('Time to resolve')?.value, '16 m');
  assert.equal(figure('Time to resolve')?.note, 'mean; day before: 1 h');
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
