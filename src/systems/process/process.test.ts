/** A real child process: seen, frozen, woken, killed, started again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { freeze } from '../../../test/servers/process.ts';
import { eventually, permitFor, readingOf, targetName, tryTarget } from '../../../test/try-target.ts';
import type { Plan } from '../../core/action.ts';
import type { BoundAction } from '../../core/system.ts';
import { allProcesses, processFacts } from '../../machine/processes.ts';
import { processSystem } from './index.ts';

const skip = process.platform !== 'linux' && 'processes are read from /proc';

/** Listens on the port of its first argument and writes its pid into the file of its second. */
const program = `
const [port, pidFile, deaf] = process.argv.slice(2);
if (deaf === 'deaf') process.on('SIGTERM', () => {});
require('node:net').createServer().listen(Number(port), '127.0.0.1', () => {
  require('node:fs').writeFileSync(pidFile, process.pid + '\\n');
});
`;

interface App {
  readonly folder: string;
  readonly pidFile: string;
  readonly port: number;
  readonly start: readonly string[];
  run(): Promise<ChildProcess>;
  pid(): number;
}

async function makeApp(t: TestContext, ...extra: string[]): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-process-'));
  const [pidFile, script] = [join(folder, 'app.pid'), join(folder, 'app.cjs')];
  writeFileSync(script, program);
  const port = await freePort();
  const start = [process.execPath, script, String(port), pidFile, ...extra];
  const children: ChildProcess[] = [];
  const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
    // What the action started is no child of this test's making, but its command line is.
    const last = pid();
    const line =
      last > 1 && existsSync(`/proc/${last}/cmdline`) ? readFileSync(`/proc/${last}/cmdline`, 'utf8') : '';
    if (line.includes(script)) process.kill(last, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    pidFile,
    port,
    start,
    pid,
    async run() {
      const log = openSync(join(folder, 'app.log'), 'a');
      writeSync(log, 'listening\nError: no room, password=hunter22 \u001b[2J\nbye\n');
      const child = spawn(process.execPath, start.slice(1), { stdio: ['ignore', log, log] });
      closeSync(log);
      children.push(child);
      await eventually(
        async () => pid(),
        (written) => written === child.pid,
      );
      return child;
    },
  };
}

const ctx = () => ({
  signal: AbortSignal.timeout(30_000),
  clock: tryContext.clock,
  latest: () => [],
});
const tryContext = tryTarget(processSystem, { match: 'nothing has this' }).context();

async function planned(action: BoundAction): Promise<Plan> {
  const drafted = await action.plan({}, ctx());
  assert.ok(!('refused' in drafted), 'refused' in drafted ? drafted.refused : '');
  return { action: action.id, target: targetName, input: {}, risk: action.risk, ...drafted };
}

async function refusal(action: BoundAction): Promise<string> {
  const drafted = await action.plan({}, ctx());
  assert.ok('refused' in drafted);
  return drafted.refused;
}

test('a running process is seen with what it uses', { skip, timeout: 180_000 }, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const target = tryTarget(processSystem, { pidFile: app.pidFile });
  const first = await target.seen('process.state');
  assert.match(first.detail ?? '', new RegExp(`^pid ${child.pid} \\(.+\\), up `));
  assert.equal(readingOf(first, 'process.up'), 1);
  assert.equal(readingOf(first, 'process.frozen'), 0);
  assert.ok((readingOf(first, 'process.memory') ?? 0) > 10e6);
  assert.ok((readingOf(first, 'process.files.open') ?? 0) > 3);
  const second = await target.seen('process.state');
  assert.ok((readingOf(second, 'process.cpu') ?? -1) >= 0);
  const { findings } = await target.diagnose('process.gone');
  assert.deepEqual(findings, []);
});

