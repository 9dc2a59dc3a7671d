import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  approval,
  incidentMessage,
  life,
  links,
  notice,
  report,
  storm,
  testMessage,
} from '../../test/messages.ts';
import { htmlMarkup } from './html.ts';
import { plainMarkup, renderMarkdown } from './markdown.ts';
import { standsAlone, storyOf } from './story.ts';

test('a word about an incident stands beside the incident, not in its place', () => {
  const notice = {
    title: 'SEV1 was to be acknowledged within 5 m and is not',
    markdown: '- Acknowledged by: **nobody**\n- Look: [here](https://upkeep.example.test)',
  };
  const story = storyOf(incidentMessage({ event: 'incident.escalated', more: { notice } }));
  assert.match(story.headline, /^Escalated · SEV1 · PostgreSQL takes no logins \(db\) · since /);
  assert.equal(story.tone, 'critical');
  assert.deepEqual(story.lines[0], {
    label: 'News',
    text: 'SEV1 was to be acknowledged within 5 m and is not. Acknowledged by: nobody; Look: here (https://upkeep.example.test)',
  });
  assert.ok(story.lines.some(({ label }) => label === 'Impact'));
});

test('what was found before something graver fired is not told as its cause', () => {
  const { diagnosis } = life.escalated.incident ?? {};
  assert.ok(diagnosis);
  const incident = { diagnosis: { ...diagnosis, isOlder: true as const } };
  const { lines } = storyOf(incidentMessage({ event: 'incident.escalated', incident }));
  const labels = lines.map(({ label }) => label);
  assert.deepEqual(labels, ['Impact', 'Alert', 'Known', 'Upkeep']);
  assert.match(lines[2]?.text ?? '', /\(\d+ %\), found before this fired$/);
  assert.equal(lines[3]?.text, 'is looking for the cause');
});

test('beside a cause stands how bad it is, where a number was judged', () => {
  const { diagnosis, alerts } = life.updated.incident ?? {};
  const [first] = alerts ?? [];
  assert.ok(diagnosis && first);
  const said = '1.7 s against 1 s, usually 2 ms';
  const slow = { ...first, rule: 'http.slow', target: 'api', state: 'firing', said };
  const { lines } = storyOf(incidentMessage({ incident: { diagnosis, alerts: [slow] } }));
  assert.deepEqual(lines[1], { label: 'Measured', text: `http.slow on api: ${said}` });
  assert.equal(lines[2]?.label, 'Cause');
  const over = storyOf(
    incidentMessage({ incident: { diagnosis, alerts: [{ ...slow, state: 'resolved' }] } }),
  );
  assert.ok(over.lines.every(({ label }) => label !== 'Measured'));
});

test('the first line says level, what is broken and since when; the end says how long it was', () => {
  assert.equal(storyOf(life.opened).headline, 'SEV1 · PostgreSQL takes no logins (db) · since 10:32:05 UTC');
  assert.equal(
    storyOf(life.resolved).headline,
    'Resolved · SEV1 · PostgreSQL takes no logins (db) · 10:32:05 UTC to 10:36:05 UTC (4 m)',
  );
  assert.match(storyOf(life.escalated).headline, /^Escalated · SEV1/);
  assert.match(storyOf(approval).headline, /^Approval wanted · .* · until 11:02:05 UTC$/);
  const old = incidentMessage({ incident: { openedAt: '2025-12-31T23:59:00.000Z' } });
  assert.match(storyOf(old).headline, /since 2025-12-31 23:59:00 UTC$/);
});

test('a storm says how many, of what level and since when, then each of them', () => {
  const { headline, tone, lines, choices } = storyOf(storm);
  assert.equal(headline, 'SEV1 · 14 more incidents · since 10:32:05 UTC · 13 still open');
  assert.equal(tone, 'critical');
  assert.deepEqual(lines[0], { label: 'SEV1', text: 't0: is down' });
  assert.equal(lines.length, 13);
  assert.deepEqual(lines.at(-1), { label: 'And', text: '2 more' });
  assert.deepEqual(choices, []);
  const url = 'http://here/link/a~storm-1';
  const [all] = storyOf({ ...storm, links: { acknowledge: url } }).choices;
  assert.deepEqual(all, { purpose: 'acknowledge', label: 'Acknowledge all', url });
  const part = storm.storm;
  assert.ok(part);
  const over = {
    ...part,
    until: '2026-01-01T10:40:05.000Z',
    incidents: part.incidents.map((one) => ({ ...one, status: 'resolved' })),
  };
  const ended = storyOf({ ...storm, event: 'incident.resolved', storm: over });
  assert.equal(ended.headline, 'Resolved · SEV1 · 14 more incidents · 10:32:05 UTC to 10:40:05 UTC (8 m)');
  assert.equal(ended.tone, 'good');
});

