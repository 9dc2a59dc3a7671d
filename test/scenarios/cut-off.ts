/**
 * Runs in a network namespace of its own: a real Upkeep whose targets lie behind a gateway. The targets lose their
 * network one time, one of them alone the other time; prints what the receiver on this machine was told.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { serveApp } from '../served-app.ts';
import { startHttpReceiver } from '../servers/receiver.ts';

const ip = (...words: string[]) => execFileSync('ip', words);
const far = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];

ip('link', 'set', 'lo', 'up');
const beyond = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
process.once('exit', () => beyond.kill('SIGKILL'));
// Until then what is moved to it would stay with us.
const network = (of: string) => readlinkSync(`/proc/${of}/ns/net`);
while (network(String(beyond.pid)) === network('self'))
  await new Promise((resolve) => setTimeout(resolve, 20));
const there = (...words: string[]) =>
  execFileSync('nsenter', ['--net', '--target', String(beyond.pid), ...words]);
ip('link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'in');
ip('link', 'set', 'in', 'netns', String(beyond.pid));
ip('addr', 'add', '10.9.0.2/24', 'dev', 'out');
ip('link', 'set', 'out', 'up');
there('ip', 'link', 'set', 'lo', 'up');
there('ip', 'link', 'set', 'in', 'up');
there('ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'in');
for (const address of far) there('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo');
ip('route', 'add', 'default', 'via', '10.9.0.1');

const listener = spawn(
  'nsenter',
  [
    ...['--net', '--target', String(beyond.pid), process.execPath, '--eval'],
    "require('node:net').createServer((s) => s.on('error', () => {})).listen(7000, '0.0.0.0', () => console.log('ready'))",
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
process.once('exit', () => listener.kill('SIGKILL'));
await once(listener.stdout, 'data');
const here = createServer((socket) => socket.on('error', () => {})).listen(7001, '127.0.0.1');

const receiver = await startHttpReceiver();
const target = (name: string, at: string) =>
  `  ${name}: { system: tcp, host: ${at}, every: 1s, timeout: 1s }`;
const served = await serveApp({
  yaml: [
    'name: cut-off',
    'targets:',
    target('here', '127.0.0.1, port: 7001'),
    ...far.map((host, i) => target(`far${i + 1}`, `${host}, port: 7000`)),
    `notify: { ops: { notifier: webhook, url: "${receiver.url}" } }`,
    'oncall: { escalation: { critical: [{ notify: ops, after: 0s }], high: [{ notify: ops, after: 0s }] } }',
    '',
  ].join('\n'),
});
const opened = () =>
  receiver.requests
    .map((one) => one.json<{ event: string; incident: { title: string } }>())
    .filter(({ event }) => event === 'incident.opened')
    .map(({ incident }) => incident.title);
const until = async (count: number, ms: number) => {
  for (let waited = 0; opened().length < count && waited < ms; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
};
const names = ['here', 'far1', 'far2', 'far3'];
while (names.some((name) => served.app.ctx.picture.target(name).up !== 1))
  await new Promise((resolve) => setTimeout(resolve, 50));
// By then all were met.
await new Promise((resolve) => setTimeout(resolve, 17_000));

const began = performance.now();
if (process.argv[2] === 'all') {
  for (const address of far) there('ip', 'addr', 'del', `${address}/32`, 'dev', 'lo');
} else there('ip', 'addr', 'del', `${far[0]}/32`, 'dev', 'lo');
await until(1, 60_000);
const firstAfterMs = Math.round(performance.now() - began);
here.close();
const closedAt = performance.now();
await until(2, 60_000);
const hereAfterMs = Math.round(performance.now() - closedAt);
await new Promise((resolve) => setTimeout(resolve, 4_000));
console.log(JSON.stringify({ titles: opened(), firstAfterMs, hereAfterMs }));
await served.stop();
process.exit(0);
