import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, toyTarget, up } from '../../../test/simulation/loop.ts';
import type { ActionItem } from '../../core/incident/action-item.ts';
import { firstReminder, nextReminder } from '../../core/incident/action-item.ts';
import { impactOf } from '../../core/incident/impact.ts';
import { noOnCall } from '../../core/oncall/model.ts';
import type { ActionView } from '../../core/view.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as actionItems from '../../store/action-items.ts';
import * as actionRows from '../../store/actions.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as jobs from '../../store/jobs.ts';
import * as postmortems from '../../store/postmortems.ts';
import { gatherFacts } from './facts.ts';
import { writePostmortem } from './index.ts';
import { followActionItems, planReminder } from './reminders.ts';

const dayMs = 24 * 60 * minuteMs;

function item(incidentId: string, changes: Partial<ActionItem> = {}): ActionItem {
  return {
    ...{
      id: '0190aaaa-0000-7000-8000-000000000001',
      incidentId,
      task: 'Close the pool <b>after</b> use',
      owner: 'anna',
    },
    ...{ dueAt: null, createdBy: 'ben', createdAt: 1, endedAt: null, endedBy: null, outcome: null },
    ...changes,
  };
}

/** An action that was applied; without an incident it was proposed by hand. */
function tried(key: string, incidentId: string | null, at: number): ActionView {
  return {
    ...{ id: `0190cccc-0000-7000-8000-00000000000${key}`, incidentId, digest: key, version: 1 },
    plan: {
      ...{ action: 'toy.restart', target: 'web', input: {}, risk: 'safe', summary: `restart ${key}` },
      ...{ steps: [], before: {}, expect: 'it runs', undo: { possible: false, how: 'nothing' } },
      ...{ verifyWithinMs: 1_000, holdMs: 0 },
    },
    ...{ state: 'failed', why: 'test', proposedBy: 'anna', proposedAt: at, report: null, after: null },
    judgement: { kind: 'ask', reason: 'test' },
    ...{ approvedBy: 'anna', approvedAt: at, expiresAt: null, appliedAt: at, endedAt: at, result: 'no' },
  };
}

test('of an incident that is open nothing is told that nobody can know yet', async () => {
  const loop = await startLoop({ targets: [toyTarget('web')], probe: async () => (isDown ? down : up) });
  let isDown = false;
  await loop.pass(10 * secondMs);
  isDown = true;
  await loop.pass(2 * minuteMs);
  const [open] = await loop.incidents();
  assert.ok(open);
  const impact = impactOf({ ...open, allServices: [], entered: null, measures: [] }, loop.clock.now());
  const { store, clock, configuration } = loop.desk;
  const facts = await gatherFacts({ store, clock, configuration }, open, impact);
  const { content: markdown } = await writePostmortem(facts, 'markdown');
  assert.doesNotMatch(markdown, /to resolved|Resolved|was restored|took no action|\(first breach\)/);
  assert.match(markdown, /^Draft|Draft of the post-mortem/m);
  assert.match(markdown, /since .+, not over yet/);
  assert.match(markdown, /is open and has lasted .+ so far/);
  const figure = (label: string) => markdown.split('\n').find((line) => line.includes(label)) ?? '';
  for (const label of ['Time to acknowledge', 'Time to mitigate', 'Time to resolve'])
    assert.match(figure(label), /not yet known/, label);
  assert.match(figure('Time to detect'), /10 s.*from the last good check to the first alert/);
  await loop.end();
});

test('what somebody declared was detected by nothing, and the post-mortem claims no more', async () => {
  const loop = await startLoop({ targets: [toyTarget('web')] });
  const { assessor } = loop.pipeline;
  const told = {
    title: 'Customers cannot pay',
    level: 'high',
    services: [],
    targets: ['web'],
    note: '',
  } as const;
  const made = await assessor.declare(told, 'anna');
  await loop.pass(5 * minuteMs);
  await assessor.resolve(made.id, 'anna', 'the bank was out');
  await loop.pass(secondMs);
  const ended = await incidentRows.require(loop.store.db, made.id);
  const impact = impactOf({ ...ended, allServices: [], entered: null, measures: [] }, loop.clock.now());
  const { store, clock, configuration } = loop.desk;
  const { content } = await writePostmortem(
    await gatherFacts({ store, clock, configuration }, ended, impact),
    'markdown',
  );
  assert.match(content, /Time to detect:\*\* unknown.*declared by hand by anna; nothing detected it/);
  assert.match(content, /Issue began \(its declaration\)/);
  assert.match(content, /Time to acknowledge:.*nobody acknowledged it/);
  assert.match(content, /Add a check that would have seen this: nothing detected it/);
  assert.doesNotMatch(content, /failing check|less than a second|not yet known/);
  await loop.end();
});

