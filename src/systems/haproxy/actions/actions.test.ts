import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { haproxyServer } from '../../../../test/servers/haproxy.ts';
import { type Backend, ofVersion, openLab, startBackend } from '../../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import type { ActionContext } from '../../../core/action.ts';
import { order } from '../../../protocols/haproxy/runtime.ts';
import { haproxy } from '../index.ts';

const skip = missing(haproxyServer);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const keep = (started: Backend) => {
  ends.push(() => started.stop());
  return started;
};
const lab = async (options: Parameters<typeof openLab>[0]) => {
  const opened = await openLab(options);
  ends.push(() => opened.stop());
  return opened;
};
const isGood = (target: TriedTarget, plan: Awaited<ReturnType<typeof planned>>) =>
  eventually(
    () => verified(target, plan),
    ({ good }) => good,
  );
const app = (server: string) => ({ backend: 'app', server });

/** How much of its requests the bad one fails of late, as a fresh plan says it. */
const plannedAgain = async (target: TriedTarget): Promise<number | null> => {
  const { before } = await planned(target, 'haproxy.drain-server', app('app2'));
  return typeof before.serverErrorRatio === 'number' ? before.serverErrorRatio : null;
};

suite('actions on HAProxy', { skip }, () => {
  test('a bad server is drained while a healthy one stays, and given back', async () => {
    const [good, bad] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load, stands } = await lab({ backends: [good.address, bad.address], checkPath: '/live' });
    await stands('app2', 1);
    bad.answers({ '/': 500 });
    await target.seen('haproxy.servers');
    await load(100);
    assert.match(
      await refusal(target, 'haproxy.drain-server', app('app1')),
      /no healthy server of backend app would stay/,
    );
    const plan = await planned(target, 'haproxy.drain-server', app('app2'));
    assert.deepEqual(plan.steps, ['set server app/app2 state drain']);
    assert.ok(Number(plan.before.backendErrorRatio) > 0.4);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    assert.equal(await applied(target, plan), 'app2 of app gets no new requests');
    assert.deepEqual([...new Set(await load(40))], [200]);
    assert.match((await isGood(target, plan)).detail, /^drained; errors of the backend since: (0 %|unknown)/);
    assert.equal(await applied(target, plan), 'app2 was taken out already', 'twice is once');
    assert.match(
      await refusal(target, 'haproxy.drain-server', app('app1')),
      /no healthy server/,
      'never the last one',
    );

    const ready = await planned(target, 'haproxy.ready-server', app('app2'));
    bad.answers({});
    assert.equal(await applied(target, ready), 'app2 of app gets requests again');
    await isGood(target, ready);
    assert.match(await undone(target, ready), /taken out again/);
    await stands('app2', 2);
    assert.match(await undone(target, plan), /gets requests again/);
    await stands('app2', 1);
  });

  test('which server of a pair takes writes is for its failover to say; a standby gets no requests', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const servers = [
      ['primary', 'app1', 'db1'],
      ['replica', 'app2', 'db2'],
    ] as const;
    const paired = servers.map(([side, server, target]) => ({
      ...{ pair: 'shop', backend: 'app', side, server, target },
    }));
    const backends = [one.address, two.address];
    const { target, socket, stands } = await lab({ backends, checkPath: '/live', paired });
    const set = (server: string, state: string) =>
      order(socket, [['set', 'server', `app/${server}`, 'state', state]], AbortSignal.timeout(60_000));
    await set('app2', 'maint');
    await one.stop();
    await stands('app1', 0);
    await stands('app2', 2);
    assert.deepEqual((await target.diagnose('haproxy.taken-out')).findings, [], 'it stands aside by design');
    assert.equal(
      await refusal(target, 'haproxy.ready-server', app('app2')),
      'app2 is the replica of failover shop: requests are led to it by postgres.promote of db2 alone, which fences the primary first',
    );
    await set('app1', 'maint');
    await stands('app1', 2);
    const [finding] = (await target.diagnose('haproxy.taken-out')).findings;
    assert.match(
      finding?.explanation ?? '',
      /app1 is the primary of failover shop: a promotion takes it out/,
    );
    assert.deepEqual(finding?.recommendations, []);
    assert.match(await refusal(target, 'haproxy.ready-server', app('app1')), /two primaries would write/);

    const bare = await lab({ backends, checkPath: '/live' });
    await order(bare.socket, [['set', 'server', 'app/app2', 'state', 'maint']], AbortSignal.timeout(60_000));
    await bare.stands('app2', 2);
    const context = (standbys: readonly string[]): ActionContext => ({
      ...bare.target.context(),
      targetsAt: (place) => [place],
      latest: (name, metric) =>
        metric === 'postgres.standby' ? [{ value: standbys.includes(name) ? 1 : 0, at: Date.now() }] : [],
    });
    const ready = bare.target.action('haproxy.ready-server');
    const given = ready.input.parse(app('app2'));
    const asStandby = await ready.plan(given, context([two.address]));
    assert.match('refused' in asStandby ? asStandby.refused : '', /a standby in recovery.*Promote it first/);
    const reads = await ready.plan(given, context(backends));
    assert.ok(!('refused' in reads), 'a backend of standbys only is read from');
  });

  test('a server that is well again is not drained for what it did before', async () => {
    const [good, bad] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load, stands } = await lab({ backends: [good.address, bad.address], checkPath: '/live' });
    await stands('app2', 1);
    bad.answers({ '/': 500 });
    await load(100);
    const plan = await planned(target, 'haproxy.drain-server', app('app2'));
    assert.ok(Number(plan.before.serverErrorRatio) > 0.9);
    bad.answers({});
    const refused = await eventually(
      async () => {
        await load(60);
        await target.seen('haproxy.servers');
        return plannedAgain(target);
      },
      // Told as "0 %".
      (ratio) => ratio !== null && ratio < 0.005,
      120_000,
    );
    assert.notEqual(refused, null);
    await assert.rejects(applied(target, plan), /failed \d+ % of its requests when this was planned and 0 %/);
    await stands('app2', 1);
  });

  test('a drain that does not help is not good', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load } = await lab({ backends: [one.address, two.address], checkPath: '/live' });
    const plan = await planned(target, 'haproxy.drain-server', app('app2'));
    await applied(target, plan);
    one.answers({ '/': 500 });
    await eventually(
      async () => {
        await load(10);
        return verified(target, plan);
      },
      ({ good, detail }) => !good && /no healthy server|errors of the backend since: \d+ %/.test(detail),
    );
  });

  test('what fails its check is not given back; servers that are not there are told', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const { target, stands } = await lab({ backends: [one.address, two.address], checkPath: '/live' });
    await stands('app2', 1);
    await applied(target, await planned(target, 'haproxy.drain-server', app('app2')));
    two.answers({ '/live': 503 });
    await eventually(
      () => refusal(target, 'haproxy.ready-server', app('app2')),
      (why) => /its health check fails \(L7STS|is not taken out \(DOWN\)/.test(why),
    );
    assert.match(await refusal(target, 'haproxy.drain-server', app('app9')), /there is no server app9/);
    assert.throws(() =>
      target.action('haproxy.drain-server').input.parse(app('app1; disable server app/app1')),
    );
  });

  test('weights and limits within bounds, and back', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const { target } = await lab({
      backends: [one.address, two.address],
      serverWords: 'maxconn 10 weight 100',
    });
    const weigh = { ...app('app1'), weight: 10 };
    const weight = await planned(target, 'haproxy.set-weight', weigh);
    await assertGuarded(target, weight);
    await applied(target, weight);
    assert.equal((await verified(target, weight)).good, true);
    assert.match(await refusal(target, 'haproxy.set-weight', weigh), /weight 10 already/);
    assert.match(await undone(target, weight), /weight 100 again/);
    assert.throws(() => target.action('haproxy.set-weight').input.parse({ ...weigh, weight: 0 }));

    for (const maxconn of [4, 21])
      assert.match(
        await refusal(target, 'haproxy.set-maxconn', { ...app('app1'), maxconn }),
        /is not between 5 and 20/,
      );
    const limit = await planned(target, 'haproxy.set-maxconn', { ...app('app1'), maxconn: 15 });
    await assertGuarded(target, limit);
    await applied(target, limit);
    assert.deepEqual((await verified(target, limit)).after?.limit, 15);
    assert.match(await undone(target, limit), /is 10 again/);
  });

  test('a raised limit is good when fewer wait, and not when as many do', async () => {
    const one = keep(await startBackend());
    const { target, load } = await lab({ backends: [one.address], serverWords: 'maxconn 2' });
    one.answers({}, 150);
    const under = load(80, 12);
    const queued = await eventually(
      () => target.seen('haproxy.proxies'),
      ({ readings }) =>
        readings.some(({ metric, value }) => metric === 'haproxy.backend.queued' && value >= 8),
    );
    assert.ok(queued);
    const plan = await planned(target, 'haproxy.set-maxconn', { ...app('app1'), maxconn: 4 });
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    await applied(target, plan);
    await isGood(target, plan);
    await under;
  });

  test('the limit of a frontend within bounds, and back', async () => {
    const one = keep(await startBackend());
    const opened = await lab({ backends: [one.address], frontendLines: ['maxconn 4'] });
    const id = 'haproxy.set-frontend-maxconn';
    const web = (maxconn: number) => ({ frontend: 'web', maxconn });
    const mended = await ofVersion(opened.socket, '3.0.6-1');
    ends.push(() => mended.stop());
    const target = tryTarget(haproxy, { socket: mended.socket });
    for (const maxconn of [1, 9])
      assert.match(await refusal(target, id, web(maxconn)), /is not between 2 and 8/);
    assert.match(await refusal(target, id, { frontend: 'other', maxconn: 4 }), /no frontend other/);
    assert.match(await refusal(target, id, web(4)), /is 4 already/);
    const plan = await planned(target, id, web(8));
    assert.deepEqual(plan.steps, ['set maxconn frontend web 8']);
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    await assertGuarded(target, plan);
    assert.equal(await applied(target, plan), 'frontend web takes 8 sessions at a time');
    assert.match((await isGood(target, plan)).detail, /^\d of 8 sessions$/);
    assert.equal(await applied(target, plan), 'the limit of web is 8 already', 'twice is once');
    one.answers({}, 4_000);
    const under = opened.load(8, 8);
    const full = await eventually(
      () => verified(target, plan),
      ({ good }) => !good,
    );
    assert.equal(full.detail, 'it is full again: 8 of 8 sessions');
    await under;
    assert.match(await undone(target, plan), /of web is 4 again/);

    const old = await ofVersion(opened.socket, '2.6.12-1+deb12u4');
    ends.push(() => old.stop());
    const why = await refusal(tryTarget(haproxy, { socket: old.socket }), id, web(8));
    assert.match(why, /^HAProxy 2\.6\.12-1\+deb12u4 may lock itself up and end .* haproxy\.cfg and reload$/);
  });

  test('a declared spare is added, serves, and goes again; no other address is', async () => {
    const [one, spare] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load } = await lab({
      backends: [one.address],
      checkPath: '/live',
      backendLines: ['balance roundrobin'],
      settings: { spares: { app: [spare.address, '127.0.0.1:1'] } },
    });
    const add = { ...app('spare1'), address: spare.address };
    for (const [address, why] of [
      ['127.0.0.1:22', /is not declared for app/],
      ['127.0.0.1:1', /nobody serves at 127\.0\.0\.1:1/],
    ] as const)
      assert.match(await refusal(target, 'haproxy.add-server', { ...add, address }), why);
    const plan = await planned(target, 'haproxy.add-server', add);
    await assertGuarded(target, plan);
    assert.match(await applied(target, plan), /was added to app$/);
    assert.equal(await applied(target, plan), 'spare1 is there already');
    await isGood(target, plan);
    await one.stop();
    await eventually(
      () => load(4),
      (statuses) => statuses.every((status) => status === 200),
    );
    assert.match(await undone(target, plan), /taken out of app/);
    assert.match(
      await refusal(target, 'haproxy.ready-server', app('spare1')),
      /there is no server spare1|^planned/,
    );
  });

  test('a check of a wrong path is suspended only where the server answers well', async () => {
    const one = keep(await startBackend());
    const { target, load, stands } = await lab({ backends: [one.address], checkPath: '/healthz' });
    await stands('app1', 1);
    assert.match(await refusal(target, 'haproxy.suspend-check', app('app1')), /there is nothing to mend/);
    one.answers({ '*': 500 });
    await stands('app1', 0);
    assert.match(
      await refusal(target, 'haproxy.suspend-check', app('app1')),
      /may be ill|answers \/ with 500/,
    );
    one.answers({ '/healthz': 404 });
    const plan = await eventually(
      () => planned(target, 'haproxy.suspend-check', app('app1')).catch(() => undefined),
      (made) => made !== undefined,
    );
    assert.ok(plan);
    await assertGuarded(target, plan);
    assert.deepEqual([...new Set(await load(4))], [503]);
    await applied(target, plan);
    await isGood(target, plan);
    assert.deepEqual([...new Set(await load(4))], [200]);
    assert.match(await undone(target, plan), /is checked again/);
    await stands('app1', 0);
  });

  test('while its health check is under way, its end is waited for', async () => {
    const one = keep(await startBackend());
    const { target, stands } = await lab({ backends: [one.address], checkPath: '/healthz' });
    one.answers({ '/healthz': 404 }, 150);
    await stands('app1', 0);
    for (let look = 0; look < 8; look++) {
      const { before } = await planned(target, 'haproxy.suspend-check', app('app1'));
      assert.deepEqual([before.check, before.code], ['L7STS', 404]);
    }
  });

  test('with the level operator the permission that lacks is told', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const { target } = await lab({ backends: [one.address, two.address], level: 'operator' });
    const plan = await planned(target, 'haproxy.drain-server', app('app2'));
    await assert.rejects(applied(target, plan), /Permission denied/);
  });
});
