/** Certificates are ordered from a real authority (Pebble) and served by a real nginx. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clearFacts } from '../../../../test/guard-facts.ts';
import { type KeyPair, type LeafOptions, makeCertificate } from '../../../../test/servers/certificates.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type NginxServer, nginxServer, startNginx } from '../../../../test/servers/nginx.ts';
import { type PebbleServer, pebbleServer, startPebble } from '../../../../test/servers/pebble.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { prohibited } from '../../../core/guard/prohibitions.ts';
import { tls } from '../index.ts';

const skip = missing(pebbleServer, nginxServer);
const folder = temporaryFolder('renewal');
let pebble: PebbleServer;
let root: KeyPair;
let authorities: string;
let count = 0;

before(async () => {
  if (skip !== false) return;
  pebble = await startPebble({ names: ['web.test', 'www.web.test'] });
  root = await makeCertificate(folder, 'root', { names: ['Test Root'], isAuthority: true });
  authorities = join(folder, 'authorities.pem');
  writeFileSync(authorities, root.certificate + readFileSync(pebble.root, 'utf8'));
});
after(async () => {
  if (skip === false) await pebble.stop();
  removeFolder(folder);
});

interface Site {
  readonly nginx: NginxServer;
  readonly file: string;
  readonly key: string;
  readonly keep: string;
  readonly account: string;
  readonly target: TriedTarget;
  /** Puts another pair on the disk and lets nginx load it, as somebody's hand would. */
  install(pair: { key: string; certificate: string }): Promise<void>;
}

/** An nginx that serves this certificate of our own authority. */
async function site(
  options: Partial<LeafOptions>,
  more: { acme?: object; [key: string]: unknown } = {},
): Promise<Site> {
  const place = join(folder, `site-${++count}`);
  mkdirSync(place);
  const pair = await makeCertificate(place, 'old', {
    names: ['web.test', 'www.web.test'],
    issuer: root,
    ...options,
  });
  const [file, key, keep, account] = ['site.crt', 'site.key', 'kept', 'acme/account.pem'].map((name) =>
    join(place, name),
  ) as [string, string, string, string];
  copyFileSync(pair.certificateFile, file);
  copyFileSync(pair.keyFile, key);
  const webroot = join(place, 'webroot');
  mkdirSync(webroot);
  const { freePort } = await import('../../../../test/servers/free-port.ts');
  const port = await freePort();
  const nginx = await startNginx({
    http: [
      `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${file}; ssl_certificate_key ${key}; location / { return 200 "ok"; } }`,
    ],
  });
  const reload = ['nginx', '-c', nginx.file, '-s', 'reload'];
  const { acme = {}, ...others } = more;
  const target = tryTarget(tls, {
    ...{ host: '127.0.0.1', port, serverName: 'web.test', ca: authorities, file, key, keep, reload },
    acme: {
      directory: pebble.url,
      ca: pebble.ca,
      account,
      port: pebble.httpPort,
      agreeToTerms: true,
      ...acme,
    },
    ...others,
  });
  return {
    ...{ nginx, file, key, keep, account, target },
    async install(bad) {
      writeFileSync(file, bad.certificate);
      writeFileSync(key, bad.key);
      const gone = () => nginx.output().match(/worker process \d+ exited/g)?.length ?? 0;
      const before = gone();
      process.kill(nginx.pid, 'SIGHUP');
      // A worker of before takes connections until it has ended.
      await eventually(
        async () => gone(),
        (now) => now > before,
      );
    },
  };
}

const good = (target: TriedTarget, plan: Parameters<typeof verified>[1]) =>
  eventually(
    () => verified(target, plan),
    (verdict) => verdict.good,
  );

