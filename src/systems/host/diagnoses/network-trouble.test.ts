/** Ports run out in a network of their own; the rest is judged by recorded evidence. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { Evidence } from '../../../core/evidence.ts';
import { busiestDestination, parsePortRange } from '../../../machine/ports.ts';
import { clockSkew, packetLoss, portsExhausted } from './network-trouble.ts';

const evidence = (topic: string, facts: Evidence['facts']): Evidence[] => [
  { id: `h.${topic}`, target: 'h', title: 'x', at: 0, how: 'x', ...(facts ? { facts } : {}) },
];

/** Twelve connections to one port through a range of ten, in a network namespace. */
const exhaust = `
const net = require('node:net'), fs = require('node:fs');
const server = net.createServer(() => {}).listen(5000, '127.0.0.1', async () => {
  let error = '';
  for (let at = 0; at < 12 && error === ''; at++)
    await new Promise((done) => net.connect(5000, '127.0.0.1', done).on('error', (e) => { error = e.code; done(); }));
  console.log(JSON.stringify({ error, range: fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), table: fs.readFileSync('/proc/net/tcp', 'utf8') }));
  process.exit();
});`;

test('used-up local ports are told with the destination', (t) => {
  const script =
    'ip link set lo up && echo 40000 40009 > /proc/sys/net/ipv4/ip_local_port_range && exec "$0" -e "$1"';
  let said: string;
  try {
    said = execFileSync('unshare', ['-n', 'sh', '-c', script, process.execPath, exhaust], {
      stdio: 'pipe',
      timeout: 180_000,
    }).toString();
  } catch {
    return t.skip('a network namespace needs root and ip (apt-get install iproute2)');
  }
  const { error, range, table } = JSON.parse(said);
  assert.equal(error, 'EADDRNOTAVAIL');
  const parsed = parsePortRange(range);
  assert.deepEqual(parsed, { from: 40_000, to: 40_009 });
  const busiest = busiestDestination([table], parsed ?? { from: 0, to: 0 });
  assert.deepEqual(busiest, { address: '127.0.0.1', port: 5000, used: 10, waiting: 0 });
  const facts = { ...parsed, destination: '127.0.0.1:5000', used: 10, waiting: 0 };
  const [finding] = portsExhausted.conclude(evidence('ports', facts), 'h');
  assert.equal(finding?.summary, '10 of 10 local ports are used towards 127.0.0.1:5000');
  assert.match(finding.explanation, /The range is narrow/);
  assert.deepEqual(portsExhausted.conclude(evidence('ports', { ...facts, used: 3 }), 'h'), []);
});

test('lost packets are told apart from errors of an own interface', () => {
  const lost = { sent: 5_000, again: 900, share: null, interfaceErrors: 0 };
  const [way] = packetLoss.conclude(evidence('retransmits', lost), 'h');
  assert.match(way?.summary ?? '', /^18 % of the TCP segments are sent again/);
  assert.match(way?.explanation ?? '', /lost on the way/);
  const [own] = packetLoss.conclude(evidence('retransmits', { ...lost, interfaceErrors: 40 }), 'h');
  assert.match(own?.explanation ?? '', /40 errors or drops/);
  assert.deepEqual(packetLoss.conclude(evidence('retransmits', { ...lost, again: 5 }), 'h'), []);
  assert.deepEqual(packetLoss.conclude(evidence('retransmits', { ...lost, sent: 3, again: 2 }), 'h'), []);
});

test('a clock that is off is told; one that nobody compares is not', () => {
  const off = { isSynchronised: false, offsetSeconds: 7_200.5, by: 'chronyc' };
  const [finding] = clockSkew.conclude(evidence('clock', off), 'h');
  assert.equal(finding?.summary, 'the clock of this machine is 7200.50 s off and follows no reference');
  assert.deepEqual(
    clockSkew.conclude(evidence('clock', { ...off, isSynchronised: true, offsetSeconds: 0.001 }), 'h'),
    [],
  );
  assert.deepEqual(clockSkew.conclude(evidence('clock', undefined), 'h'), []);
});
