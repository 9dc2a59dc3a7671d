import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { busybox, type Podman, podman, runc, startPodman } from '../../../test/servers/podman.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../test/try-action.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../test/try-target.ts';
import { container } from './index.ts';

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
      ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'],
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
      (summaries) =>
        /^hungry was killed.* for want of memory at its limit of 16 MiB$/.test(summaries[0] ?? ''),
      15_000,
    );
    await all.bound.close();
  });
});