test('an expired certificate is renewed by a listener of our own, served, and asks no undo', {
  skip,
  timeout: 180_000,
}, async () => {
  const { nginx, file, key, keep, account, target } = await site({ beganDaysAgo: 93, endsInDays: -3 });
  try {
    const plan = await planned(target, 'tls.renew-certificate', {});
    assert.match(plan.summary, /^Renew the certificate for web\.test, www\.web\.test at 127\.0\.0\.1:/);
    assert.equal(plan.undo.possible, false);
    assert.match(
      plan.steps.join('\n'),
      /listener on port \d+ that answers nothing else[\s\S]*replace .*site\.key[\s\S]*nginx -c/,
    );
    assert.deepEqual(plan.touches, ['tls']);
    const before = readFileSync(file, 'utf8');
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.equal(readFileSync(file, 'utf8'), before, 'planning and verifying write nothing');

    assert.match(
      await applied(target, plan),
      /of CN=Pebble Intermediate CA .* is in .*site\.crt and loaded$/,
    );
    const verdict = await good(target, plan);
    assert.match(verdict.detail, /is served now$/);
    // A worker of before may take one more connection while it ends.
    const state = await eventually(
      async () =>
        Object.fromEntries(
          (await target.seen('tls.handshake')).readings.map(({ metric, value }) => [metric, value]),
        ),
      (now) => now['tls.certificate.valid'] === 1,
    );
    assert.equal(state['tls.certificate.valid'], 1);
    assert.equal(state['tls.certificate.trusted'], 1);
    assert.equal(state['tls.certificate.name-matches'], 1);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(statSync(account).mode & 0o777, 0o600);
    assert.equal(statSync(keep).mode & 0o777, 0o700);
    for (const name of readdirSync(keep)) assert.equal(statSync(join(keep, name)).mode & 0o777, 0o600);

    const renewed = readFileSync(file, 'utf8');
    assert.match(await applied(target, plan), /was renewed already/, 'twice is once');
    assert.equal(readFileSync(file, 'utf8'), renewed);
    assert.match(await refusal(target, 'tls.renew-certificate', {}), /is good for another (89|90) d/);
  } finally {
    await nginx.stop();
  }
});

test('one that ends soon is renewed by a webroot, and the undo serves the old one again', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const webroot = join(folder, 'www');
  mkdirSync(webroot);
  const web = await startNginx({
    port: pebble.httpPort,
    server: [`location /.well-known/ { root ${webroot}; }`],
  });
  t.after(() => web.stop());
  const { nginx, file, key, target } = await site(
    { beganDaysAgo: 80, endsInDays: 10 },
    { acme: { webroot } },
  );
  t.after(() => nginx.stop());
  const old = [readFileSync(file, 'utf8'), readFileSync(key, 'utf8')];
  const plan = await planned(target, 'tls.renew-certificate', {});
  assert.equal(plan.undo.possible, true);
  await applied(target, plan);
  await good(target, plan);
  assert.notEqual(readFileSync(key, 'utf8'), old[1], 'a new key for a new certificate');
  assert.deepEqual(readdirSync(join(webroot, '.well-known/acme-challenge')), [], 'no answer is left behind');
  assert.match(await undone(target, plan), /is back in/);
  assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(key, 'utf8')], old);
  assert.match(await undone(target, plan), /nothing was done$/);
});

test('a challenge that cannot be seen changes nothing and says which name', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const { nginx, file, target } = await site(
    { beganDaysAgo: 80, endsInDays: 5 },
    { acme: { names: ['web.test', 'elsewhere.test'] } },
  );
  t.after(() => nginx.stop());
  const before = readFileSync(file, 'utf8');
  const plan = await planned(target, 'tls.renew-certificate', {});
  await assert.rejects(applied(target, plan), /could not see the challenge for elsewhere\.test/);
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('a server that refuses to reload keeps its pair, on the disk too', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const { nginx, file, target } = await site({ beganDaysAgo: 80, endsInDays: 5 }, { reload: ['/bin/false'] });
  t.after(() => nginx.stop());
  const before = readFileSync(file, 'utf8');
  const plan = await planned(target, 'tls.renew-certificate', {});
  await assert.rejects(applied(target, plan), /\/bin\/false ended with 1: ; the pair of before was put back/);
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('what is not declared, not due or kept by certbot is refused', { skip }, async (t) => {
  const { nginx, target, file, key } = await site({ beganDaysAgo: 5, endsInDays: 85 });
  t.after(() => nginx.stop());
  assert.match(await refusal(target, 'tls.renew-certificate', {}), /is good for another/);
  assert.match(await refusal(target, 'tls.reload-certificate', {}), /is served already/);
  const bare = tryTarget(tls, { host: '127.0.0.1', port: 1 });
  assert.match(await refusal(bare, 'tls.renew-certificate', {}), /set `acme`/);
  const link = join(folder, 'link.pem');
  symlinkSync(file, link);
  const acme = { directory: pebble.url, agreeToTerms: true };
  const linked = tryTarget(tls, { host: '127.0.0.1', port: 1, file: link, key, reload: ['true'], acme });
  assert.match(await refusal(linked, 'tls.renew-certificate', {}), /symbolic link, as certbot keeps them/);
});

test('the guard lets a renewal pass its prohibition on TLS, for it keeps the protection', {
  skip,
}, async (t) => {
  const { nginx, target } = await site({ beganDaysAgo: 80, endsInDays: 5 });
  t.after(() => nginx.stop());
  const plan = await planned(target, 'tls.renew-certificate', {});
  const known = { ...clearFacts, protection: plan.found?.protection ?? null };
  assert.deepEqual(prohibited(plan, known), []);
  assert.deepEqual(
    prohibited(plan, { ...known, protection: null }).map(({ rule }) => rule),
    ['no-weaker-protection'],
  );
});

test('one renewed by others and not loaded is loaded', { skip, timeout: 180_000 }, async (t) => {
  const { nginx, file, key, target } = await site({ beganDaysAgo: 80, endsInDays: 5 });
  t.after(() => nginx.stop());
  const fresh = await makeCertificate(folder, 'fresh', { names: ['web.test'], issuer: root });
  copyFileSync(fresh.certificateFile, file);
  copyFileSync(fresh.keyFile, key);
  const plan = await planned(target, 'tls.reload-certificate', {});
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).good, false);
  await applied(target, plan);
  await good(target, plan);
});