async function afterAnIncident({ isMended = true } = {}) {
  const broken = new Set<string>();
  const loop = await startLoop({
    targets: [toyTarget('web', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async (name) => (broken.has(name) ? down : up),
    configuration: {
      services: [{ name: 'shop', targets: ['web'], dependsOn: ['db'], slo: null }],
    },
  });
  await loop.pass(10 * secondMs);
  broken.add('web').add('db');
  await loop.pass(20 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  const { assessor } = loop.pipeline;
  await loop.pass(20 * minuteMs);
  await assessor.acknowledge(incident.id, 'anna');
  const typed = 'restarted the | `pool`\n# **by hand** <img src=x onerror=alert(1)>';
  await assessor.note(incident.id, typed, 'anna');
  await assessor.enterUsers(incident.id, { count: 120, share: 0.08, note: 'orders' }, 'ben');
  await assessor.sendUpdate(
    incident.id,
    { status: 'identified', text: 'We know it', isPublic: true },
    [],
    'ben',
  );
  if (isMended) broken.clear();
  await loop.pass(3 * minuteMs);
  const facts = async () => {
    const fresh = await incidentRows.require(loop.store.db, incident.id);
    const { services, openedAt, resolvedAt, conduct } = fresh;
    const entered = conduct?.users ?? null;
    const of = { services, allServices: ['shop', 'blog'], openedAt, resolvedAt, entered, measures: [] };
    const configuration = () => loop.desk.configuration();
    return gatherFacts(
      { store: loop.store, clock: loop.clock, configuration },
      fresh,
      impactOf(of, loop.clock.now()),
    );
  };
  return { loop, id: incident.id, facts };
}

test('a post-mortem has every part of the form, with times, from the journal', async () => {
  const { loop, id, facts } = await afterAnIncident();
  await actionItems.insert(loop.store.db, item(id, { dueAt: loop.clock.now() + dayMs }));
  const { content, sections } = await writePostmortem(await facts(), 'markdown');
  for (const title of [
    'Detection',
    'Impact',
    'Timeline',
    'Root cause',
    'Mitigation',
    'Permanent fix',
    'Prevention',
    'Action items',
  ]) {
    assert.match(content, new RegExp(`^## ${title}$`, 'm'));
  }
  assert.match(content, /120 \(8 %\): orders/);
  assert.match(content, /shop \(50 % of all\)/);
  assert.match(content, /Issue began/);
  assert.match(content, /team alerted/);
  assert.match(content, /\| Acknowledged \| anna \|/);
  assert.match(content, /\*\*Time to acknowledge:\*\* 20 m/);
  assert.match(
    content,
    /\| restarted the \\\| `pool` # \*\*by hand\*\* <img.* \| anna \|/,
    'a note stays Markdown and cannot break the table',
  );
  const mitigation = sections.find((one) => one.id === 'mitigation')?.text ?? '';
  assert.equal(mitigation, 'Upkeep took no action. What people wrote down meanwhile stands in the timeline.');
  assert.doesNotMatch(content, /Remedy:| 0 ms|• /);
  assert.match(content, /It took 20 m[^.]* until somebody was on it/);
  assert.match(content, /No cause was found/);
  assert.match(content, /\\\[ \\\] \| Close the pool \\<b\\>after/);
  assert.deepEqual(
    sections.filter((one) => one.isEdited),
    [],
  );
  await loop.end();
});

test('an incident that was resolved by hand while it was broken keeps its alert, and what was done by hand', async () => {
  const { loop, id, facts } = await afterAnIncident({ isMended: false });
  const { assessor } = loop.pipeline;
  const declared = await assessor.declare(
    { title: 'The shop is slow', level: 'low', targets: ['web'], services: [], note: '' },
    'ben',
  );
  await assessor.merge(declared.id, id, 'ben', 'the same');
  const now = loop.clock.now();
  for (const [key, incidentId] of [
    ['a', id],
    ['b', null],
  ] as const)
    await actionRows.insert(loop.store.db, tried(key, incidentId, now));
  await assessor.resolve(id, 'anna', 'enough for today');
  const { content, sections } = await writePostmortem(await facts(), 'markdown');
  const of = (part: string) => sections.find((one) => one.id === part)?.text ?? '';
  assert.match(of('detection'), /^By the rule .* on (web|db) at /);
  assert.doesNotMatch(content, /nothing (had )?detected it|Service was restored within/i);
  assert.match(of('badly'), /resolved by hand while 2 alerts still fired/);
  assert.match(of('mitigation'), /restart a[\s\S]*restart b/);
  await loop.end();
});

test('what people wrote stays while the rest is computed anew', async () => {
  const { loop, id, facts } = await afterAnIncident();
  const sections = { fix: 'Pool of 20.\n\n- and a *limit*', cause: 'The pool leaked.' };
  await postmortems.write(loop.store.db, id, { sections, editedAt: 1, editedBy: 'anna' });
  await loop.pipeline.assessor.note(id, 'a later note', 'anna');
  const written = await writePostmortem(await facts(), 'markdown');
  assert.match(written.content, /## Permanent fix\n\nPool of 20\.\n\n- and a \*limit\*\n/);
  assert.match(written.content, /## Root cause\n\nThe pool leaked\./);
  assert.match(written.content, /a later note/);
  assert.deepEqual(
    written.sections.filter((one) => one.isEdited).map((one) => [one.id, one.text]),
    [
      ['cause', 'The pool leaked.'],
      ['fix', sections.fix],
    ],
  );
  await loop.end();
});

test('a section written back as it stands changes nothing, whatever its text came from', async () => {
  const { loop, facts } = await afterAnIncident();
  const named = await facts();
  const finding = {
    ...{
      id: 'x.y',
      target: 'db',
      confidence: 0.9,
      summary: 'query *all* <img src=x> `now`',
      explanation: '# no',
    },
    ...{ evidence: [], unseen: [], recommendations: [] },
  };
  const computed = { ...named, findings: [finding] };
  const first = await writePostmortem(computed, 'markdown');
  assert.match(first.content, /query \\\*all\\\* \\<img src=x\\>/);
  const sections = Object.fromEntries(
    first.sections.filter((one) => one.isEditable).map((one) => [one.id, one.text]),
  );
  const edited = { sections, editedAt: 1, editedBy: 'anna' };
  const second = await writePostmortem({ ...computed, edited }, 'markdown');
  assert.equal(second.content, first.content);
  const html = (await writePostmortem({ ...computed, edited }, 'html')).content;
  assert.match(html, /query \*all\* &lt;img src=x&gt;/);
  const typed = { cause: '## Because\n\n**it** <script>alert(1)</script> [x](javascript:alert(1))' };
  const own = await writePostmortem({ ...computed, edited: { ...edited, sections: typed } }, 'html');
  assert.match(own.content, /<h4>Because<\/h4>\s*<p><strong>it<\/strong> &lt;script&gt;/);
  assert.doesNotMatch(own.content, /<script|<img|javascript:alert\(1\)"/);
  assert.match((await writePostmortem({ ...computed, edited }, 'pdf')).content, /^JVBER/);
  await loop.end();
});

test('HTML escapes what came from outside; PDF is one, with every page numbered', async () => {
  const { loop, id, facts } = await afterAnIncident();
  await actionItems.insert(loop.store.db, item(id));
  const html = await writePostmortem(await facts(), 'html');
  assert.ok(!html.content.includes('<b>after'));
  assert.match(html.content, /Close the pool &lt;b&gt;after/);
  const pdf = await writePostmortem(await facts(), 'pdf');
  const bytes = Buffer.from(pdf.content, 'base64');
  if (process.env.SAVE) {
    writeFileSync(`${process.env.SAVE}/pm.pdf`, bytes);
    writeFileSync(`${process.env.SAVE}/pm.html`, html.content);
  }
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
  assert.ok(bytes.length > 10_000);
  await loop.end();
});

test('reminders: a day before, on the day, each week after, and an end of it', () => {
  const due = 100 * dayMs;
  const one = item('i', { dueAt: due });
  const seen: string[] = [];
  for (let at = 0, next = nextReminder(one, at); next; next = nextReminder(one, at)) {
    at = next.at;
    seen.push(`${next.why}@${(next.at - due) / dayMs}`);
  }
  assert.deepEqual(seen.slice(0, 4), ['due-tomorrow@-1', 'due@0', 'overdue@7', 'overdue@14']);
  assert.equal(seen.length, 10);
  assert.equal(nextReminder({ ...one, endedAt: 1 }, 0), null);
  assert.equal(nextReminder(item('i'), 0), null);
});

test('what is overdue when it is written down is brought up at once, then each week', () => {
  const one = item('i', { dueAt: 100 * dayMs });
  const now = 103 * dayMs;
  assert.deepEqual(firstReminder(one, now), { at: now, why: 'overdue', number: 1 });
  assert.equal(nextReminder(one, now)?.at, 107 * dayMs);
  assert.equal(firstReminder(one, 98 * dayMs)?.why, 'due-tomorrow');
  assert.equal(firstReminder({ ...one, endedAt: 1 }, now), null);
});

test('a reminder waits for the end of quiet hours and names the day as the team has it', async () => {
  const late: { handlers?: JobHandlers } = {};
  const anna = {
    ...{ id: 'anna', name: 'Anna', timezone: 'UTC', reach: { post: 'anna@test' }, via: {}, calendar: null },
    quietHours: { from: 0, to: 6 * 60, levels: ['low'] as const },
  };
  const loop = await startLoop({
    targets: [toyTarget('web', { everyMs: dayMs })],
    configuration: { timezone: 'Australia/Sydney', oncall: { ...noOnCall, people: [anna] } },
    practices: { 'action-item': async (job) => late.handlers?.['action-item']?.(job) },
  });
  late.handlers = followActionItems(loop.desk);
  const midnight = Math.ceil(loop.clock.now() / dayMs) * dayMs;
  await loop.pass(midnight + 60 * minuteMs - loop.clock.now());
  const one = item('0190bbbb-0000-7000-8000-000000000001', { dueAt: midnight - 9 * 60 * minuteMs });
  await loop.store.transaction(async (tx) => {
    await actionItems.insert(tx, one);
    await planReminder(tx, one, loop.clock.now());
  });
  loop.desk.changed();
  await loop.pass(4 * 60 * minuteMs);
  assert.equal(loop.messages.length, 0);
  await loop.pass(2 * 60 * minuteMs);
  assert.deepEqual(
    loop.messages.map(({ notice }) => notice?.title.split(':')[0]),
    ['Action item is overdue'],
  );
  const sydney = new Date((one.dueAt ?? 0) + 10 * 60 * minuteMs).toISOString().slice(0, 10);
  assert.ok(loop.messages[0]?.notice?.markdown.includes(`Due: ${sydney}`));
  await loop.end();
});

test('the owner hears by their own way, once for each time; nobody after it is done or moved', async () => {
  const late: { handlers?: JobHandlers } = {};
  const anna = {
    ...{ id: 'anna', name: 'Anna', timezone: 'UTC', reach: { post: 'anna@test' }, via: {} },
    ...{ quietHours: null, calendar: null },
  };
  const loop = await startLoop({
    targets: [toyTarget('web', { everyMs: dayMs })],
    configuration: { oncall: { ...noOnCall, people: [anna] } },
    practices: { 'action-item': async (job) => late.handlers?.['action-item']?.(job) },
  });
  late.handlers = followActionItems(loop.desk);
  const one = item('0190bbbb-0000-7000-8000-000000000001', { dueAt: loop.clock.now() + dayMs + minuteMs });
  await loop.store.transaction(async (tx) => {
    await actionItems.insert(tx, one);
    await planReminder(tx, one, loop.clock.now());
  });
  loop.desk.changed();
  await loop.pass(dayMs + 2 * minuteMs);
  const told = loop.messages.map(({ to, notice }) => [to?.person, notice?.title.split(':')[0]]);
  assert.deepEqual(told, [
    ['anna', 'Action item is due tomorrow'],
    ['anna', 'Action item is due today'],
  ]);
  const done = { ...one, endedAt: loop.clock.now(), endedBy: 'anna', outcome: 'done' as const };
  await loop.store.transaction(async (tx) => {
    await actionItems.update(tx, done);
    await planReminder(tx, done, loop.clock.now());
  });
  assert.equal(await jobs.nextAt(loop.store.db, ['action-item']), null);
  await loop.end();
});
