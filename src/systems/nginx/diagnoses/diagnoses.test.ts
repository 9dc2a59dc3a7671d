import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { type Backend, startBackend, startBackendProcess } from '../../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { nginxServer } from '../../../../test/servers/nginx.ts';
import { openNginx } from '../../../../test/servers/nginx-lab.ts';
import { freeze } from '../../../../test/servers/process.ts';
import { refusal } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, targetName } from '../../../../test/try-target.ts';

const skip = missing(nginxServer);
const folder = new URL('./recorded', import.meta.url).pathname;
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

suite('diagnoses of nginx', { skip }, () => {
  test('a semicolon is deleted: the line, what was changed, and whether it still runs', async () => {
    const app = keep(await startBackend());
    const { target, server } = await lab([app.address]);
    const good = readFileSync(server.file, 'utf8');
    await target.seen('nginx.configuration');
    assert.deepEqual(await diagnosed('valid', target, 'nginx.broken-configuration'), []);
    writeFileSync(server.file, good.replace('stub_status;', 'stub_status'));
    const now = Date.now();
    const change = {
      ...{
        id: 'c1',
        kind: 'configuration' as const,
        target: targetName,
        service: null,
        summary: 'http > server > stub_status -> access_log off',
      },
      ...{
        differences: [],
        after: now - 15_000,
        at: now,
        source: 'nginx.configuration',
        isReported: false,
        url: null,
      },
    };
    const [finding, ...more] = await diagnosed('semicolon-deleted', target, 'nginx.broken-configuration', {
      changes: [change],
    });
    assert.deepEqual(more, []);
    assert.match(
      finding?.summary ?? '',
      /^the configuration is broken and nginx runs on with what it loaded before: .* in \/.*nginx\.conf:\d+$/,
    );
    assert.match(
      finding?.explanation ?? '',
      /What was changed since it passed last:\n\/.*nginx\.conf\n-(\d+): .*stub_status; access_log off; }\n\+\1: .*stub_status access_log off; }/,
    );
    assert.equal(finding?.change, 'c1');
    assert.deepEqual(
      finding?.recommendations.map(({ action }) => action),
      ['nginx.restore-last-good'],
    );
    process.kill(server.pid, 'SIGTERM');
    await eventually(
      () => target.diagnose('nginx.broken-configuration'),
      ({ findings }) =>
        /^nginx does not run, and its configuration is broken: /.test(findings[0]?.summary ?? ''),
    );
  });

  test('the files are the same and it does not pass: what they refer to has changed, and nothing is put back', async () => {
    const app = keep(await startBackend());
    const { target, server, logs } = await lab([app.address]);
    const elsewhere = join(logs, 'elsewhere');
    mkdirSync(elsewhere);
    const good = readFileSync(server.file, 'utf8');
    writeFileSync(
      server.file,
      good.replace('stub_status;', `stub_status; error_log ${elsewhere}/error.log;`),
    );
    assert.equal((await target.seen('nginx.configuration')).detail, 'nginx -t passes');
    rmSync(elsewhere, { recursive: true });
    const [finding] = await diagnosed('folder-gone', target, 'nginx.broken-configuration');
    assert.match(
      finding?.summary ?? '',
      /open\(\) ".*elsewhere\/error\.log" failed \(2: No such file or directory\)/,
    );
    assert.match(finding?.explanation ?? '', /Its files are those that passed last/);
    assert.deepEqual(finding?.recommendations, []);
    assert.match(
      await refusal(target, 'nginx.restore-last-good', {}),
      /the files are those that passed last/,
    );
  });

  test('a server behind it is killed: the error log names it, and who listened there is gone', async () => {
    const app = keep(await startBackendProcess());
    const { target, load } = await lab([app.address]);
    await target.seen('nginx.configuration');
    await target.seen('nginx.access');
    await load(30);
    await target.seen('nginx.access');
    assert.deepEqual(await diagnosed('upstream-well', target, 'nginx.upstream-errors'), []);
    await app.stop();
    assert.deepEqual([...new Set(await load(30))], [502]);
    await target.seen('nginx.access');
    const [finding, ...more] = await diagnosed('upstream-killed', target, 'nginx.upstream-errors');
    assert.deepEqual(more, []);
    assert.match(
      finding?.summary ?? '',
      new RegExp(`^the server behind it at ${app.address} is down: nobody listens on ${app.address}`),
    );
    assert.match(finding?.explanation ?? '', /30 times refused/);
  });

  test('a frozen server behind it is told from a dead one', async () => {
    const app = keep(await startBackendProcess());
    const { target, load } = await lab([app.address]);
    await target.seen('nginx.configuration');
    await freeze(app.pid);
    assert.deepEqual(await load(2), [504, 504]);
    const [finding] = await diagnosed('upstream-frozen', target, 'nginx.upstream-errors');
    assert.match(finding?.summary ?? '', /is down: shop-api \(pid \d+\) is stopped/);
  });

  test('half of the requests fail at one of two: it is named; when both fail alike neither is', async () => {
    const [good, bad] = [keep(await startBackend()), keep(await startBackend())];
    const { target, load } = await lab([good.address, bad.address]);
    await target.seen('nginx.configuration');
    await target.seen('nginx.access');
    bad.answers({ '*': 500 });
    await load(80);
    await target.seen('nginx.access');
    const [finding, ...more] = await diagnosed('one-of-two-bad', target, 'nginx.upstream-errors');
    assert.deepEqual(more, []);
    assert.equal(
      finding?.summary,
      `the server behind it at ${bad.address} fails 100 % of its requests, the others 0 %`,
    );
    const shared = await lab([good.address, bad.address]);
    await shared.target.seen('nginx.configuration');
    await shared.target.seen('nginx.access');
    good.answers({ '*': 500 });
    await shared.load(80);
    await shared.target.seen('nginx.access');
    assert.deepEqual(await diagnosed('all-bad-alike', shared.target, 'nginx.upstream-errors'), []);
  });

  test('worker_connections are used up: said by the log, with who holds them', async () => {
    const app = keep(await startBackend());
    const { target, server } = await lab([app.address], { workerConnections: 20 });
    await target.seen('nginx.configuration');
    assert.deepEqual(await diagnosed('connections-free', target, 'nginx.limits-exhausted'), []);
    const clients: Socket[] = [];
    ends.push(() => clients.forEach((client) => void client.destroy()));
    for (let at = 0; at < 30; at++) clients.push(connect(server.port, '127.0.0.1').on('error', () => {}));
    const { findings } = await eventually(
      () => target.diagnose('nginx.limits-exhausted'),
      (seen) => seen.findings.length > 0,
    );
    await diagnosed('connections-exhausted', target, 'nginx.limits-exhausted');
    assert.equal(findings[0]?.summary, 'worker_connections 20 are not enough: requests were turned away');
    assert.equal(findings[0]?.nature, 'capacity');
  });

  test('open files are used up', async () => {
    const app = keep(await startBackend());
    const { target, server } = await lab([app.address], {
      workerConnections: 500,
      global: ['worker_rlimit_nofile 25;'],
    });
    await target.seen('nginx.configuration');
    const clients: Socket[] = [];
    ends.push(() => clients.forEach((client) => void client.destroy()));
    for (let at = 0; at < 40; at++) clients.push(connect(server.port, '127.0.0.1').on('error', () => {}));
    const { findings } = await eventually(
      () => target.diagnose('nginx.limits-exhausted'),
      (seen) => seen.findings.some(({ confidence }) => confidence > 0.95),
    );
    await diagnosed('files-exhausted', target, 'nginx.limits-exhausted');
    assert.match(
      findings[0]?.summary ?? '',
      /^the workers may open no more files: worker \d+ has \d+ of 25$/,
    );
  });
});
