import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../clock.ts';
import type { OwnSigns } from '../core/incident/own-trouble.ts';
import { ownSignReader, parseDefaultRoute, parseNameservers, parseNeighbour } from './own-signs.ts';

const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n';

test('the default route with the lowest metric that is up', () => {
  const far = 'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\n';
  const near = 'eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\n';
  const local = 'eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n';
  assert.deepEqual(parseDefaultRoute(header + local + far + near), { device: 'eth0', gateway: '10.0.0.1' });
  assert.equal(parseDefaultRoute(header + local), null);
  assert.equal(parseDefaultRoute(''), null);
});

test('the resolvers behind a stub of this machine', () => {
  const text =
    '# made\nnameserver 127.0.0.53\nnameserver 10.0.0.2\n nameserver 2001:db8::1\nnameserver fe80::1%eth0\n';
  assert.deepEqual(parseNameservers(text), ['10.0.0.2', '2001:db8::1']);
  assert.deepEqual(parseNameservers('search example.test\n'), []);
});

test('a neighbour answered, did not, or is not known', () => {
  const row = (flags: string) =>
    `10.0.0.1         0x1         ${flags}         52:54:00:00:00:01     *        eth0\n`;
  assert.equal(parseNeighbour(row('0x2'), '10.0.0.1'), true);
  assert.equal(parseNeighbour(row('0x0'), '10.0.0.1'), false);
  assert.equal(parseNeighbour(row('0x2'), '10.0.0.10'), null);
});

test('the machine says something of itself within the time it is given, and knows its own addresses', async () => {
  const reader = ownSignReader(systemClock, () => [{ host: '127.0.0.1', port: 1 }]);
  const signs = await reader.read(1_000, { names: false });
  reader.stop();
  assert.equal(signs.canaries.state, 'good', 'a refusal is an answer');
  assert.equal(signs.load.state, 'good');
  for (const host of ['localhost', '127.0.0.53', '::1']) assert.ok(reader.isOwnAddress(host));
  assert.ok(!reader.isOwnAddress('192.0.2.1'));
});

const hasNamespaces = spawnSync('unshare', ['--net', 'ip', 'link']).status === 0;

test('a way out that is lost shows; one that never was is nothing to miss', {
  skip: hasNamespaces ? false : 'unshare --net needs root and ip (apt-get install util-linux iproute2)',
}, () => {
  const program = `
    import { execFileSync } from 'node:child_process';
    const { ownSignReader } = await import(${JSON.stringify(fileURLToPath(new URL('./own-signs.ts', import.meta.url)))});
    const { systemClock } = await import(${JSON.stringify(fileURLToPath(new URL('../clock.ts', import.meta.url)))});
    const ip = (...words) => execFileSync('ip', words);
    const reader = ownSignReader(systemClock, () => [{ host: '192.0.2.1', port: 443 }]);
    const never = await reader.read(300, { names: true });
    ip('addr', 'add', '10.9.9.1/24', 'dev', 'lo');
    ip('link', 'set', 'lo', 'up');
    ip('route', 'add', 'default', 'via', '10.9.9.2', 'dev', 'lo');
    const before = await reader.read(300, { names: true });
    ip('route', 'del', 'default');
    console.log(JSON.stringify([never, before, await reader.read(300, { names: true })]));
    process.exit(0);`;
  const argv = ['--net', process.execPath, '--input-type=module', '--eval', program];
  const printed = execFileSync('unshare', argv, { encoding: 'utf8', timeout: 180_000 });
  const [never, before, after]: OwnSigns[] = JSON.parse(printed);
  assert.deepEqual([never?.route.state, before?.route.state, after?.route.state], ['unknown', 'good', 'bad']);
  assert.equal(after?.route.detail, 'no default route');
  assert.deepEqual([after?.canaries.state, after?.resolver.state], ['bad', 'bad']);
});
