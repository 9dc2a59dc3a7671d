/** The readers against this machine. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { release } from 'node:os';
import { test } from 'node:test';
import { freeze } from '../../test/servers/process.ts';
import { readCpu, readLoad } from './cpu.ts';
import { readFileSystems } from './file-systems.ts';
import { allListeners, listeningPart, parseListeners, portsOf, processListeningOn } from './listeners.ts';
import { readMemory, readPaging } from './memory.ts';
import { allProcesses, descriptors, processFacts, processTimes } from './processes.ts';

const isLinux = process.platform === 'linux';

test('cpu, memory and disks are what the system tools say', { skip: !isLinux }, async () => {
  const cpu = await readCpu();
  assert.equal(cpu?.cores, Number(execFileSync('grep', ['-c', '^processor', '/proc/cpuinfo'])));
  assert.ok((await readLoad()) !== undefined);
  const memory = await readMemory();
  assert.ok(memory && memory.available > 0 && memory.available <= memory.total);
  assert.ok(((await readPaging()).majorFaults ?? 0) > 0);
  const { fileSystems } = await readFileSystems();
  const root = fileSystems.find((each) => each.mountPoint === '/');
  const [size, available] =
    execFileSync('df', ['-B1', '--output=size,avail', '/'], { encoding: 'utf8' })
      .trim()
      .split('\n')[1]
      ?.trim()
      .split(/\s+/)
      .map(Number) ?? [];
  assert.equal(root?.size, size);
  assert.ok(
    Math.abs((root?.available ?? 0) - (available ?? 0)) < 0.05 * (size ?? 0),
    'others write to it meanwhile',
  );
});

test('of the table of sockets only the listening part is read, and it is all of them', {
  skip: !isLinux,
}, async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const sockets = Array.from({ length: 400 }, () => connect({ port, host: '127.0.0.1' }));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const whole = await listeningPart('/proc/net/tcp', false);
  const part = await listeningPart('/proc/net/tcp');
  const ports = (text: string) => parseListeners(text).map((socket) => socket.port);
  assert.ok(ports(part).includes(port));
  // Others come and go on this machine meanwhile; ours is in both.
  assert.ok(ports(whole).includes(port));
  if (Number.parseInt(release(), 10) >= 5) assert.ok(part.length < whole.length / 2, `${part.length}`);
});

const listening = `
  const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
    process.stdout.write(String(server.address().port) + '\\n');
  });
`;

async function startChild(script: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(child.stdout);
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, line: data.toString().trim() };
}

test('a child that listens is found by its port, and its queue grows when it is stopped', {
  skip: !isLinux,
}, async (t) => {
  const { child, line } = await startChild(listening);
  const port = Number(line);
  const pid = child.pid ?? 0;
  t.after(() => child.kill('SIGKILL'));
  const found = await processListeningOn('localhost', port);
  assert.equal(found?.pid, pid);
  assert.equal(found?.state, 'running');
  assert.equal(found?.address, '127.0.0.1');
  assert.equal(found?.acceptQueue, 0);
  assert.equal(await processListeningOn('127.0.0.2', port), undefined);
  assert.deepEqual(await portsOf(pid), [port]);
  assert.ok((await allListeners()).some((each) => each.port === port && each.pid === pid));

  await freeze(pid);
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const frozen = await processListeningOn('127.0.0.1', port);
  assert.equal(frozen?.state, 'stopped');
  assert.equal(frozen?.acceptQueue, 2);
});

test('what is known of this very process is true', { skip: !isLinux }, async (t) => {
  const facts = await processFacts(process.pid);
  assert.equal(facts?.parentPid, process.ppid);
  assert.equal(facts?.uid, process.getuid?.());
  assert.ok(facts?.command.some((part) => part.includes('machine.test.ts')));
  assert.ok(Math.abs((facts?.startedAt ?? 0) - (Date.now() - process.uptime() * 1_000)) < 10_000);
  assert.ok(Math.abs((facts?.resident ?? 0) / process.memoryUsage.rss() - 1) < 0.5);
  // More than what ends meanwhile on its own.
  const servers = Array.from({ length: 21 }, () => createServer());
  t.after(() => {
    for (const server of servers) server.close();
  });
  const before = await descriptors(process.pid);
  await Promise.all(servers.map((server) => once(server.listen(0), 'listening')));
  assert.ok(((await descriptors(process.pid))?.open ?? 0) >= (before?.open ?? 0) + 10);
  assert.ok((await allProcesses()).some((each) => each.pid === process.pid));
  const [first, second, third] = await Promise.all([allProcesses(), allProcesses(), allProcesses()]);
  assert.notEqual(second, first, 'nobody is told what was so before it asked');
  assert.equal(third, second, 'those that ask meanwhile share one walk');
  const own = (await processTimes()).find((each) => each.pid === process.pid);
  assert.equal(own?.startTicks, facts?.startTicks);
  assert.ok((own?.cpuSeconds ?? 0) > 0);
  assert.equal(await processFacts(2 ** 22 + 5), undefined);
});
