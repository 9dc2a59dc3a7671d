import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { after, test } from 'node:test';
import { makeCertificate } from '../../../../test/servers/certificates.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { haproxyServer, startHaproxy } from '../../../../test/servers/haproxy.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { nginxServer, startNginx } from '../../../../test/servers/nginx.ts';
import { freeze, removeFolder, startServer, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Alert } from '../../../core/alert.ts';
import type { Finding } from '../../../core/evidence.ts';
import { http } from '../index.ts';

const servers: Server[] = [];
const folder = temporaryFolder('diagnoses');
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  removeFolder(folder);
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
const serve = (listener: RequestListener) => listen(createServer(listener));

interface Around {
  /** name -> kind, up, detail, and whether it is a process in state T */
  readonly dependencies?: Readonly<Record<string, readonly [string, 0 | 1, string, 'frozen'?]>>;
  readonly since?: number;
}

/** All findings, most likely first, as the pipeline would get them for an alert of `web`. */
async function investigate(config: object, around: Around = {}): Promise<Finding[]> {
  const bound = http.bind(config, { clock: systemClock, folder });
  const dependencies = around.dependencies ?? {};
  const ctx = {
    signal: AbortSignal.timeout(60_000),
    clock: systemClock,
    alerts: around.since === undefined ? [] : [alertSince(around.since)],
    dependencies: Object.keys(dependencies),
    changes: [],
    history: async () => [],
    logs: () => undefined,
    latest: (target: string, metric: string) => {
      const known = dependencies[target];
      if (known?.[3] && metric === 'process.frozen') return [{ labels: {}, value: 1, at: 0 }];
      return known && metric === `${known[0]}.up` ? [{ labels: {}, value: known[1], at: 0 }] : [];
    },
    detail: (target: string) => dependencies[target]?.[2],
  };
  const found: Finding[] = [];
  for (const diagnosis of bound.diagnoses) {
    const evidence = await diagnosis.gather('web', ctx);
    const findings = diagnosis.conclude(evidence, 'web');
    const recorded: typeof evidence = JSON.parse(JSON.stringify(evidence));
    assert.deepEqual(diagnosis.conclude(recorded, 'web'), findings, 'recorded evidence concludes the same');
    for (const finding of findings) {
      assert.equal(finding.id, diagnosis.id);
      for (const id of finding.evidence)
        assert.ok(
          evidence.some((each) => each.id === id),
          id,
        );
    }
    found.push(...findings);
  }
  return found.sort((a, b) => b.confidence - a.confidence);
}

function alertSince(since: number): Alert {
  return {
    id: 'a',
    fingerprint: 'http.down|web|',
    rule: 'http.down',
    target: 'web',
    labels: {},
    summary: 'Endpoint is down',
    state: 'firing',
    ruleLevel: 'critical',
    level: 'critical',
    value: 0,
    threshold: null,
    detail: 'down',
    since,
    firedAt: since,
    resolvedAt: null,
    incidentId: null,
    heldBy: null,
  };
}

const url = (port: number) => `http://127.0.0.1:${port}/`;
const actions = (finding: Finding | undefined) =>
  finding?.recommendations.map((each) => `${each.action} ${each.target}`);

test('a healthy endpoint has no finding', async () => {
  const port = await serve((_, response) => response.end('ok'));
  assert.deepEqual(await investigate({ url: url(port) }), []);
});

test('a closed port: nothing listens, since the alert began, and the declared process is to be started', async () => {
  const port = await freePort();
  const around = {
    since: 1_000,
    dependencies: { app: ['process', 0, 'not running'], db: ['postgres', 1, ''] },
  } as const;
  const [finding, ...rest] = await investigate({ url: url(port) }, around);
  assert.equal(rest.length, 0);
  assert.equal(finding?.id, 'http.backend-down');
  assert.equal(finding.onset, 1_000);
  assert.ok(finding.summary.includes(`ECONNREFUSED 127.0.0.1:${port}`), finding.summary);
  assert.deepEqual(actions(finding), ['process.start app']);
  if (process.platform === 'linux') assert.match(finding.explanation, /no process listens on that port/);
});

test('several living processes: none is restarted by guess', async () => {
  const dependencies = { one: ['process', 1, ''], two: ['process', 1, ''] } as const;
  const [finding] = await investigate({ url: url(await freePort()) }, { dependencies });
  assert.deepEqual(actions(finding), []);
});