test('who took it is named, and who was called', () => {
  const paged = [
    { person: 'ann', by: ['mail'], at: '2026-01-01T10:32:05.000Z' },
    { person: 'ann', by: ['mail', 'sms'], at: '2026-01-01T10:37:05.000Z' },
    { person: 'bob', by: ['phone'], at: '2026-01-01T10:42:05.000Z' },
  ];
  const { incident } = life.acknowledged;
  const taken = storyOf({
    ...life.acknowledged,
    ...(incident ? { incident: { ...incident, acknowledgedBy: 'zoe', paged } } : {}),
  });
  const here = { ...life.acknowledged, incident: incident && { ...incident, acknowledgedBy: 'cli' } };
  assert.equal(storyOf(here).news, 'Acknowledged by somebody at the command line');
  assert.equal(taken.news, 'Acknowledged by zoe');
  assert.match(taken.headline, /^Acknowledged by zoe · SEV1 · /);
  const text = (label: string) => taken.lines.find((one) => one.label === label)?.text;
  assert.equal(text('Upkeep'), 'has nothing it may do by itself; zoe is looking');
  assert.equal(text('Paged'), 'ann by mail and sms, bob by phone');
  assert.equal(storyOf(life.acknowledged).news, 'Acknowledged', 'where nobody is known');
});

test('what fires again and again goes up and down, with how often, also at its end', () => {
  const alerts = (times: number) => (life.opened.incident?.alerts ?? []).map((one) => ({ ...one, times }));
  const told = (times: number, more = {}) =>
    storyOf(incidentMessage({ incident: { alerts: alerts(times), ...more } })).headline;
  assert.match(told(2), /\(db\) · since 10:32:05 UTC$/);
  assert.match(told(8), /\(db\) · goes up and down, 8 times since 10:32:05 UTC$/);
  assert.match(
    told(8, { status: 'resolved', resolvedAt: '2026-01-01T10:34:05.000Z' }),
    /\(db\) · went up and down, 8 times, 10:32:05 UTC to 10:34:05 UTC \(2 m\)$/,
  );
});

test('moments are those of the team, in the evidence too', () => {
  const berlin = (of: typeof life.opened) => storyOf(of, 'Europe/Berlin');
  assert.match(berlin(life.resolved).headline, / · 11:32:05 CET to 11:36:05 CET \(4 m\)$/);
  assert.match(berlin(approval).headline, /until 12:02:05 CET$/);
  const [finding] = life.updated.incident?.diagnosis?.findings ?? [];
  assert.ok(finding);
  const facts = { since: '2026-01-01T10:30:00.000Z', lastOkAt: '2025-12-31T21:00:00.000Z' };
  const findings = [{ ...finding, evidence: [{ id: 'x', title: 'the look', facts }] }];
  const told = berlin(incidentMessage({ incident: { diagnosis: { findings } } }));
  assert.equal(
    told.lines.find(({ label }) => label === 'Evidence')?.text,
    'the look: since 11:30:00 CET, last ok at 2025-12-31 22:00:00 CET',
  );
});

test('a message for the cause alone says so first', () => {
  const follow = (followUp: 'cause-found' | 'other-cause') => storyOf({ ...life.updated, followUp });
  assert.match(follow('cause-found').headline, /^Cause found · SEV1 · PostgreSQL takes no logins/);
  assert.match(follow('other-cause').headline, /^Another cause · SEV1/);
  assert.equal(standsAlone({ ...life.updated, followUp: 'cause-found' }), true);
});

test('what is opened again says so, and since when: the time in between in which all was well does not count', () => {
  const incident = { reopened: 1, reopenedAt: '2026-01-10T10:50:00.000Z' };
  const again = storyOf({ ...incidentMessage({ incident }), event: 'incident.opened' });
  assert.equal(again.news, 'Reopened');
  assert.match(again.headline, /^Reopened · SEV1 · .* · again since .*10:50:00 UTC$/);
  const resolvedAt = '2026-01-10T10:53:00.000Z';
  const over = storyOf(incidentMessage({ incident: { ...incident, status: 'resolved', resolvedAt } }));
  assert.match(over.headline, /^Resolved · .*10:50:00 UTC to .*10:53:00 UTC \(3 m\)$/);
});

