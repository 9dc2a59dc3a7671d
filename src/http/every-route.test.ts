/**
 * Every route and every verb with every role, every scope and nobody. What may ask what follows from the verbs' scopes,
 * so a new verb is covered by itself; a new route that is no verb fails here until it stands in one of the tables.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { invited } from '../../test/people.ts';
import { type Answer, type Question, type ServedApp, serveApp } from '../../test/served-app.ts';
import { defaultAccess } from '../core/access.ts';
import { roles, scopesOf } from '../core/role.ts';
import { type Scope, scopes } from '../core/verb.ts';
import { silentLog } from '../log.ts';
import { verbs } from '../verbs/index.ts';
import { createSealing } from './sealing.ts';
import { createRoutes } from './server.ts';

interface Route {
  readonly method: string;
  readonly path: string;
}

const secretAddress = `hb_${'x'.repeat(24)}`;

/** Answered without an account or a token, each for its reason. */
const open: Readonly<Record<string, string>> = {
  'GET /healthz': 'for load balancers and whatever watches the watcher; it says one word',
  'GET /api/v1/session': 'the page must know whether to ask for a password; it tells nobody who they are not',
  'POST /api/v1/session': 'signing in; limited by account and address',
  'DELETE /api/v1/session': 'signing out; ends only the session of the cookie that comes along',
  'POST /api/v1/setup': 'the one-time link is the proof',
  'GET /oidc/:provider/start': 'leads to the provider, where people prove who they are',
  'GET /oidc/:provider/callback': 'the code of the provider is the proof, with the state of this browser',
  'GET /ping/:secret': 'the address of a job is its secret',
  'POST /ping/:secret': 'the address of a job is its secret',
  'GET /ping/:secret/:signal': 'the address of a job is its secret',
  'POST /ping/:secret/:signal': 'the address of a job is its secret',
  'GET /api/v1/heartbeats/:secret': 'the address of a job is its secret',
  'POST /api/v1/heartbeats/:secret': 'the address of a job is its secret',
  'GET /api/v1/heartbeats/:secret/:signal': 'the address of a job is its secret',
  'POST /api/v1/heartbeats/:secret/:signal': 'the address of a job is its secret',
  'POST /hooks/:name': 'the service signs what it sends',
  'GET /link/style.css': 'the look of the page of signed links',
  'GET /link/:token': 'the link is signed; to open it changes nothing',
  'POST /link/:token': 'the link is signed',
  'GET /calendars/:file': 'calendars cannot sign in; the address has a secret',
  'GET /status': 'leads to the status page where it is public',
  'GET /status/*': 'what the public may know, where that was configured; else the address has a secret',
  'POST /status/subscribe':
    'anybody may subscribe to a public page; limited by address, and confirmed by mail',
  'POST /status/:secret/subscribe': 'the address of the page has a secret',
  'GET /status/confirm/:secret': 'shows a button; to open it changes nothing',
  'POST /status/confirm/:secret': 'the secret came by mail',
  'GET /status/unsubscribe/:token': 'shows a button; to open it changes nothing',
  'POST /status/unsubscribe/:token': 'the link is signed',
  'GET /readyz': 'one word, for those who put it behind a balancer',
  'GET /*': 'the files of the dashboard; they hold no data',
};

/** Routes that are no verbs: what a session or token needs. `any` is whoever is signed in, `cookie` people only. */
const closed: Readonly<Record<string, Scope | 'any' | 'cookie'>> = {
  'GET /metrics': 'read',
  'GET /api/openapi.json': 'any',
  'GET /api/v1/events': 'read',
  'GET /api/v1/session/second-factor': 'cookie',
  'POST /api/v1/session/second-factor': 'cookie',
  'DELETE /api/v1/session/second-factor': 'cookie',
  'POST /api/v1/session/second-factor/confirm': 'cookie',
  'POST /api/v1/session/second-factor/recovery-codes': 'cookie',
  'POST /v1/metrics': 'push',
  'POST /api/v1/write': 'push',
  'POST /api/v1/push': 'push',
  'POST /api/v1/alerts/alertmanager': 'push',
  'POST /api/v1/alerts/alertmanager/:source': 'push',
  'POST /api/v2/alerts': 'push',
  'POST /api/v1/alerts/alertmanager/:source/api/v2/alerts': 'push',
};

const byRoute = new Map(
  verbs.map(({ route, scope }) => {
    const [method = '', path = ''] = route.split(' ');
    return [`${method} /api/v1${path}`, scope];
  }),
);

let served: ServedApp;
let routes: readonly Route[];
const cookies = new Map<string, string>();
before(async () => {
  served = await serveApp();
  cookies.set('owner', await served.setUp());
  for (const role of roles.filter((one) => one !== 'owner')) cookies.set(role, await invited(served, role));
  routes = routesOf(served);
});
after(() => served.stop());

