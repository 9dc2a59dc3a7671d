import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogPatternsView } from '../../src/verbs/log/patterns.ts';
import type { LogSearchView } from '../../src/verbs/log/search.ts';
import type { QuestionView } from '../../src/verbs/question/ask.ts';
import { serveApp } from '../served-app.ts';
import { missing as absent } from '../servers/installed.ts';
import { postgresServer, startPostgres } from '../servers/postgres.ts';
import { redisServer, startRedis } from '../servers/redis.ts';
import { eventually } from '../try-target.ts';

const skip = absent(postgresServer, redisServer);

test('logs of servers on this machine are found, followed and searched, without a line of configuration', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ settings: { logging_collector: 'on' } });
  t.after(() => postgres.stop());
  const redisFolder = mkdtempSync(join(tmpdir(), 'upkeep-redis-log-'));
  t.after(() => rmSync(redisFolder, { recursive: true, force: true }));
  const redis = await startRedis();
  t.after(() => redis.stop());
  const out = openSync(join(folder, 'output.txt'), 'a');
  const script =
    "let n = 0; setInterval(() => console.error('ERROR order ' + n++ + ': connect ECONNREFUSED password=hunter2'), 100)";
  const worker = spawn(process.execPath, ['-e', script], { stdio: ['ignore', out, out] });
  closeSync(out);
  t.after(() => worker.kill());
  const app = await serveApp({
    yaml: `name: logs
targets:
  db: { system: postgres, url: "${postgres.url}" }
  cache: { system: redis, url: "${redis.url}" }
  worker: { system: process, match: "ERROR order" }
`,
  });
  t.after(() => app.stop());
  await postgres.query('select * from nothing_here').catch(() => {});
  const patterns = (target: string) =>
    app.call<LogPatternsView>('log.patterns', { target }).catch(() => undefined);
  const db = await eventually(
    () => patterns('db'),
    (view) => view?.patterns.some(({ pattern }) => pattern.includes('does not exist')) ?? false,
  );
  const missing = db?.patterns.find(({ pattern }) => pattern.includes('does not exist'));
  assert.equal(missing?.level, 'error');
  const worked = await eventually(
    () => patterns('worker'),
    (view) => (view?.patterns[0]?.lines ?? 0) >= 3,
  );
  assert.equal(worked?.patterns.length, 1, 'lines that differ in a number are one pattern');
  const found = await app.call<LogSearchView>('log.search', { target: 'worker', text: 'econnrefused' });
  assert.ok(found.lines.length >= 3);
  assert.doesNotMatch(JSON.stringify([worked, found]), /hunter2/);
  await assert.rejects(
    app.call('log.patterns', { target: 'cache' }),
    /no log of cache was found .*targets\.cache\.logs/,
  );
  await assert.rejects(app.call('log.patterns', { target: 'cahe' }), /did you mean cache/);
  const answer = await app.call<QuestionView>('question.ask', {
    text: 'is the database slow since yesterday?',
  });
  assert.deepEqual(answer.targets, ['db']);
  assert.ok(answer.evidence.some(({ id }) => id === 'db.logs'));
  await assert.rejects(
    app.call('question.ask', { text: 'purple elephants' }),
    /"purple", "elephants".*as in: upkeep investigate/,
  );
});