test('a service that listens on another address is told from one that is gone', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const port = await serve((_, response) => response.end());
  const dependencies = { app: ['process', 1, ''] } as const;
  const [finding] = await investigate({ url: `http://[::1]:${port}/` }, { dependencies });
  assert.match(finding?.summary ?? '', /listens on 127\.0\.0\.1 only/);
  assert.deepEqual(actions(finding), []);
});

const frozenServer = `
  require('node:http').createServer((_, r) => r.end('ok')).listen(+process.argv[1], '127.0.0.1', () => console.log('ready'));
`;

test('a stopped process is named with its pid and only needs to be continued', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const port = await freePort();
  const args = ['-e', frozenServer, String(port)];
  const app = await startServer({ command: process.execPath, args, folder, ready: /ready/ });
  try {
    await freeze(app.pid);
    const dependencies = { app: ['process', 1, 'stopped'] } as const;
    const [finding] = await investigate({ url: url(port) }, { dependencies });
    assert.equal(finding?.id, 'http.backend-frozen');
    assert.ok(finding.summary.includes(`pid ${app.pid}) is stopped`), finding.summary);
    assert.ok(finding.confidence > 0.95);
    assert.match(finding.explanation, /connections wait to be accepted/);
    assert.deepEqual(actions(finding), ['process.resume app']);
  } finally {
    process.kill(app.pid, 'SIGCONT');
    await app.stop();
  }
});

test('a process that burns CPU without answering is seen doing so, and is to be restarted', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const port = await freePort();
  const busy = frozenServer.replace("r.end('ok')", '{ for (;;); }');
  const args = ['-e', busy, String(port)];
  const app = await startServer({ command: process.execPath, args, folder, ready: /ready/ });
  try {
    const dependencies = { app: ['process', 1, ''] } as const;
    const [finding] = await investigate({ url: url(port) }, { dependencies });
    assert.equal(finding?.id, 'http.backend-frozen');
    assert.deepEqual(actions(finding), ['process.restart app']);
  } finally {
    await app.stop('SIGKILL');
  }
});

/** As recorded from a frozen endpoint, with what /proc said of its process. */
function concludeFrozen(states: string, cpuSecondsUsed: number): Finding | undefined {
  const piece = (topic: string, facts: Readonly<Record<string, string | number | boolean>>) => ({
    id: `web.${topic}`,
    target: 'web',
    title: topic,
    at: 5,
    how: 'recorded',
    facts,
  });
  const listener = {
    listening: true,
    addresses: '127.0.0.1',
    pids: '812',
    process: 'node',
    waitingConnections: 0,
  };
  const evidence = [
    piece('tcp-connect', { result: 'connected' }),
    piece('answer', { result: 'timeout', detail: 'timeout after 3 s: no first byte of an answer' }),
    piece('listener', { ...listener, states, cpuSecondsUsed }),
  ];
  const bound = http.bind({ url: 'http://127.0.0.1/' }, { clock: systemClock, folder });
  return bound.diagnoses.find((each) => each.id === 'http.backend-frozen')?.conclude(evidence, 'web')[0];
}

test('states and CPU of the process tell why it does not answer', () => {
  assert.match(concludeFrozen('R', 2.9)?.summary ?? '', /^node \(pid 812\) is busy with itself/);
  assert.match(concludeFrozen('D', 0)?.summary ?? '', /^node \(pid 812\) hangs in the kernel/);
  assert.match(concludeFrozen('T', 0)?.summary ?? '', /^node \(pid 812\) is stopped/);
  assert.match(concludeFrozen('S', 0.1)?.summary ?? '', /^accepts connections and does not answer/);
});

test('an endpoint that waits for a dependency that is down is not restarted', async () => {
  const port = await serve(() => {});
  const dependencies = {
    app: ['process', 1, ''],
    db: ['postgres', 0, 'timeout after 5 s: no answer to connect to 127.0.0.1:5432'],
  } as const;
  const [finding] = await investigate({ url: url(port) }, { dependencies });
  assert.equal(finding?.id, 'http.backend-frozen');
  assert.match(finding.explanation, /waiting for db/);
  assert.deepEqual(actions(finding), []);
});

