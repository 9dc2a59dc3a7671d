import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(notify: string) {
  const text = `name: shop\ntargets: { it: { system: host } }\nnotify:\n${notify}\n`;
  return readConfiguration({ file: 'upkeep.yaml', text, env: {}, systems, notifiers, readFile: () => '' });
}

test('a notifier names its fallback, its events and which links its messages carry', () => {
  const { configuration, problems } = read(
    [
      '  push: { notifier: gotify, url: "https://push.test", token: a, fallback: hook, links: [acknowledge] }',
      '  hook: { notifier: webhook, url: "https://hook.test" }',
    ].join('\n'),
  );
  assert.deepEqual(problems, []);
  const [push, hook] = configuration?.notifiers ?? [];
  assert.deepEqual([push?.fallback, push?.links], ['hook', ['acknowledge']]);
  assert.deepEqual([hook?.fallback, hook?.links], [undefined, undefined]);
  assert.deepEqual(Object.keys(push?.settings ?? {}), ['url', 'token'], 'they are not settings of its kind');
});

test('a fallback that is not there, or itself, and a link that is none are named', () => {
  const { problems } = read(
    [
      '  push: { notifier: gotify, url: "https://push.test", token: a, fallback: hok, links: [acknowlege] }',
      '  hook: { notifier: webhook, url: "https://hook.test", fallback: hook }',
      '  chat: { notifier: slack, token: x }',
    ].join('\n'),
  );
  const said = problems.map(formatProblem).join('\n');
  assert.match(said, /notify\.push\.fallback.*there is no other notifier "hok".*did you mean hook/);
  assert.match(said, /notify\.push\.links.*did you mean acknowledge/);
  assert.match(said, /notify\.hook\.fallback.*there is no other notifier "hook"/);
  assert.match(said, /notify\.chat.*needs either token and channel, or webhook/);
});
