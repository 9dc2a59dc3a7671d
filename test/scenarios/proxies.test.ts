/** Faults of real proxies from injection to resolution: what is seen, concluded, allowed, done, and proven. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { IncidentDetail, IncidentView } from '../../src/core/view.ts';
import { type ServedApp, serveApp } from '../served-app.ts';
import { haproxyServer } from '../servers/haproxy.ts';
import { openLab, startBackend } from '../servers/haproxy-lab.ts';
import { missing } from '../servers/installed.ts';
import { nginxServer } from '../servers/nginx.ts';
import { openNginx } from '../servers/nginx-lab.ts';
import { until } from './watched-stack.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const backend = async () => {
  const started = await startBackend();
  ends.push(() => started.stop());
  return started;
};
const watch = async (text: string) => {
  const served = await serveApp({ yaml: text });
  ends.push(() => served.stop());
  return served;
};

/** The newest incident as it stands, once it is as asked. */
function incident(
  served: ServedApp,
  isMeant: (one: IncidentDetail) => boolean,
  withinMs: number,
): Promise<IncidentDetail> {
  return until(
    'the incident',
    async () => {
      const [newest] = await served.call<IncidentView[]>('incident.list', { status: 'all' });
      if (newest === undefined) return undefined;
      const detail = await served.call<IncidentDetail>('incident.show', { id: newest.id });
      return isMeant(detail) ? detail : undefined;
    },
    withinMs,
  );
}

const done = ({ actions, status }: IncidentDetail) =>
  actions.some(({ state }) => state === 'done') && status === 'resolved';

test('nginx is down with a broken configuration: what passed last is put back and it is started', {
  skip: missing(nginxServer),
  timeout: 150_000,
}, async () => {
  const app = await backend();
  const lab = await openNginx([app.address]);
  ends.push(() => lab.stop());
  const { server } = lab;
  const served = await watch(`
name: proxies
incidents: { recoverFor: 2s }
targets:
  web:
    system: nginx
    url: ${server.url}/nginx_status
    config: ${server.file}
    keep: ${join(lab.logs, 'copies')}
    start: [nginx, -p, ${server.folder}, -c, ${server.file}, -e, stderr]
    every: 1s
guard: { always: [nginx.restore-last-good] }
`);
  ends.push(() => {
    const pid = Number(readFileSync(join(server.folder, 'nginx.pid'), 'utf8'));
    if (pid !== server.pid) process.kill(pid, 'SIGTERM');
  });
  await until('a copy that passed', async () => {
    const { checks } = await served.call<{ checks: { probe: string; detail: string }[] }>('target.show', {
      name: 'web',
    });
    return checks.find(
      ({ probe, detail }) => probe === 'nginx.configuration' && detail === 'nginx -t passes',
    );
  });
  writeFileSync(server.file, readFileSync(server.file, 'utf8').replace('stub_status;', 'stub_status'));
  process.kill(server.pid, 'SIGTERM');
  const ended = await incident(served, done, 120_000);
  assert.match(
    ended.findings[0]?.summary ?? '',
    /^nginx does not run, and its configuration is broken: .*nginx\.conf:\d+$/,
  );
  const [action] = ended.actions;
  assert.equal(action?.plan.action, 'nginx.restore-last-good');
  assert.equal((await fetch(server.url)).status, 200);
});

test('one of two servers behind HAProxy fails: it is drained, and users see no error any more', {
  skip: missing(haproxyServer),
  timeout: 200_000,
}, async () => {
  const [good, bad] = [await backend(), await backend()];
  const lab = await openLab({ backends: [good.address, bad.address], checkPath: '/live' });
  ends.push(() => lab.stop());
  const served = await watch(`
name: proxies
incidents: { recoverFor: 2s }
targets:
  proxy:
    system: haproxy
    socket: ${lab.socket}
    every: 1s
    rules:
      haproxy.server-errors: { for: 2s, clearFor: 2s }
      haproxy.errors: { for: 2s, clearFor: 2s }
guard: { always: [haproxy.drain-server] }
`);
  let isOver = false;
  const users = (async () => {
    while (!isOver) {
      await lab.load(5, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  ends.push(async () => {
    isOver = true;
    await users;
  });
  await lab.stands('app2', 1);
  bad.answers({ '/': 500 });
  const ended = await incident(served, done, 180_000);
  assert.match(
    ended.findings[0]?.summary ?? '',
    /^app2 of backend app fails \d+ % of its requests, the other server \d+ %$/,
  );
  assert.deepEqual(
    ended.actions.map(({ plan, state }) => [plan.action, plan.input, state]),
    [['haproxy.drain-server', { backend: 'app', server: 'app2' }, 'done']],
  );
  assert.deepEqual([...new Set(await lab.load(20))], [200]);
});
