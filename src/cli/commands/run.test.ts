import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** As systemd would run it, with a module beside it that fails on a signal as a fault of Upkeep's own would. */
async function failing(folder: string, log: string) {
  const module = join(folder, 'fault.mjs');
  writeFileSync(
    module,
    "process.on('SIGUSR2', () => void Promise.reject(new Error('no such row; password=hunter2')));\n",
  );
  const out = openSync(log, 'a');
  const child = spawn(node, ['--import', module, upkeep, 'run', '--port', '0', '--json'], {
    cwd: folder,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  return { child, code: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
}

/** Whatever its exit code, which says how the targets are. */
function output(folder: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(node, [upkeep, ...args], { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
}

test('a failure of Upkeep itself is logged, journaled and told by the next run, and its code asks for one', async (t) => {
  const folder = temporaryFolder('own-failure');
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'log');
  writeFileSync(
    join(folder, 'upkeep.yaml'),
    JSON.stringify({
      targets: { web: { system: 'http', url: `http://127.0.0.1:${await freePort()}/`, every: '60s' } },
    }),
  );
  const told = () => readFileSync(log, 'utf8');
  const said = (pattern: RegExp) => until(String(pattern), async () => pattern.test(told()) || undefined);
  const first = await failing(folder, log);
  await said(/first visit/);
  first.child.kill('SIGUSR2');
  assert.equal(await first.code, 1, told());
  assert.match(told(), /"level":"error".*Upkeep itself failed: Error: no such row; password=\(hidden\)/);
  assert.doesNotMatch(told(), /hunter2|could not stop in order/);

  const status = () => output(folder, 'status');
  assert.match(await status(), /^Upkeep ended by itself: Error: no such row; .*nothing is watched since/m);
  const second = await failing(folder, log);
  try {
    await said(/first visit[\s\S]*first visit/);
    assert.match(
      await status(),
      /^The run before ended by itself: Error: no such row; .*nothing was watched for/m,
    );
    const journal = await output(folder, 'journal', 'list');
    assert.match(journal, /Upkeep itself failed: Error: no such row; password=\(hidden\), at .*fault\.mjs/);
    assert.match(journal, /the run before ended by itself: Error: no such row/);
  } finally {
    second.child.kill('SIGKILL');
    await second.code;
  }
  const third = await failing(folder, log);
  try {
    await said(/(first visit[\s\S]*){3}/);
    assert.match(await status(), /The run before ended without a word: it was killed, /);
  } finally {
    third.child.kill('SIGTERM');
    await third.code;
  }
  assert.equal(await third.code, 0, told());
});

test('a signal while it starts stops it in order as well', async (t) => {
  const folder = temporaryFolder('early-signal');
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [log, early] = [join(folder, 'log'), join(folder, 'early.mjs')];
  writeFileSync(
    join(folder, 'upkeep.yaml'),
    'targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }\n',
  );
  writeFileSync(
    early,
    `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { writeFileSync } = fs;
    fs.writeFileSync = (file, ...rest) => {
      writeFileSync(file, ...rest);
      if (String(file).endsWith('run.json')) process.kill(process.pid, 'SIGTERM');
    };
    syncBuiltinESMExports();\n`,
  );
  const out = openSync(log, 'w');
  const child = spawn(node, ['--import', early, upkeep, 'run', '--port', '0', '--json'], {
    cwd: folder,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const ended = await new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  assert.equal(ended, 0, readFileSync(log, 'utf8'));
  assert.ok(!existsSync(join(folder, 'data', 'run.json')), 'nobody is sent to a server that is gone');
  assert.doesNotMatch(await output(folder, 'status'), /it was killed|ended by itself/);
});