test('HAProxy before a dead server: the proxy answers, and the dependency is named', {
  skip: missing(haproxyServer),
}, async () => {
  const dead = await freePort();
  const proxy = await startHaproxy({ backends: [`127.0.0.1:${dead}`] });
  try {
    const refused = `connect ECONNREFUSED 127.0.0.1:${dead}`;
    const dependencies = { api: ['http', 0, refused], app: ['process', 0, 'not running'] } as const;
    const [finding, ...rest] = await investigate({ url: proxy.url }, { dependencies });
    assert.equal(rest.length, 0);
    assert.equal(finding?.id, 'http.backend-down');
    assert.equal(finding.target, 'api');
    assert.match(finding.summary, /^HAProxy answers 503 Service Unavailable, and api \(connect ECONNREFUSED/);
    assert.deepEqual(actions(finding), [], 'left to the diagnosis of api');
    const gone = { app: ['process', 0, 'not running'] } as const;
    assert.deepEqual(actions((await investigate({ url: proxy.url }, { dependencies: gone }))[0]), [
      'process.start app',
    ]);
    const [alone] = await investigate({ url: proxy.url });
    assert.equal(alone?.target, 'web');
    assert.match(alone?.unseen[0] ?? '', /declare them as targets/);
  } finally {
    await proxy.stop();
  }
});

test('HAProxy before a frozen server: 504 is frozen, not down', {
  skip: missing(haproxyServer),
}, async () => {
  const frozen = await serve(() => {});
  const proxy = await startHaproxy({ backends: [`127.0.0.1:${frozen}`], serverTimeoutMs: 300 });
  try {
    const hangs = 'timeout after 1 s: connected, no first byte of an answer';
    const found = await investigate({ url: proxy.url }, { dependencies: { api: ['http', 0, hangs] } });
    assert.deepEqual(
      found.map((finding) => [finding.id, finding.target]),
      [['http.backend-frozen', 'api']],
    );
    assert.match(found[0]?.summary ?? '', /^HAProxy answers 504 Gateway Timeout/);
    const stopped = { app: ['process', 1, 'stopped', 'frozen'] } as const;
    assert.deepEqual(actions((await investigate({ url: proxy.url }, { dependencies: stopped }))[0]), [
      'process.resume app',
    ]);
  } finally {
    await proxy.stop();
  }
});

test('HAProxy that takes its frozen server out answers 503, and is still told from a dead one', {
  skip: missing(haproxyServer),
}, async () => {
  const frozen = await serve(() => {});
  const proxy = await startHaproxy({
    backends: [`127.0.0.1:${frozen}`],
    checkPath: '/health',
    serverTimeoutMs: 500,
  });
  try {
    await eventually(
      () => fetch(proxy.url),
      (response) => response.status === 503,
    );
    const hangs = 'timeout after 1 s: connected, no first byte of an answer';
    const found = await investigate({ url: proxy.url }, { dependencies: { api: ['http', 0, hangs] } });
    assert.deepEqual(
      found.map((finding) => finding.id),
      ['http.backend-frozen'],
    );
  } finally {
    await proxy.stop();
  }
});

test('HAProxy with a wrong health check: the application is well and must not be restarted', {
  skip: missing(haproxyServer),
}, async () => {
  const port = await serve((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404).end();
  });
  const proxy = await startHaproxy({ backends: [`127.0.0.1:${port}`], checkPath: '/renamed' });
  try {
    await eventually(
      () => fetch(proxy.url),
      (response) => response.status === 503,
    );
    const dependencies = { api: ['http', 1, '200 OK'], app: ['process', 1, ''] } as const;
    const [finding] = await investigate({ url: proxy.url }, { dependencies });
    assert.match(finding?.summary ?? '', /although api answers: its health check is likely wrong/);
    assert.deepEqual(actions(finding), []);
  } finally {
    await proxy.stop();
  }
});

test('nginx before a dead and before a frozen server', { skip: missing(nginxServer) }, async () => {
  const dead = await startNginx({ backend: `127.0.0.1:${await freePort()}` });
  const frozen = await serve(() => {});
  const slow = await startNginx({ backend: `127.0.0.1:${frozen}`, serverTimeoutMs: 300 });
  try {
    const [down] = await investigate({ url: dead.url });
    assert.equal(down?.id, 'http.backend-down');
    assert.match(down.summary, /^nginx answers 502 Bad Gateway/);
    const [hanging] = await investigate({ url: slow.url });
    assert.equal(hanging?.id, 'http.backend-frozen');
    assert.match(hanging.summary, /^nginx answers 504 Gateway Timeout/);
  } finally {
    await dead.stop();
    await slow.stop();
  }
});

