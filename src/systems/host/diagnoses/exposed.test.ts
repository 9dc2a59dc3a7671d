/** A real sshd that is asked how it would let people in, a real port and real files; accounts as they are written. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../../../test/servers/free-port.ts';
import { locate } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { missingSshd, sshServer } from '../../../../test/servers/sshd.ts';
import { eventually, readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { isExpired, parseAccounts } from '../../../machine/accounts.ts';
import { openToAll } from '../../../machine/open-to-all.ts';
import { judgeSsh, parseSshd, portsOfSsh, sshServing } from '../../../machine/ssh-server.ts';
import { host } from '../index.ts';
import { exposed } from './exposed.ts';

const sshd = locate(sshServer);

test('what sshd itself says of a configuration is judged', {
  skip: missingSshd(),
}, (t) => {
  const folder = temporaryFolder('sshd');
  t.after(() => removeFolder(folder));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  const judged = (lines: string) => {
    writeFileSync(join(folder, 'config'), `HostKey ${join(folder, 'key')}\n${lines}\n`);
    const said = execFileSync(sshd ?? '', ['-T', '-f', join(folder, 'config')], { stdio: 'pipe' }).toString();
    return judgeSsh({ values: parseSshd(said), by: 'sshd -T' });
  };
  const keys = 'PasswordAuthentication no\nKbdInteractiveAuthentication no\n';
  const none = judged(`PermitRootLogin no\n${keys}`);
  assert.deepEqual(none, { rootLogin: 0, isPasswordTaken: false, isEmptyTaken: false });
  assert.equal(judged(`PermitRootLogin yes\n${keys}`).rootLogin, 1);
  assert.deepEqual(judged('PermitRootLogin yes\nPermitEmptyPasswords yes\n'), {
    rootLogin: 2,
    isPasswordTaken: true,
    isEmptyTaken: true,
  });
  assert.equal(
    judged('PermitRootLogin without-password\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n')
      ?.isPasswordTaken,
    true,
  );
});

test('only an sshd that runs lets anybody in', {
  skip: missingSshd(),
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryFolder('sshd');
  t.after(() => removeFolder(folder));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  const port = await freePort();
  writeFileSync(
    join(folder, 'config'),
    `HostKey ${join(folder, 'key')}\nListenAddress 127.0.0.1:${port}\nPidFile none\nUsePAM no\n`,
  );
  const settings = { values: { listenaddress: `127.0.0.1:${port}` }, by: 'a file' };
  // Any sshd that this machine may run otherwise is of another port.
  const before = await sshServing(settings);
  const machine = await answersOn(22);
  assert.notEqual(before.kind, 'serves');
  const server = spawn(sshd ?? '', ['-D', '-f', join(folder, 'config')], { stdio: 'ignore' });
  const isOver = once(server, 'exit');
  try {
    const began = await eventually(
      () => answersOn(port),
      (answers) => answers || server.exitCode !== null,
    );
    assert.ok(began, `sshd ended with ${server.exitCode}`);
    assert.deepEqual(await sshServing(settings), { kind: 'serves' });
  } finally {
    server.kill();
    await isOver;
  }
  assert.notEqual((await sshServing(settings)).kind, 'serves');
  const values = parseSshd('Port 22\nPort 2222\nListenAddress [::]:2200\nListenAddress ::\n');
  assert.deepEqual(portsOfSsh({ values, by: 'a file' }), [22, 2222, 2200]);
  assert.deepEqual(portsOfSsh({ values: {}, by: 'a file' }), [22]);
  if (machine || before.kind === 'unknown') return;
  const target = tryTarget(host, {});
  const seen = await target.seen('host.exposure');
  assert.equal(readingOf(seen, 'host.ssh.password-login'), 0);
  assert.equal(readingOf(seen, 'host.ssh.root-login'), 0);
  const { evidence, findings } = await target.diagnose('host.exposed');
  assert.equal(
    evidence.find(({ id }) => id === `${targetName}.sshd`)?.facts?.serves,
    'no: sshd is installed and does not run',
  );
  assert.deepEqual(
    findings.filter(({ summary }) => /SSH/.test(summary)),
    [],
  );
});

function answersOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

test('of a file the first value counts, and nothing of what is for some only', () => {
  const text =
    '# PermitRootLogin no\nPermitRootLogin yes # for now\nPermitRootLogin no\nPort 22\nPort 2222\nMatch User backup\n  PasswordAuthentication yes\n';
  assert.deepEqual(parseSshd(text), { permitrootlogin: 'yes', port: '22, 2222' });
});

test('a port that others can reach and nobody declared is told with its process, until it is closed', {
  skip: process.platform !== 'linux',
  timeout: 180_000,
}, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const port = String(address.port);
  const declared = Array.from({ length: 40 }, (_, at) => at + 1);
  const target = tryTarget(host, { ports: declared });
  const value = async () => readingOf(await target.seen('host.exposure'), 'host.port.undeclared', { port });
  assert.equal(await value(), 1);
  const { evidence } = await target.diagnose('host.exposed');
  const rows = evidence.find(({ id }) => id === `${targetName}.undeclared-ports`)?.table?.rows ?? [];
  const row = rows.find(([each]) => String(each) === port);
  if (rows.length < 20) assert.equal(row?.[3], process.pid, JSON.stringify(rows));
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await value(), 0);
  const well = tryTarget(host, { ports: [...declared, address.port] });
  assert.equal(readingOf(await well.seen('host.exposure'), 'host.port.undeclared', { port }), undefined);
  const unasked = await tryTarget(host, {}).seen('host.exposure');
  assert.equal(unasked.readings.filter(({ metric }) => metric === 'host.port.undeclared').length, 0);
});

test('what everybody may write in a guarded place is named; links and folders like /tmp are not', async (t) => {
  const folder = temporaryFolder('guarded');
  t.after(() => removeFolder(folder));
  writeFileSync(join(folder, 'own'), '');
  writeFileSync(join(folder, 'secret.env'), '');
  chmodSync(join(folder, 'secret.env'), 0o666);
  mkdirSync(join(folder, 'spool'));
  chmodSync(join(folder, 'spool'), 0o1777);
  mkdirSync(join(folder, 'plugins'));
  chmodSync(join(folder, 'plugins'), 0o777);
  symlinkSync('/etc/passwd', join(folder, 'link'));
  const { paths, found, isWhole } = await openToAll(folder, AbortSignal.timeout(60_000));
  assert.deepEqual(
    [paths.toSorted(), found, isWhole],
    [[join(folder, 'plugins'), join(folder, 'secret.env')], 2, true],
  );
  const target = tryTarget(host, { guarded: [folder, '/nowhere/at/all'] });
  const seen = await target.seen('host.exposure');
  assert.equal(readingOf(seen, 'host.open-to-all', { place: folder }), 2);
  assert.ok(seen.missing?.some(({ reason }) => reason.startsWith('/nowhere/at/all')));
  const alone = await tryTarget(host, { guarded: [folder] }).diagnose('host.exposed');
  assert.ok(
    alone.findings.some(({ summary }) => /^everybody may write .*(secret\.env|plugins)/.test(summary)),
  );
});

test('accounts: who can log in, without a password, expired', () => {
  const day = 86_400_000;
  const passwd =
    'root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\ncy:x:1002:1002::/home/cy:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n';
  const shadow =
    'root:*:19000:0:99999:7:::\ntoor:$y$x:19000:0:99999:7:::\nada:$y$x:19000:0:90:7:::\nbob::19000:0:99999:7:::\ncy:$y$x:19000:0:99999:7::19500:\nwww:*:19000:0:99999:7::1:\n';
  const accounts = parseAccounts(passwd, shadow, 'sudo:x:27:ada\n');
  const of = (wanted: string) => accounts.find(({ name }) => name === wanted);
  assert.deepEqual(
    [of('root')?.password, of('bob')?.password, of('ada')?.password],
    ['none', 'empty', 'set'],
  );
  assert.ok(of('ada')?.isAdministrator && of('toor')?.isAdministrator && !of('bob')?.isAdministrator);
  const expiredAt = (days: number) =>
    accounts.filter((each) => isExpired(each, days * day)).map(({ name }) => name);
  assert.deepEqual(expiredAt(19_050), []);
  assert.deepEqual(expiredAt(19_100), ['ada']);
  assert.deepEqual(expiredAt(19_500), ['ada', 'cy']);
  assert.equal(parseAccounts(passwd, undefined, '')[3]?.password, undefined);
});

test('settings and accounts are told in words, and a closed machine is not', () => {
  const base = { target: 'h', title: 'x', at: 0, how: 'x' };
  const ssh = (facts: Evidence['facts']): Evidence => ({
    ...base,
    id: 'h.sshd',
    facts: { by: 'sshd -T', serves: 'yes', ...facts },
  });
  const rows: Scalar[][] = [
    ['bob', 1001, 'empty password'],
    ['toor', 0, 'user id 0'],
    ['ada', 1000, 'expired'],
  ];
  const accounts: Evidence = { ...base, id: 'h.accounts', table: { columns: [], rows } };
  assert.deepEqual(
    exposed
      .conclude([ssh({ rootLogin: 2, isPasswordTaken: true }), accounts], 'h')
      .map(({ summary }) => summary),
    [
      'root may log in over SSH with a password',
      '1 account with an empty password: bob',
      'toor has user id 0 besides root',
      'expired: ada',
    ],
  );
  assert.equal(
    exposed.conclude([ssh({ rootLogin: 1, isPasswordTaken: true })], 'h')[0]?.summary,
    'SSH takes passwords',
  );
  assert.deepEqual(exposed.conclude([ssh({ rootLogin: 1, isPasswordTaken: false })], 'h'), []);
  for (const serves of ['no: sshd is installed and does not run', 'unknown'])
    assert.deepEqual(exposed.conclude([ssh({ rootLogin: 2, isPasswordTaken: true, serves })], 'h'), []);
});