test('it is known where it listened when it was last seen, on this machine alone', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const { port } = app;
  const target = tryTarget(processSystem, { pidFile: app.pidFile });
  const listensAt = (host: string, at = port) => target.bound.listensAt?.({ host, port: at });
  assert.equal(listensAt('127.0.0.1'), false, 'nobody has looked yet');
  await target.seen('process.state');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await target.seen('process.state');
  assert.deepEqual(
    ['127.0.0.1', 'localhost'].map((host) => listensAt(host)),
    [true, true],
  );
  for (const [host, at] of [
    ['127.0.0.2', port],
    ['192.0.2.1', port],
    ['db.example.test', port],
    ['127.0.0.1', port + 1],
  ] as const)
    assert.equal(listensAt(host, at), false, `${host}:${at}`);
  const copies = { start: [...app.start, '{index}'], scale: { min: 1, max: 2 } };
  assert.equal(tryTarget(processSystem, copies).bound.listensAt?.({ host: 'localhost', port }), false);
});

test('a pid file that does not name the running program starts no second copy', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const wrong = join(app.folder, 'other.pid');
  const target = tryTarget(processSystem, { pidFile: wrong, start: app.start, cwd: process.cwd() });
  const outcome = await target.check('process.state');
  assert.ok(!outcome.ok);
  assert.equal(outcome.why, 'broken-probe', 'nobody knows that it is down');
  const says = new RegExp(
    `^pid ${child.pid} .* runs the declared command, and the pid file ${wrong} does not name it`,
  );
  assert.match(outcome.detail, says);
  assert.match(await refusal(target.action('process.start')), says);
  assert.match(await refusal(target.action('process.restart')), says);
  const dead = spawn('true');
  await once(dead, 'exit');
  writeFileSync(wrong, `${dead.pid}\n`);
  assert.match((await target.seen('process.state')).detail ?? '', /not running: no process/);
  assert.match(await refusal(target.action('process.start')), says, 'a file of an earlier run');
  const elsewhere = tryTarget(processSystem, { pidFile: wrong, start: app.start, cwd: app.folder });
  assert.doesNotMatch(
    JSON.stringify(await elsewhere.action('process.start').plan({}, ctx())),
    /does not name it/,
    'the same words in another folder are another program',
  );
});

test('found by its arguments or a part of its command line; several are not mistaken for one', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  for (const raw of [{ start: app.start }, { match: app.pidFile }, { match: `/${app.port} .*app\\.pid$/` }]) {
    const outcome = await tryTarget(processSystem, raw).seen('process.state');
    assert.match(outcome.detail ?? '', new RegExp(`^pid ${child.pid} `), JSON.stringify(raw));
  }
  const twins = [
    spawn('sleep', ['4711.5'], { stdio: 'ignore' }),
    spawn('sleep', ['4711.5'], { stdio: 'ignore' }),
  ];
  t.after(() => twins.map((twin) => twin.kill('SIGKILL')));
  await Promise.all(twins.map((twin) => once(twin, 'spawn')));
  const both = tryTarget(processSystem, { match: 'sleep 4711.5', start: ['sleep', '4711.5'] });
  assert.match((await both.seen('process.state')).detail ?? '', /^2 processes have the command line/);
  assert.match(await refusal(both.action('process.restart')), /^2 processes/);
});

test('killed: down, diagnosed, started again once, verified; applying twice starts one', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const target = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start });
  await target.seen('process.state');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const outcome = await target.seen('process.state');
  assert.equal(readingOf(outcome, 'process.up'), 0);
  assert.match(outcome.detail ?? '', /not running: no process \d+/);
  const { findings, evidence } = await target.diagnose('process.gone');
  assert.match(
    findings[0]?.explanation ?? '',
    / The last error line of its log: Error: no room, password=\(hidden\) \\u\{1b\}\[2J$/,
  );
  assert.doesNotMatch(JSON.stringify([findings, evidence]), /hunter22/);
  assert.ok(findings[0]?.evidence.includes('tried.process-log'), String(findings[0]?.evidence));
  assert.ok(!findings[0]?.unseen.some((text) => text.includes('its own log')));
  assert.deepEqual(
    findings[0]?.recommendations.map(({ action }) => action),
    ['process.start'],
  );

  const restart = target.action('process.restart');
  const plan = await planned(restart);
  assert.equal(plan.before.ports, String(app.port));
  assert.match(await restart.apply(plan, permitFor(plan), ctx()), /^started as pid \d+$/);
  await eventually(
    async () => app.pid(),
    (pid) => pid !== child.pid && pid > 0,
  );
  assert.match(await restart.apply(plan, permitFor(plan), ctx()), /runs already; nothing was done/);
  const verdict = await eventually(
    () => restart.verify(plan, ctx()),
    ({ good }) => good,
  );
  assert.match(verdict.detail, new RegExp(`runs and listens on ${app.port}`));
  const again = await target.seen('process.state');
  assert.equal(readingOf(again, 'process.restarts'), 1);
});