test('a wrong pair gives way to the last one that was good; the undo brings it back', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const { nginx, file, target, install } = await site({});
  t.after(() => nginx.stop());
  assert.match(await refusal(target, 'tls.restore-certificate', {}), /no pair that was good/);
  await target.seen('tls.handshake');
  const right = readFileSync(file, 'utf8');
  const wrong = await makeCertificate(folder, 'wrong', { names: ['other.test'], issuer: root });
  await install(wrong);
  const plan = await planned(target, 'tls.restore-certificate', {});
  await assertGuarded(target, plan);
  await applied(target, plan);
  await good(target, plan);
  assert.equal(readFileSync(file, 'utf8'), right);
  assert.match(await applied(target, plan), /lies there already; nothing was done/);
  await undone(target, plan);
  assert.equal(readFileSync(file, 'utf8'), wrong.certificate);
});

test('what is wrong with a pair is told with the action that mends it', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const { nginx, file, key, target, install } = await site({});
  t.after(() => nginx.stop());
  const told = async (id: string) => {
    const [finding] = (await target.diagnose(id)).findings;
    return [finding?.summary, finding?.recommendations.map(({ action }) => action)];
  };
  const all = ['certificate-expired', 'wrong-name', 'chain-incomplete', 'served-differs'];
  await target.seen('tls.handshake');
  for (const id of all) assert.deepEqual((await target.diagnose(`tls.${id}`)).findings, [], id);

  const old = { names: ['web.test'], issuer: root, beganDaysAgo: 80, endsInDays: 3 };
  await install(await makeCertificate(folder, 'ending', old));
  const [ending] = (await target.diagnose('tls.certificate-expired')).findings;
  assert.match(
    ending?.summary ?? '',
    /^the certificate CN=web\.test ends in (3 d|2 d 2\d h) and was not renewed in time$/,
  );
  assert.deepEqual(
    ending?.recommendations.map(({ action }) => action),
    ['tls.renew-certificate'],
  );

  const between = await makeCertificate(folder, 'between', {
    names: ['Between'],
    isAuthority: true,
    issuer: root,
  });
  await install(await makeCertificate(folder, 'alone', { names: ['web.test'], issuer: between }));
  assert.deepEqual(await told('tls.chain-incomplete'), [
    'the server sends CN=web.test without the certificate of its issuer CN=Between',
    ['tls.restore-certificate'],
  ]);
  await install(await makeCertificate(folder, 'others', { names: ['other.test'], issuer: root }));
  assert.deepEqual(await told('tls.wrong-name'), [
    'the server shows a certificate for other.test, not for web.test',
    ['tls.restore-certificate'],
  ]);
  const fresh = await makeCertificate(folder, 'fresher', { names: ['web.test'], issuer: root });
  copyFileSync(fresh.certificateFile, file);
  copyFileSync(fresh.keyFile, key);
  const [summary, actions] = await told('tls.served-differs');
  assert.match(String(summary), /site\.crt holds the certificate \S+, the server shows \S+$/);
  assert.deepEqual(actions, ['tls.reload-certificate']);
});