test('every route is a verb, or stands in a table with what it needs or why it needs nothing', () => {
  assert.ok(routes.length > verbs.length);
  const unknown = routes.map(nameOf).filter((name) => !(name in open) && needOf(name) === undefined);
  assert.deepEqual(unknown, [], 'say in open or closed what these need');
  const present = new Set(routes.map(nameOf));
  assert.deepEqual(
    [...Object.keys(open), ...Object.keys(closed), ...byRoute.keys()].filter((name) => !present.has(name)),
    [],
    'in a table, but no route',
  );
});

test('nobody gets past a closed route, whatever they claim to be', async () => {
  const nobodies: Question[] = [
    {},
    { token: 'upk_wrong' },
    { token: '' },
    { cookie: 'upkeep_session=wrong' },
    { headers: { authorization: 'Basic b3duZXI6b3duZXI=' } },
    { headers: { 'x-forwarded-user': 'owner', 'x-forwarded-for': '127.0.0.1' } },
  ];
  for (const route of routes.filter((one) => !(nameOf(one) in open)))
    for (const who of nobodies) {
      const { status, text } = await walk(route, who);
      assert.equal(status, 401, `${nameOf(route)} for ${JSON.stringify(who)}: ${text}`);
    }
});

test('what is open answers without an account, and never with an error of ours', async () => {
  for (const route of routes.filter((one) => nameOf(one) in open)) {
    const { status, text } = await walk(route, { headers: { 'x-upkeep': '1' } });
    const isOffered = status !== 401 || /the name or the password/.test(text);
    assert.ok(isOffered && (status < 500 || status === 503), `${nameOf(route)}: ${status} ${text}`);
  }
});

const grants: readonly (readonly Scope[])[] = [
  ...scopes.map((scope) => [scope]),
  ['read', 'operate'],
  scopes,
];
for (const granted of grants)
  test(`a token with ${granted.join(' and ')} may ask exactly what needs that`, async () => {
    const token = await served.token(...granted);
    for (const route of routes) await judge(route, granted, { token }, false);
  });

for (const role of roles)
  test(`somebody who is ${role} may ask exactly what ${scopesOf(role).join(', ')} allow`, async () => {
    const who = { cookie: cookies.get(role) ?? '', headers: { 'x-upkeep': '1' } };
    for (const route of routes) await judge(route, scopesOf(role), who, true);
  });

test('approving takes more than operating', () => {
  assert.ok(!scopesOf('operator').includes('approve'));
  assert.ok(scopesOf('approver').includes('approve') && !scopesOf('approver').includes('admin'));
});

async function judge(route: Route, granted: readonly Scope[], who: Question, isPerson: boolean) {
  const name = nameOf(route);
  const need = needOf(name);
  // Who tries is signed out by that, and wrong passwords lock them out.
  if (need === undefined || /\/session$|second-factor$|recovery-codes$|confirm$/.test(route.path)) return;
  const { status, text } = await walk(route, who);
  const isAllowed = need === 'any' || (need === 'cookie' ? isPerson : granted.includes(need));
  const isRefused = status === 403 && /lacks the scope/.test(text);
  if (isAllowed) assert.ok(!isRefused && status !== 401, `${name}: ${status} ${text}`);
  else assert.equal(status, 403, `${name}: ${status} ${text}`);
  assert.ok(status < 500, `${name}: ${status} ${text}`);
}

function needOf(name: string): Scope | 'any' | 'cookie' | undefined {
  return closed[name] ?? byRoute.get(name);
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path.replace(/\{[^}]*\}+/g, '')}`;
}

/** The stream would never end, so only its head is asked for; the answer to that has no body to read the reason in. */
async function walk(route: Route, who: Question): Promise<Answer> {
  const path = route.path
    .replace('/*', '/')
    .replace(/:secret\{.*?\}(?=\/|$)/, secretAddress)
    .replace(/:\w+/g, '00000000');
  const isStream = path === '/api/v1/events';
  const answer = await served.ask(isStream ? 'HEAD' : route.method, path, who);
  return isStream && answer.status === 403 ? { ...answer, text: 'lacks the scope' } : answer;
}

/** As the server has them, without those that only pass on. */
function routesOf({ app: { ctx } }: ServedApp): Route[] {
  const all = createRoutes({
    ...{ host: '', port: 0, ctx, verbs, web: '', isReady: () => true, metrics: () => '' },
    feed: { subscribe: () => () => {}, startedAt: 0 },
    access: {
      ...{ store: ctx.store, clock: ctx.clock, log: silentLog, digest: ctx.digest, newSecret: ctx.newSecret },
      ...{ newId: ctx.newId, hosts: () => [], publicUrl: () => null, localToken: '', baseUrl: () => '' },
      ...{
        settings: () => defaultAccess,
        sealing: createSealing(ctx.newSecret(), ctx.newSecret),
        changed() {},
      },
    },
  }).routes;
  const named = new Map(
    all.filter(({ method }) => method !== 'ALL').map((route) => [`${route.method} ${route.path}`, route]),
  );
  return [...named.values()].map(({ method, path }) => ({ method, path }));
}