test('frozen: seen, diagnosed, woken by SIGCONT as the same process', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const target = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start });
  await target.seen('process.state');
  assert.match(await refusal(target.action('process.resume')), /is not stopped/);
  const pid = child.pid ?? 0;
  await freeze(pid);
  const socket = connect(app.port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const outcome = await target.seen('process.state');
  assert.equal(readingOf(outcome, 'process.up'), 1);
  assert.equal(readingOf(outcome, 'process.frozen'), 1);
  const { findings } = await target.diagnose('process.frozen');
  assert.match(findings[0]?.explanation ?? '', /1 connection waits to/);
  const resume = target.action('process.resume');
  const plan = await planned(resume);
  assert.equal((await resume.verify(plan, ctx())).good, false);
  await resume.apply(plan, permitFor(plan), ctx());
  const verdict = await eventually(
    () => resume.verify(plan, ctx()),
    ({ good }) => good,
  );
  assert.equal(verdict.after?.pid, pid);
  assert.match(await resume.apply(plan, permitFor(plan), ctx()), /nothing was done/);
});

test('a process that is frozen or does not hear SIGTERM is killed and started again', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t, 'deaf');
  const child = await app.run();
  const target = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start, stopTimeout: '300ms' });
  await target.seen('process.state');
  child.kill('SIGSTOP');
  const restart = target.action('process.restart');
  const plan = await planned(restart);
  assert.equal((await restart.verify(plan, ctx())).good, false);
  assert.match(
    await restart.apply(plan, permitFor(plan), ctx()),
    /did not end by itself and was killed; started/,
  );
  const verdict = await eventually(
    () => restart.verify(plan, ctx()),
    ({ good }) => good,
  );
  assert.notEqual(verdict.after?.pid, child.pid);
});

test('what must not be touched is refused', { skip, timeout: 180_000 }, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const undeclared = tryTarget(processSystem, { pidFile: app.pidFile });
  assert.match(await refusal(undeclared.action('process.restart')), /no `start` is declared/);

  writeFileSync(join(app.folder, 'own.pid'), `${process.pid}`);
  const own = tryTarget(processSystem, { pidFile: join(app.folder, 'own.pid'), start: ['true'] });
  assert.match(await refusal(own.action('process.restart')), /is Upkeep or what Upkeep runs under/);

  writeFileSync(join(app.folder, 'init.pid'), '1');
  const init = tryTarget(processSystem, { pidFile: join(app.folder, 'init.pid'), start: ['true'] });
  assert.equal(readingOf(await init.seen('process.state'), 'process.up'), 0);

  const other = tryTarget(processSystem, {
    pidFile: app.pidFile,
    match: 'some other program',
    start: ['true'],
  });
  assert.match((await other.seen('process.state')).detail ?? '', /another process/);

  const target = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start, user: 'nobody' });
  assert.match(await refusal(target.action('process.restart')), /would be started as user/);

  const restart = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start }).action(
    'process.restart',
  );
  const plan = await planned(restart);
  const forged = Object.create(Object.getPrototypeOf(permitFor(plan)), {});
  await assert.rejects(restart.apply(plan, forged, ctx()), /not issued by the guard/);
  assert.ok(await processFacts(child.pid ?? 0));
});

test('the breaker opens after three restarts; a program that cannot run says so', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const target = tryTarget(processSystem, {
    pidFile: join(app.folder, 'none.pid'),
    start: [process.execPath, '-e', 'process.exit(3)'],
    writePidFile: true,
  });
  const restart = target.action('process.restart');
  for (let count = 0; count < 3; count++) {
    const plan = await planned(restart);
    await restart.apply(plan, permitFor(plan), ctx());
    const verdict = await eventually(
      () => restart.verify(plan, ctx()),
      ({ detail }) => detail.includes('exit code 3'),
    );
    assert.equal(verdict.good, false);
  }
  assert.match(await refusal(restart), /^breaker: 3 restarts within 10 m did not help/);

  const absent = tryTarget(processSystem, { match: app.folder, start: ['/no/such/program'] });
  const plan = await planned(absent.action('process.restart'));
  await assert.rejects(absent.action('process.restart').apply(plan, permitFor(plan), ctx()), /ENOENT/);
});

