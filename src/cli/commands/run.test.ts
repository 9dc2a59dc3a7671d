import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { node, upkeep } from '../../../test/crash/upkeep-process.ts';
import { until } from '../../../test/scenarios/watched-stack.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { temporaryFolder } from '../../../test/servers/process.ts';

/** `upkeep run > log 2>&1`, until it told of the trouble and stopped. */
async function logged(t: TestContext): Promise<string> {
  const folder = temporaryFolder('log');
  const file = join(folder, 'log');
  const web = {
    system: 'http',
    url: `http://127.0.0.1:${await freePort()}/`,
    every: '500ms',
    timeout: '300ms',
  };
  writeFileSync(
    join(folder, 'upkeep.yaml'),
    JSON.stringify({
      targets: { web },
      timezone: 'Asia/Tokyo',
      notify: { screen: { notifier: 'console' } },
      rules: { 'http.down': { for: '0s' } },
    }),
  );
  const { FORCE_COLOR, UPKEEP_LOG, ...env } = process.env;
  const log = openSync(file, 'w');
  const child = spawn(node, [upkeep, 'run', '--port', '0'], {
    cwd: folder,
    env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await until(
      'what the notifier tells',
      async () => /Endpoint is down/.test(readFileSync(file, 'utf8')) || undefined,
    );
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return readFileSync(file, 'utf8');
}

test('a log in a file is plain lines, each with its time on the clock of the team', async (t) => {
  const text = await logged(t);
  assert.doesNotMatch(text, /^\{/m);
  assert.ok(!text.includes('\u001b'));
  assert.match(text, /^── .* · \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/m);
  assert.match(text, /First visit.*\n.*http/);
  const stamp = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) info {5}stopping$/m.exec(text)?.[1];
  assert.ok(stamp, text);
  const tokyo = Date.parse(`${stamp.replace(' ', 'T')}+09:00`);
  assert.ok(Math.abs(Date.now() - tokyo) < 120_000, stamp);
  assert.match(text, /Log lines and messages have the time of Asia\/Tokyo\./);
});

test('the first upkeep.yaml that appears while Upkeep runs without one comes into force', async (t) => {
  const folder = temporaryFolder('first-file');
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'log');
  const { FORCE_COLOR, UPKEEP_LOG, UPKEEP_CONFIG, ...env } = process.env;
  const log = openSync(file, 'w');
  const child = spawn(node, [upkeep, 'run', '--port', '0'], {
    cwd: folder,
    env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const said = (pattern: RegExp) =>
    until(String(pattern), async () => pattern.test(readFileSync(file, 'utf8')) || undefined);
  try {
    await said(/First visit/);
    const web = { system: 'http', url: `http://127.0.0.1:${await freePort()}/` };
    writeFileSync(join(folder, 'upkeep.yaml'), JSON.stringify({ targets: { web: { ...web, evry: '5s' } } }));
    await said(/upkeep\.yaml:1:\d+ .*evry/);
    writeFileSync(join(folder, 'upkeep.yaml'), JSON.stringify({ targets: { web } }));
    await said(/configuration reloaded.*targets.*1/);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});