test('people who are called anew read why, not that it escalated', () => {
  const called = (calledAgain: 'came-back' | 'another-cause') =>
    storyOf(incidentMessage({ incident: { calledAgain }, event: 'incident.escalated' }));
  assert.equal(called('came-back').news, 'Called anew, it is back');
  assert.match(called('came-back').headline, /^Called anew, it is back · SEV1 · /);
  assert.match(called('another-cause').headline, /^Called anew, another cause · SEV1 · /);
});

test('then impact, cause with evidence, and what Upkeep does', () => {
  const labels = (of: typeof life.opened) => storyOf(of).lines.map(({ label }) => label);
  assert.deepEqual(labels(life.opened), ['Impact', 'Alert', 'Upkeep']);
  assert.deepEqual(labels(life.mitigated), ['Impact', 'Cause', 'Evidence', 'Evidence', 'Upkeep']);
  assert.match(storyOf(life.mitigated).lines.at(-1)?.text ?? '', /^did, and it helped: end 12 sessions/);
});

test('the alert says its value with its unit, with or without words of the probe', () => {
  const { incident } = life.opened;
  assert.ok(incident);
  const line = (detail: string) => {
    const alerts = incident.alerts.map((alert) => ({ ...alert, detail, said: '113 % against 90 %' }));
    const { lines } = storyOf(incidentMessage({ incident: { alerts } }));
    return lines.find(({ label }) => label === 'Alert')?.text ?? '';
  };
  assert.match(line('memory is full'), /: memory is full \(113 % against 90 %\)/);
  assert.match(line(''), /: 113 % against 90 %/);
});

test('choices are those that are left, each with its link or none', () => {
  const choices = (of: typeof life.opened) => storyOf({ ...of, links }).choices.map(({ purpose }) => purpose);
  assert.deepEqual(choices(life.opened), ['acknowledge', 'resolve']);
  assert.deepEqual(choices(life.acknowledged), ['resolve']);
  assert.deepEqual(choices(life.resolved), []);
  assert.deepEqual(choices(report), []);
  assert.equal(storyOf(life.opened).choices[0]?.url, null);
});

test('what stands alone calls for somebody, ends it, or is asked or told by itself', () => {
  const alone = [...Object.values(life), approval, report, notice, testMessage].filter(standsAlone);
  assert.deepEqual(
    alone.map(({ event }) => event),
    [
      ...['incident.opened', 'incident.escalated', 'incident.resolved'],
      ...['approval.requested', 'report.ready', 'maintenance.scheduled', 'test'],
    ],
  );
});

test('whatever a system is called and says, each line is one line, short, and steers nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const { incident } = life.opened;
      assert.ok(incident);
      const alerts = incident.alerts.map((alert) => ({ ...alert, detail: text }));
      const story = storyOf(incidentMessage({ incident: { title: text, targets: [text], alerts } }));
      for (const line of [story.headline, ...story.lines.map((one) => one.text)]) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        assert.ok(line.length < 700);
        assert.ok(line.isWellFormed() || !text.isWellFormed());
      }
    }),
  );
});

test('HTML in Markdown is shown, never obeyed, whatever it is', () => {
  const ours = /<\/?(strong|em|code|h[234]|p|li|ul|a|hr|table|thead|tbody|tr|th|td|pre)\b/g;
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'<>&"\'`*_[]()!|-#\n ascript:/=x') }), (text) => {
      const html = renderMarkdown(text, htmlMarkup);
      assert.doesNotMatch(html.replace(ours, ''), /<[a-z/!]/i);
      assert.doesNotMatch(html, /href="(?!https?:)/);
    }),
  );
  assert.equal(
    renderMarkdown('# A\n\n- **b** `c`\n- <img src=x>\n\n| h |\n| - |\n| 1 |', plainMarkup),
    'A\n- b c\n- <img src=x>\n- h: 1',
  );
});

test('a notice of maintenance says once what it is', () => {
  const title = 'Planned maintenance: move the database';
  const { headline } = storyOf({
    ...{ version: 1, event: 'maintenance.scheduled', key: 'k', at: '2026-01-01T10:32:05.000Z' },
    ...{ source: 'shop', url: 'https://here', notice: { title, markdown: '' } },
  });
  assert.equal(headline, title);
});