test('a port that another process took is named, and no start is tried', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const app = await makeApp(t);
  const child = await app.run();
  const target = tryTarget(processSystem, { pidFile: app.pidFile, start: app.start });
  await target.seen('process.state');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const squatter = createServer().listen(app.port, '127.0.0.1');
  t.after(() => squatter.close());
  await once(squatter, 'listening');
  const { findings } = await target.diagnose('process.gone');
  assert.match(findings[0]?.explanation ?? '', new RegExp(`port ${app.port} by pid ${process.pid}`));
  assert.deepEqual(findings[0]?.recommendations, []);
  assert.match(
    await refusal(target.action('process.restart')),
    new RegExp(`port ${app.port} is held by pid`),
  );
});

test('a program that writes no pid file gets one, is verified by it and is never started twice', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-worker-'));
  const [pidFile, script] = [join(folder, 'worker.pid'), join(folder, 'worker.cjs')];
  writeFileSync(script, 'setInterval(() => {}, 1e6);');
  const old = spawn(process.execPath, [script], { stdio: 'ignore' });
  await once(old, 'spawn');
  writeFileSync(pidFile, `${old.pid}\n`);
  const raw = { pidFile, start: [process.execPath, 'worker.cjs'], cwd: folder };
  const running = async () =>
    (await allProcesses()).filter(
      ({ command, state }) => command.at(-1) === 'worker.cjs' && state !== 'zombie',
    );
  const inFolder = async () => {
    const all = await running();
    const cwdOf = (pid: number) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`);
      } catch {
        // One of another run of this test, which ended meanwhile.
        return undefined;
      }
    };
    return all.filter(({ pid }) => cwdOf(pid) === folder).map(({ pid }) => pid);
  };
  t.after(async () => {
    old.kill('SIGKILL');
    for (const pid of await inFolder()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  old.kill('SIGKILL');
  await once(old, 'exit');

  const restart = tryTarget(processSystem, raw).action('process.restart');
  const plan = await planned(restart);
  const said = await restart.apply(plan, permitFor(plan), ctx());
  const [pid] = await inFolder();
  assert.equal(said, `started as pid ${pid}`);
  assert.equal(readFileSync(pidFile, 'utf8'), `${pid}\n`);
  const verdict = await eventually(
    () => restart.verify(plan, ctx()),
    ({ good }) => good,
  );
  assert.equal(verdict.after?.pid, pid);

  // As an Upkeep that was started anew finds it, and with the file lost or naming another.
  for (const spoil of [() => {}, () => rmSync(pidFile), () => writeFileSync(pidFile, `${old.pid}\n`)]) {
    spoil();
    const anew = tryTarget(processSystem, raw);
    assert.equal(readingOf(await anew.seen('process.state'), 'process.up'), 1);
    assert.match(
      await anew.action('process.restart').apply(plan, permitFor(plan), ctx()),
      /runs already; nothing was done/,
    );
    assert.deepEqual(await inFolder(), [pid]);
  }
});

test('a pid file that cannot be written is told, and what was started is still known', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-worker-'));
  const start = [process.execPath, '-e', `setInterval(() => '${folder}', 1e6)`];
  const target = tryTarget(processSystem, { pidFile: join(folder, 'none', 'it.pid'), start });
  const restart = target.action('process.restart');
  const plan = await planned(restart);
  const said = await restart.apply(plan, permitFor(plan), ctx());
  const pid = Number(/started as pid (\d+)/.exec(said)?.[1]);
  t.after(() => {
    process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  assert.match(said, /it\.pid cannot be written \(ENOENT\): let Upkeep write into its folder/);
  const verdict = await eventually(
    () => restart.verify(plan, ctx()),
    ({ good }) => good,
  );
  assert.equal(verdict.after?.pid, pid);
});
