import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import { consoleNotifier } from './index.ts';

const message: Message = {
  version: 1,
  event: 'incident.opened',
  key: 'i1:opened',
  at: '2026-01-01T00:00:10.000Z',
  source: 'shop',
  url: 'http://127.0.0.1:4747/incidents/i1',
  incident: {
    id: 'i1',
    title: 'web is down',
    severity: 'SEV1',
    level: 'critical',
    status: 'open',
    services: ['shop'],
    targets: ['web'],
    openedAt: '2026-01-01T00:00:09.000Z',
    alerts: [
      {
        rule: 'http.down',
        target: 'web',
        labels: {},
        state: 'firing',
        since: '2026-01-01T00:00:09.000Z',
        value: 0,
        threshold: 0,
        detail: 'evil \u001b]0;title\u0007\u009b2J\u202e\nforged line',
      },
    ],
    diagnosis: {
      findings: [
        {
          id: 'http.backend-down',
          summary: 'nothing listens',
          confidence: 0.97,
          target: 'web',
          evidence: [],
        },
      ],
    },
    actions: [
      { id: 'a1', action: 'process.restart', target: 'app', state: 'done', summary: 'start it again' },
    ],
  },
};

test('moments are those of the team, as in the lines of the log around them', async () => {
  const clock = { clock: systemClock, thread: null, signal: new AbortController().signal };
  let text = '';
  const print = (part: string) => {
    text += part;
  };
  await consoleNotifier.bind({}).send(message, { ...clock, print, timezone: 'Asia/Tokyo' });
  assert.match(text, / · 2026-01-01 09:00:10\n.* · since 2026-01-01 09:00:09\n/);
});

async function printed(config: object, told: Message = message): Promise<string> {
  let text = '';
  const print = (part: string) => {
    text += part;
  };
  const ctx = { signal: new AbortController().signal, clock: systemClock, print, thread: null };
  assert.deepEqual(await consoleNotifier.bind(config).send(told, ctx), { kind: 'delivered' });
  return text;
}

test('people read what happened, to what, why and what was done', async () => {
  const text = await printed({});
  const parts = [
    'SEV1',
    'web is down',
    'shop (web)',
    'http.down',
    'cause, 97 %: nothing listens',
    'done: start it',
  ];
  for (const part of [...parts, message.url]) assert.ok(text.includes(part), `${part} in ${text}`);
  assert.equal(text.split('\n').length, 7, text);
});

test('an alert says its value and its threshold, with or without words of the probe', async () => {
  const { incident } = message;
  const [alert] = incident?.alerts ?? [];
  assert.ok(incident && alert);
  const line = async (detail: string) => {
    const alerts = [{ ...alert, rule: 'host.cpu', detail, said: '97 % against 90 %' }];
    const text = await printed({}, { ...message, incident: { ...incident, alerts } });
    return text
      .split('\n')
      .find((one) => one.includes('host.cpu'))
      ?.trim();
  };
  assert.equal(await line('2 cores'), 'firing host.cpu on web: 2 cores (97 % against 90 %)');
  assert.equal(await line(''), 'firing host.cpu on web: 97 % against 90 %');
});

test('text of watched systems can neither steer the terminal nor forge a line', async () => {
  for (const format of ['pretty', 'json']) {
    const text = await printed({ format });
    for (const each of ['\u001b', '\u0007', '\u009b', '\u202e']) assert.ok(!text.includes(each), text);
    assert.doesNotMatch(text, /^forged/m);
  }
});

test('programs read one line that is the message itself', async () => {
  const text = await printed({ format: 'json' });
  assert.equal(text.trimEnd().split('\n').length, 1);
  assert.deepEqual(JSON.parse(text), message);
});

test('a report keeps its lines, an approval says until when', async () => {
  const { incident: _, ...bare } = message;
  const report = await printed(
    {},
    { ...bare, event: 'report.ready', report: { title: 'Day', markdown: '# Day\n\n- a\u001b[1m' } },
  );
  assert.match(report, /^# Day$/m);
  assert.match(report, /^- a\\u001b\[1m$/m);
  const approval = {
    actionId: 'a',
    summary: 'end pid 8',
    reason: 'policy ask',
    expiresAt: '2026-01-01T01:00:00Z',
  };
  assert.match(
    await printed({}, { ...bare, event: 'approval.requested', approval }),
    /until 2026-01-01T01:00:00Z/,
  );
});

test('an alert is told with its remedy, and nothing is cut inside a command', async () => {
  const { incident } = message;
  const [alert] = incident?.alerts ?? [];
  assert.ok(incident && alert);
  const remedy = 'Where it is damaged take a new one: `upkeep backup take dump --prove yes`';
  const of = (detail: string) =>
    printed({}, { ...message, incident: { ...incident, alerts: [{ ...alert, detail }] } });
  assert.ok((await of(`${'x'.repeat(300)}. ${remedy}; then look.`)).includes(`${remedy}; then look.`));
  assert.match(await of(`${'x'.repeat(540)} ${remedy}`), /x Where it is damaged take a new one:…\n/);
});
