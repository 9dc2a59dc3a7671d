import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { haproxyServer, startHaproxy } from '../../../../test/servers/haproxy.ts';
import {
  type Backend,
  ofVersion,
  openLab,
  startBackend,
  startBackendProcess,
} from '../../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { lastListener } from '../../../machine/last-listener.ts';
import { haproxy } from '../index.ts';

const skip = missing(haproxyServer);
const folder = new URL('./recorded', import.meta.url).pathname;
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
/** Asks and keeps what was seen. */
const diagnosed = async (
  name: string,
  target: TriedTarget,
  id: string,
  known: Parameters<TriedTarget['diagnose']>[1] = {},
) => {
  const seen = await target.diagnose(id, known);
  record(folder, name, id, seen);
  return seen.findings;
};

suite('diagnoses of HAProxy', { skip }, () => {
  test('a server whose process was killed: who listened there, and what is left', async () => {
    const [one, two] = [keep(await startBackendProcess()), keep(await startBackend())];
    const { target, stands } = await lab({ backends: [one.address, two.address], checkPath: '/' });
    await stands('app1', 1);
    await stands('app2', 1);
    await eventually(
      () => lastListener({ host: '127.0.0.1', port: one.port }),
      (last) => last?.pid === one.pid,
    );
    assert.deepEqual(await diagnosed('all-well', target, 'haproxy.server-down'), []);
    await one.stop();
    await stands('app1', 0);
    const [finding, ...more] = await diagnosed('server-killed', target, 'haproxy.server-down');
    assert.deepEqual(more, []);
    assert.match(
      finding?.summary ?? '',
      new RegExp(
        `^app1 of backend app is down: nobody listens on ${one.address}: shop-api \\(pid ${one.pid}\\), which did, has ended$`,
      ),
    );
    assert.match(finding?.explanation ?? '', /L4CON.*1 server of the backend still serves/);
    assert.ok((finding?.confidence ?? 0) > 0.9);
    assert.deepEqual(await diagnosed('killed-no-wrong-check', target, 'haproxy.wrong-check'), []);
  });

  test('a frozen server is told from a dead one, and what is declared for it is continued', async () => {
    const one = keep(await startBackendProcess());
    const { target, stands } = await lab({ backends: [one.address], checkPath: '/' });
    await stands('app1', 1);
    process.kill(one.pid, 'SIGSTOP');
    await stands('app1', 0);
    const at = Date.now();
    const [finding] = await diagnosed('server-frozen', target, 'haproxy.server-down', {
      dependencies: ['api-process'],
      latest: (name, metric) =>
        name === 'api-process'
          ? [{ labels: {}, value: metric === 'process.up' || metric === 'process.frozen' ? 1 : 0, at }]
          : [],
    });
    assert.match(
      finding?.summary ?? '',
      new RegExp(`^app1, the only server of backend app, is down: shop-api \\(pid ${one.pid}\\) is stopped`),
    );
    assert.deepEqual(
      finding?.recommendations.map(({ action, target: on }) => [action, on]),
      [['process.resume', 'api-process']],
    );
  });

  test('a renamed health path: the servers work, the check is wrong, nothing is restarted', async () => {
    const [one, two] = [keep(await startBackend()), keep(await startBackend())];
    const { target, stands } = await lab({ backends: [one.address, two.address], checkPath: '/healthz' });
    await stands('app1', 1);
    for (const server of [one, two]) server.answers({ '/healthz': 404 });
    await stands('app1', 0);
    await stands('app2', 0);
    // Each server is asked once more; on a busy machine one may not answer in time.
    const [finding, ...more] = await eventually(
      () => diagnosed('health-path-renamed', target, 'haproxy.wrong-check'),
      ([first]) => /^all 2 servers/.test(first?.summary ?? ''),
    );
    assert.deepEqual(more, []);
    assert.equal(
      finding?.summary,
      'all 2 servers of backend app are down: its check of /healthz gets 404 while / is answered with 200',
    );
    assert.match(finding?.explanation ?? '', /Restarting the application would change nothing/);
    assert.deepEqual(
      finding?.recommendations.map(({ action }) => action),
      ['haproxy.suspend-check', 'haproxy.suspend-check'],
    );
    assert.deepEqual(await diagnosed('renamed-is-not-down', target, 'haproxy.server-down'), []);
    for (const server of [one, two]) server.answers({ '/healthz': 404 }, 400);
    await eventually(
      () => target.diagnose('haproxy.wrong-check'),
      ({ findings, evidence }) => {
        const down = evidence.find(({ id }) => id === 'tried.servers-down')?.table;
        const code = down?.columns.indexOf('code') ?? -1;
        const isUnderWay = down?.rows.some((row) => row[code] === null) ?? false;
        if (isUnderWay) assert.match(findings[0]?.summary ?? '', /^all 2 servers .* gets 404 while/);
        return isUnderWay;
      },
    );
    for (const server of [one, two]) server.answers({ '*': 500 });
    await eventually(
      () => target.diagnose('haproxy.server-down'),
      ({ findings }) => /answers its check with 500/.test(findings[0]?.summary ?? ''),
    );
    assert.deepEqual((await target.diagnose('haproxy.wrong-check')).findings, [], 'ill is not a wrong check');
  });

  test('half the requests of one server fail: it is named and drained; when all fail alike nobody is', async () => {
    const [good, bad] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load } = await lab({ backends: [good.address, bad.address] });
    await target.seen('haproxy.servers');
    await load(100);
    assert.deepEqual(await diagnosed('split-even', target, 'haproxy.bad-server'), []);
    bad.answers({ '*': 500 });
    await load(100);
    const [finding] = await diagnosed('one-of-two-bad', target, 'haproxy.bad-server');
    assert.match(
      finding?.summary ?? '',
      /^app2 of backend app fails \d+ % of its requests, the other server 0 %$/,
    );
    assert.deepEqual(finding?.recommendations[0]?.input, { backend: 'app', server: 'app2' });
    const shared = await lab({ backends: [good.address, bad.address] });
    good.answers({ '*': 500 });
    await shared.target.seen('haproxy.servers');
    await shared.load(100);
    assert.deepEqual(await diagnosed('all-bad-alike', shared.target, 'haproxy.bad-server'), []);
  });

  test('a full server with requests that wait: capacity with its usual times, slowness when they rose', async () => {
    const one = keep(await startBackend());
    const { target, load } = await lab({ backends: [one.address], serverWords: 'maxconn 2' });
    one.answers({}, 400);
    const under = load(60, 12);
    await eventually(
      () => target.diagnose('haproxy.saturated'),
      ({ evidence, findings }) => {
        const rows = evidence.flatMap(({ table }) => table?.rows ?? []);
        return (
          findings.length > 0 &&
          rows.some(([kind, , , , , , seconds]) => kind === 'server' && Number(seconds) > 0.3)
        );
      },
    );
    const history = (usual: number) => async () => [
      { labels: {}, at: [], values: Array.from({ length: 20 }, () => usual) },
    ];
    const [unknown] = await diagnosed('queue-new', target, 'haproxy.saturated');
    assert.match(unknown?.summary ?? '', /^\d+ requests wait in backend app: .* app1 \(2 of 2\)$/);
    assert.deepEqual(unknown?.recommendations, [], 'not without knowing how long it usually takes');
    const [capacity] = await diagnosed('queue-capacity', target, 'haproxy.saturated', {
      history: history(0.35),
    });
    assert.equal(capacity?.nature, 'capacity');
    assert.deepEqual(capacity?.recommendations[0]?.input, { backend: 'app', server: 'app1', maxconn: 3 });
    const [slow] = await diagnosed('queue-slow', target, 'haproxy.saturated', { history: history(0.02) });
    assert.match(slow?.summary ?? '', /because app1 became slow: \d+ ms, usually 20 ms$/);
    assert.deepEqual(slow?.recommendations, []);
    await under;
    assert.deepEqual(await diagnosed('queue-gone', target, 'haproxy.saturated'), []);
  });

  test('a full frontend: a wider limit is proposed where the servers are as fast as usual', async () => {
    const one = keep(await startBackend());
    const { socket, load } = await lab({
      backends: [one.address],
      frontendLines: ['maxconn 4'],
    });
    const mended = await ofVersion(socket, '3.1.2');
    ends.push(() => mended.stop());
    const target = tryTarget(haproxy, { socket: mended.socket });
    one.answers({}, 400);
    const under = load(40, 6);
    const history = (usual: number) => ({
      history: async () => [{ labels: {}, at: [], values: Array.from({ length: 20 }, () => usual) }],
    });
    const full = await eventually(
      () => target.diagnose('haproxy.saturated', history(0.4)),
      ({ evidence, findings }) => {
        const rows = evidence.flatMap(({ table }) => table?.rows ?? []);
        return (
          (findings[0]?.recommendations.length ?? 0) > 0 &&
          rows.some(([kind, , , , , , seconds]) => kind === 'server' && Number(seconds) > 0.3)
        );
      },
    );
    assert.match(full.findings[0]?.summary ?? '', /^frontend web has 4 of 4 sessions/);
    const [wider] = full.findings[0]?.recommendations ?? [];
    assert.equal(wider?.action, 'haproxy.set-frontend-maxconn');
    assert.deepEqual(wider?.input, { frontend: 'web', maxconn: 6 });
    for (const [why, known] of [
      ['slower than usual: more would come to them', history(0.02)],
      ['nobody knows how long they usually take', {}],
    ] as const) {
      const { findings } = await target.diagnose('haproxy.saturated', known);
      assert.deepEqual(findings[0]?.recommendations, [], why);
    }
    const old = await ofVersion(socket, '2.6.12-1+deb12u4');
    ends.push(() => old.stop());
    const { findings } = await tryTarget(haproxy, { socket: old.socket }).diagnose(
      'haproxy.saturated',
      history(0.4),
    );
    assert.match(findings[0]?.summary ?? '', /^frontend web has/);
    assert.deepEqual(findings[0]?.recommendations, [], 'this release may end by it');
    await under;
  });

  test('a HAProxy that has ended is told as ended while another runs on this machine', async () => {
    const place = temporaryFolder('socket');
    ends.push(() => removeFolder(place));
    const socket = join(place, 'admin.sock');
    const other = await startHaproxy({ backends: ['127.0.0.1:1'] });
    ends.push(() => other.stop('SIGKILL'));
    const server = await startHaproxy({ backends: ['127.0.0.1:1'], global: [`stats socket ${socket}`] });
    const target = tryTarget(haproxy, { socket });
    await target.seen('haproxy.liveness');
    await server.stop('SIGKILL');
    const [finding] = (await target.diagnose('haproxy.socket-dead')).findings;
    assert.match(
      finding?.summary ?? '',
      /^HAProxy \(pid \d+\), which answered there, has ended: nobody listens/,
    );
    assert.equal(finding?.confidence, 0.97);
  });

  test('a socket that nobody answers', async () => {
    const place = temporaryFolder('socket');
    ends.push(() => removeFolder(place));
    const socket = join(place, 'admin.sock');
    const server = await startHaproxy({ backends: ['127.0.0.1:1'], global: [`stats socket ${socket}`] });
    const target = tryTarget(haproxy, { socket });
    assert.deepEqual((await target.diagnose('haproxy.socket-dead')).findings, []);
    await server.stop('SIGKILL');
    const [finding] = (await target.diagnose('haproxy.socket-dead')).findings;
    assert.match(
      finding?.summary ?? '',
      /HAProxy (does not run|runs .* and does not answer on this socket): nobody listens/,
    );
  });
});
