import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { busybox, type Podman, podman, runc, startPodman } from '../../../test/servers/podman.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../test/try-action.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../test/try-target.ts';
import { containersEnded } from './diagnoses/look.ts';
import { container } from './index.ts';

test('the kernel names the container that it took a process from', () => {
  const id = '02d317b5f90de99f6ab6b4904e5ed27a0a9d11e4c2b0fabb20db1567f75ad3c7';
  const line = (group: string) =>
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${group},task_memcg=${group},task=node,pid=7,uid=0`;
  for (const group of [`/libpod_parent/libpod-${id}`, `/docker/${id}`, `/system.slice/docker-${id}.scope`])
    assert.deepEqual([...containersEnded([line(group)])], [[id, 'node']], group);
  assert.deepEqual([...containersEnded([line('/user.slice'), `EXT4-fs error ${id}`])], []);
});

test('a socket that is not there is told as an engine that does not run', async () => {
  const outcome = await tryTarget(container, { socket: '/nonexistent/docker.sock' }).check(
    'container.liveness',
  );
  assert.ok(!outcome.ok && outcome.why === 'refused');
  assert.match(outcome.detail, /does not run/);
});

describe('containers of a real engine', { skip: missing(podman, runc, busybox) }, () => {
  let engine: Podman;
  let target: TriedTarget;

  before(async () => {
    engine = await startPodman();
    await engine.run(
      'web',
      ['--env', 'API_TOKEN=hush-hush-0123456789'],
      ['/bin/sh', '-c', 'trap "exit 0" TERM; trap "echo heard" USR1; while :; do sleep 1; done'],
    );
    target = tryTarget(container, { socket: engine.socket, containers: ['web', 'taken', 'bare'] });
  });
  after(async () => {
    await target?.bound.close();
    await engine?.stop();
  });

  test('state and usage are seen; the ledger gets names of the environment and no values', async () => {
    assert.match((await target.seen('container.liveness')).detail ?? '', /^Podman 4/);
    const outcome = await target.seen('container.state');
    assert.equal(readingOf(outcome, 'container.running', { container: 'web' }), 1);
    assert.equal(readingOf(outcome, 'container.running', { container: 'taken' }), 0);
    assert.equal(outcome.snapshots?.[0]?.values['web env API_TOKEN'], 'set');
    assert.ok(!JSON.stringify(outcome).includes('hush-hush'));
    const usage = await target.seen('container.usage');
    assert.ok((readingOf(usage, 'container.memory', { container: 'web' }) ?? 0) > 0);
    await target.seen('container.storage');
  });

  test('one that was stopped is started again under the guard, and stopped by the undo', async () => {
    await engine.command('stop', '--time', '0', 'web');
    const { findings } = await target.diagnose('container.crash-loop');
    const [recommended] = findings.flatMap(({ recommendations }) => recommendations);
    assert.deepEqual(recommended?.input, { container: 'web' });
    const plan = await planned(target, 'container.start', { container: 'web' });
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    await applied(target, plan);
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.match(await applied(target, plan), /already/);
    await undone(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    await applied(target, plan);
    assert.match(await refusal(target, 'container.start', { container: 'web' }), /web is running/);
    assert.match(await refusal(target, 'container.stop', { container: 'other' }), /no other is touched/);
  });

  test('one that was paused is found and resumed', async () => {
    await engine.command('pause', 'web');
    const { findings } = await target.diagnose('container.unhealthy');
    assert.equal(findings[0]?.recommendations[0]?.action, 'container.resume');
    const plan = await planned(target, 'container.resume', { container: 'web' });
    await applied(target, plan);
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
  });

  test('a signal is sent where the first process handles it, and goes to no other container', async () => {
    assert.match(
      await refusal(target, 'container.signal', { container: 'web', signal: 'SIGHUP' }),
      /does not handle SIGHUP/,
    );
    assert.match(
      await refusal(target, 'container.signal', { container: 'other', signal: 'SIGUSR1' }),
      /no other is touched/,
    );
    const plan = await planned(target, 'container.signal', { container: 'web', signal: 'SIGUSR1' });
    await assertGuarded(target, plan);
    await applied(target, plan);
    assert.equal((await verified(target, plan)).good, true);
    await eventually(
      () => engine.command('logs', 'web'),
      (log) => log.includes('heard'),
    );
  });

  test('copies are made from the declared one on the next ports, answer, and are removed again', async () => {
    const port = await freePort();
    const serve = 'trap "exit 0" TERM; /bin/busybox httpd -f -p 127.0.0.1:$PORT -h / & wait';
    await engine.run('site', ['--env', `PORT=${port}`, '--env', 'MODE=plain'], ['/bin/sh', '-c', serve]);
    const scaled = tryTarget(container, {
      socket: engine.socket,
      containers: ['site'],
      scale: { site: { min: 2, max: 3, port, env: { PORT: '{port}' } } },
    });
    const answers = async (index: number) =>
      fetch(`http://127.0.0.1:${port + index}/bin/`).then(
        ({ status }) => status,
        () => 0,
      );
    const settle = (plan: Parameters<typeof verified>[1]) =>
      eventually(
        () => verified(scaled, plan),
        ({ good }) => good,
        120_000,
      );
    const copies = { container: 'site' };
    assert.equal(readingOf(await scaled.seen('container.copies'), 'container.copies.missing', copies), 1);
    const [finding] = (await scaled.diagnose('container.load')).findings;
    assert.deepEqual(finding?.recommendations[0]?.input, { container: 'site', copies: 2 });
    assert.match(await refusal(scaled, 'container.scale', { ...copies, copies: 4 }), /between 2 and 3/);

    const out = await planned(scaled, 'container.scale', { ...copies, copies: 3 });
    await assertGuarded(scaled, out);
    await applied(scaled, out);
    await settle(out);
    assert.match(await applied(scaled, out), /3 copies run already/);
    assert.ok((await answers(2)) > 0);
    assert.match(await engine.command('inspect', 'site-3', '--format', '{{.Config.Env}}'), /MODE=plain/);

    const back = await planned(scaled, 'container.scale', { ...copies, copies: 2 });
    assert.deepEqual(back.steps, ['docker stop -t 10 site-3', 'docker rm site-3']);
    await applied(scaled, back);
    await settle(back);
    assert.equal(await answers(2), 0);
    assert.ok((await answers(1)) > 0);
    assert.doesNotMatch(await engine.command('ps', '--all', '--format', '{{.Names}}'), /site-3/);
    await undone(scaled, back);
    await eventually(
      () => answers(2),
      (status) => status > 0,
    );

    await engine.command('rm', '--force', '--time', '0', 'site-3');
    await engine.run('site-3', [], ['/bin/sleep', '60']);
    await assert.rejects(planned(scaled, 'container.scale', { ...copies, copies: 3 }), /did not make/);
    await engine.command('rm', '--force', '--time', '0', 'site', 'site-2', 'site-3');
    await scaled.bound.close();
  });

  test('a port that is taken and a variable that is missing are told by their last words', async () => {
    await engine.run(
      'taken',
      [],
      ['/bin/sh', '-c', 'echo "listen EADDRINUSE: address already in use 0.0.0.0:8080"; exit 1'],
    );
    await engine.run('bare', [], ['/bin/sh', '-c', 'echo "DATABASE_URL is not set"; exit 1']);
    const summaries = async (id: string) =>
      (await target.diagnose(id)).findings.map(({ summary }) => summary);
    await eventually(
      () => summaries('container.port-conflict'),
      (all) => all[0] === 'taken does not start: port 8080 is taken by another process',
    );
    await eventually(
      () => summaries('container.missing-variable'),
      (all) => all[0] === 'bare ends at its start: DATABASE_URL is not set',
    );
    assert.deepEqual(await summaries('container.crash-loop'), []);
  });

  test('one that outgrows its limit is told as killed for want of memory', async () => {
    const hungry = ['/bin/tail', '/dev/zero'];
    await engine.run('hungry', ['--memory', '16m', '--memory-swap', '16m'], hungry);
    const all = tryTarget(container, { socket: engine.socket });
    await eventually(
      async () => (await all.diagnose('container.out-of-memory')).findings.map(({ summary }) => summary),
      (summaries) => summaries[0] === 'hungry was killed for want of memory at its limit of 16 MiB',
      120_000,
    );
    await all.bound.close();
  });
});
