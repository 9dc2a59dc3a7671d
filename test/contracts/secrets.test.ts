/** Passwords of what is watched, and of the notifiers, stay inside: no answer, log line, journal entry, message or file has them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ActionView, IncidentView, Overview } from '../../src/core/view.ts';
import { verbs } from '../../src/verbs/index.ts';
import { startReceiver, until } from '../scenarios/watched-stack.ts';
import { serveApp } from '../served-app.ts';
import { freePort } from '../servers/free-port.ts';

const password = 'hunter2-s3cr3t';
/** As it may stand in an address. */
const forms = [password, encodeURIComponent(password), Buffer.from(`upkeep:${password}`).toString('base64')];

test('no password leaves the process when its target fails', async () => {
  const port = await freePort();
  const receiver = await startReceiver();
  const at = `upkeep:${password}@127.0.0.1:${port}`;
  const served = await serveApp({
    yaml: `name: secrets
targets:
  db: { system: postgres, url: "postgres://${at}/shop", every: 1s, timeout: 500ms }
  cache: { system: redis, url: "redis://${at}", every: 1s, timeout: 500ms }
  web: { system: http, url: "http://127.0.0.1:${port}/health?token=${password}", every: 1s, timeout: 500ms }
services:
  shop: { targets: [web], dependsOn: [db, cache] }
notify:
  hook: { notifier: webhook, url: "${receiver.url}?token=${password}", secret: "${password}-and-32-characters-more" }
oncall:
  escalation: { critical: [{ notify: hook, after: 0s }], high: [{ notify: hook, after: 0s }] }
`,
  });
  const said: [where: string, text: string][] = [];
  try {
    const token = await served.token('read', 'operate', 'approve', 'admin');
    await until('an incident', async () => {
      const found = await served.call<IncidentView[]>('incident.list', { status: 'all' });
      return found.length > 0 && receiver.messages.length > 0 ? found : undefined;
    });
    const [incident] = await served.call<IncidentView[]>('incident.list', { status: 'all' });
    const overview = await served.call<Overview>('status.show');
    const actions = await served.call<ActionView[]>('action.list');
    const params: Record<string, readonly string[]> = {
      name: overview.targets.map(({ name }) => name),
      id: [incident?.id ?? '', ...actions.map(({ id }) => id)],
    };
    for (const verb of verbs) {
      const [method = '', route = ''] = verb.route.split(' ');
      const param = /:(\w+)/.exec(route)?.[1];
      for (const value of param === undefined ? [''] : (params[param] ?? ['x'])) {
        for (const target of ['db', 'cache', 'web']) {
          const query = method === 'GET' ? `?target=${target}&metric=${target}.up&action=x` : '';
          const body = method === 'GET' ? {} : { body: { target, action: 'x', digest: 'x' } };
          const path = `/api/v1${route.replace(/:\w+/, value)}${query}`;
          if (verb.name === 'token.create' || verb.name === 'session.revoke') continue;
          const { status, text, headers } = await served.ask(method, path, { token, ...body });
          assert.ok(status < 500, `${path}: ${text}`);
          said.push([`${method} ${path}`, text + JSON.stringify(headers)]);
        }
      }
    }
    for (const path of ['/metrics', '/api/openapi.json', '/healthz'])
      said.push([path, (await served.ask('GET', path, { token })).text]);
    said.push(['the log', served.logged.join('\n')]);
    said.push(['the messages', JSON.stringify(receiver.messages)]);
    for (const name of readdirSync(served.folder, { recursive: true, encoding: 'utf8' })) {
      if (/\.(db|json)[^/]*$/.test(name) && statSync(join(served.folder, name)).isFile())
        said.push([name, readFileSync(join(served.folder, name), 'latin1')]);
    }
  } finally {
    await served.stop();
    await receiver.close();
  }
  assert.ok(
    said.some(([where]) => where.endsWith('state.db')),
    'the store was read',
  );
  assert.ok(said.length > 60);
  for (const [where, text] of said)
    for (const form of forms) assert.ok(!text.includes(form), `${where} has ${form}: ${around(text, form)}`);
});

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return text.slice(Math.max(0, at - 120), at + 60);
}