test('401 tells refused credentials from none', async () => {
  const port = await serve((_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  );
  const [none] = await investigate({ url: url(port) });
  assert.equal(none?.id, 'http.credentials-refused');
  assert.match(none.summary, /sends none/);
  assert.match(none.explanation, /asks for Basic/);
  const [refused] = await investigate({ url: url(port), basicAuth: { username: 'a', password: 'hidden' } });
  assert.match(refused?.summary ?? '', /refuses the credentials of this check/);
  const [declared] = await investigate({ url: url(port), expect: { status: 401 } });
  assert.equal(declared, undefined);
});

test('an error text that names refused credentials says whose, and which dependency refuses', async () => {
  const port = await serve((_, response) =>
    response.writeHead(500).end(JSON.stringify({ error: 'password authentication failed for user "shop"' })),
  );
  const dependencies = { db: ['postgres', 1, ''], cache: ['redis', 1, ''], app: ['process', 1, ''] } as const;
  const [finding, ...rest] = await investigate({ url: url(port) }, { dependencies });
  assert.equal(rest.length, 0);
  assert.equal(finding?.id, 'http.credentials-refused');
  assert.equal(finding.target, 'db');
  assert.match(finding.summary, /^PostgreSQL \(db\) refuses the credentials that web uses: user "shop"$/);
  assert.deepEqual(actions(finding), []);
});

test('refused credentials of nobody that is named are those of whoever uses them', async () => {
  const port = await serve((_, response) =>
    response.writeHead(500).end('ReplyError: WRONGPASS invalid username-password pair or user is disabled.'),
  );
  const [finding] = await investigate({ url: url(port) }, { dependencies: { cache: ['redis', 1, ''] } });
  assert.equal(finding?.summary, 'Redis (cache) refuses the credentials that web uses');
});

test('through a proxy the credentials are those of the application behind it', async () => {
  const port = await serve((_, response) =>
    response.writeHead(500).end(JSON.stringify({ error: 'password authentication failed for user "shop"' })),
  );
  const said = async (apiUp: 0 | 1) => {
    const dependencies = { api: ['http', apiUp, '500'], db: ['postgres', 1, ''] } as const;
    return (await investigate({ url: url(port) }, { dependencies }))[0]?.summary;
  };
  assert.equal(await said(0), 'PostgreSQL (db) refuses the credentials that api uses: user "shop"');
  assert.equal(await said(1), 'PostgreSQL (db) refuses the credentials of an application: user "shop"');
});

test('through a proxy the deepest of those that fail is blamed, and not the one that says so', async () => {
  const port = await serve((_, response) =>
    response.writeHead(500).end('Error: connect ECONNREFUSED 127.0.0.1:5432'),
  );
  const dependencies = {
    api: ['http', 0, '500'],
    db: ['postgres', 0, 'connect ECONNREFUSED 127.0.0.1:5432'],
  } as const;
  const [finding] = await investigate({ url: url(port) }, { dependencies });
  assert.equal(finding?.summary, 'api cannot reach what it needs (db): connect ECONNREFUSED 127.0.0.1:5432');
  assert.equal(finding.target, 'db');
});

test('an error text that names a dependency it cannot reach leads there', async () => {
  const port = await serve((_, response) =>
    response.writeHead(500).end('Error: connect ECONNREFUSED 127.0.0.1:5432'),
  );
  const dependencies = { db: ['postgres', 0, 'connect ECONNREFUSED 127.0.0.1:5432'] } as const;
  const [finding] = await investigate({ url: url(port) }, { dependencies });
  assert.equal(finding?.id, 'http.dependency-error');
  assert.equal(finding.target, 'db');
});

test('an expired certificate is named, and that nothing was seen of what is behind it', async () => {
  const ca = await makeCertificate(folder, 'ca', { names: ['Test CA'], isAuthority: true });
  const expired = await makeCertificate(folder, 'old', {
    names: ['IP:127.0.0.1'],
    issuer: ca,
    beganDaysAgo: 30,
    endsInDays: -3,
  });
  const port = await listen(createSecureServer({ key: expired.key, cert: expired.certificate }));
  const [finding, ...rest] = await investigate({
    url: `https://127.0.0.1:${port}/`,
    tls: { ca: ca.certificateFile },
  });
  assert.equal(rest.length, 0);
  assert.equal(finding?.id, 'http.certificate-refused');
  assert.match(finding.summary, /^the certificate expired 3 d ago$/);
  assert.match(finding.explanation, /CN=127\.0\.0\.1, issued by CN=Test CA.*Renew the certificate/);
});
