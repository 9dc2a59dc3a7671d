import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { type Backend, startBackend } from '../../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { nginxServer } from '../../../../test/servers/nginx.ts';
import { openNginx } from '../../../../test/servers/nginx-lab.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf } from '../../../../test/try-target.ts';
import { changedLines } from '../text-difference.ts';

const skip = missing(nginxServer);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const keep = (started: Backend) => {
  ends.push(() => started.stop());
  return started;
};
const lab = async (...given: Parameters<typeof openNginx>) => {
  const opened = await openNginx(...given);
  ends.push(() => opened.stop());
  return opened;
};

suite('actions on nginx', { skip }, () => {
  test('a reload only after the test has passed, with new workers to show for it', async () => {
    const app = keep(await startBackend());
    const { target, server, load } = await lab([app.address]);
    await target.seen('nginx.configuration');
    const good = readFileSync(server.file, 'utf8');
    writeFileSync(server.file, good.replace('stub_status;', 'stub_status'));
    assert.match(
      await refusal(target, 'nginx.reload', {}),
      /^the configuration does not pass: .* in \/.*nginx\.conf:\d+$/,
    );
    writeFileSync(server.file, good.replace('location / {', 'location /new { return 201; }\nlocation / {'));
    const plan = await planned(target, 'nginx.reload', {});
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    assert.match(await applied(target, plan), /was told to load/);
    await eventually(
      () => verified(target, plan),
      ({ good: isGood }) => isGood,
    );
    assert.equal((await fetch(`${server.url}/new`)).status, 201);
    assert.equal(await applied(target, plan), 'it was reloaded already', 'twice is once');
    writeFileSync(server.file, `${good}\n`);
    await assert.rejects(applied(target, plan), /has changed since it was planned/);
    assert.deepEqual(await load(1), [200]);
  });

  test('a broken file is put back while it runs, and the replaced one is the undo', async () => {
    const app = keep(await startBackend());
    const { target, server, logs } = await lab([app.address]);
    assert.match(await refusal(target, 'nginx.restore-last-good', {}), /passes nginx -t/);
    await target.seen('nginx.configuration');
    const good = readFileSync(server.file, 'utf8');
    const broken = good.replace('stub_status;', 'stub_status');
    writeFileSync(server.file, broken);
    assert.equal(readingOf(await target.seen('nginx.configuration'), 'nginx.configuration.valid'), 0);
    const plan = await planned(target, 'nginx.restore-last-good', {});
    assert.equal(plan.steps.length, 3);
    assert.match(
      String(plan.before.differences),
      /-\d+: .*stub_status access_log[\s\S]*\+\d+: .*stub_status; access_log/,
    );
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    const { mode } = statSync(server.file);
    assert.match(await applied(target, plan), /was written back; nginx was told to load it$/);
    assert.equal(readFileSync(server.file, 'utf8'), good);
    assert.equal(statSync(server.file).mode, mode);
    assert.deepEqual(await verified(target, plan).then((verdict) => [verdict.good, verdict.detail]), [
      true,
      'nginx -t passes and nginx answers',
    ]);
    assert.equal(await applied(target, plan), 'it was written back already');
    const replaced = readdirSync(join(logs, 'keep')).find((name) => name.startsWith('replaced-'));
    assert.equal(statSync(join(logs, 'keep', replaced ?? '')).mode & 0o77, 0, 'for Upkeep only');
    assert.match(await undone(target, plan), /was written back; nginx runs on/);
    assert.equal(readFileSync(server.file, 'utf8'), broken);
  });

  test('broken and stopped: it is put back and started', async () => {
    const app = keep(await startBackend());
    const { target, server, load } = await lab([app.address], {}, ({ folder, file }) => ({
      start: ['nginx', '-p', folder, '-c', file, '-e', 'stderr'],
    }));
    await target.seen('nginx.configuration');
    writeFileSync(server.file, readFileSync(server.file, 'utf8').replace('stub_status;', 'stub_status'));
    process.kill(server.pid, 'SIGTERM');
    await eventually(
      () => target.check('nginx.liveness'),
      ({ ok }) => !ok,
    );
    await eventually(
      async () => existsSync(join(server.folder, 'nginx.pid')),
      (isThere) => !isThere,
    );
    const plan = await planned(target, 'nginx.restore-last-good', {});
    assert.match(plan.steps.at(-1) ?? '', /^nginx -p /);
    const said = await applied(target, plan);
    const pid = Number(/was started as pid (\d+)$/.exec(said)?.[1]);
    assert.ok(pid > 0, said);
    ends.push(() => process.kill(pid, 'SIGTERM'));
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.deepEqual(await load(2), [200, 200]);
  });

  test('files that were added, linked and included come and go with it', async () => {
    const app = keep(await startBackend());
    const { target, server } = await lab([app.address]);
    const [enabled, available] = [join(server.folder, 'enabled'), join(server.folder, 'available')];
    for (const folder of [enabled, available]) mkdirSync(folder);
    writeFileSync(join(available, 'a'), 'map $uri $a { default 1; }');
    symlinkSync(join(available, 'a'), join(enabled, 'a'));
    writeFileSync(
      server.file,
      readFileSync(server.file, 'utf8').replace('http {', `http {\n include enabled/*;`),
    );
    assert.equal(readingOf(await target.seen('nginx.configuration'), 'nginx.configuration.valid'), 1);
    writeFileSync(join(available, 'a'), 'map $uri $a { default 1; ');
    writeFileSync(join(available, 'b'), 'nonsense;');
    symlinkSync(join(available, 'b'), join(enabled, 'b'));
    const plan = await planned(target, 'nginx.restore-last-good', {});
    assert.ok(plan.steps.some((step) => step.startsWith(`take away ${join(enabled, 'b')}`)));
    await applied(target, plan);
    assert.ok(lstatSync(join(enabled, 'a')).isSymbolicLink(), 'links stay links');
    assert.equal(readFileSync(join(available, 'a'), 'utf8'), 'map $uri $a { default 1; }');
    assert.ok(!existsSync(join(enabled, 'b')));
    assert.equal(
      readFileSync(join(available, 'b'), 'utf8'),
      'nonsense;',
      'what the link pointed to is nobody’s to delete',
    );
    await undone(target, plan);
    assert.ok(lstatSync(join(enabled, 'b')).isSymbolicLink());
    assert.equal(readFileSync(join(available, 'a'), 'utf8'), 'map $uri $a { default 1; ');
  });

  test('nothing is planned where nothing that passed is kept, or the test may not see enough', async () => {
    const app = keep(await startBackend());
    const { target, server } = await lab([app.address]);
    writeFileSync(server.file, 'nonsense');
    assert.match(
      await refusal(target, 'nginx.restore-last-good', {}),
      /^no configuration that passed is kept/,
    );
    const blind = await lab([app.address], {}, () => ({ command: ['false'] }));
    for (const id of ['nginx.restore-last-good', 'nginx.reload'])
      assert.match(await refusal(blind.target, id, {}), /is not known|does not pass/);
  });
});

test('lines that differ, with their numbers on both sides', () => {
  assert.deepEqual(changedLines('a\nb\nc\nd', 'a\nx\nc\nd\ne'), ['-2: b', '+2: x', '+5: e']);
  assert.deepEqual(changedLines('a\nb', 'a\nb'), []);
  assert.deepEqual(changedLines('a\na\nb', 'a\nb'), ['-2: a']);
});
