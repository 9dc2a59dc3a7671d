/** What stands in front: a proxy with two servers, a web server with its configuration. */
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from '../../demo/http.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { needsCommand, needsSystem } from './needs.ts';

const lacksHaproxy: Drill['lacks'] = ({ systems }) =>
  firstLack(needsSystem(systems, 'haproxy'), needsCommand('haproxy'));

export const web: readonly Drill[] = [
  {
    id: 'haproxy.check-renamed',
    row: '39',
    lab: 'front',
    title: 'The path of the health check is renamed: all servers count as down, and are well',
    does: 'both servers answer /healthz with 404 and / with 200',
    causes: [[{ diagnosis: 'haproxy.wrong-check', target: 'pair' }]],
    mitigation: 'ask',
    actions: ['haproxy.suspend-check'],
    lacks: lacksHaproxy,
    inject: async (lab) => {
      const pair = pairOf(lab);
      pair.healthPath = '/health';
      return async () => {
        pair.healthPath = '/healthz';
      };
    },
    symptom: isPairUnwell,
  },
  {
    id: 'haproxy.bad-server',
    row: '40',
    lab: 'front',
    title: 'One of two servers answers every other request with 500',
    does: 'the second server answers 500 to half of its requests; its health check is well',
    causes: [[{ diagnosis: 'haproxy.bad-server', target: 'pair' }]],
    withinMs: 120_000,
    mitigation: 'always',
    actions: ['haproxy.drain-server'],
    lacks: lacksHaproxy,
    inject: async (lab): Promise<Undo> => {
      const pair = pairOf(lab);
      pair.second = 'half-broken';
      return async () => {
        pair.second = 'well';
        await pair.ready();
      };
    },
    symptom: isPairUnwell,
  },
  {
    id: 'haproxy.all-in-maintenance',
    row: '39',
    lab: 'front',
    title: 'Both servers are put into maintenance, and nobody is left to serve',
    does: 'set server parcels/one state maint; set server parcels/two state maint',
    causes: [[{ diagnosis: 'haproxy.taken-out', target: 'pair' }]],
    mitigation: 'ask',
    actions: ['haproxy.ready-server'],
    lacks: lacksHaproxy,
    inject: async (lab) => {
      const pair = pairOf(lab);
      await pair.set('maint');
      return () => pair.set('ready');
    },
    symptom: isPairUnwell,
  },
  {
    id: 'nginx.broken-configuration',
    row: '33',
    lab: 'front',
    title: 'A semicolon is deleted from the configuration, and nginx is restarted',
    does: 'nginx.conf without the ; after worker_processes 1; SIGQUIT; it does not start again',
    causes: [[{ diagnosis: 'nginx.broken-configuration', target: 'nginx' }]],
    mitigation: 'always',
    actions: ['nginx.restore-last-good'],
    lacks: ({ systems }) => firstLack(needsSystem(systems, 'nginx'), needsCommand('nginx')),
    inject: breakNginx,
    symptom: async (lab) => (await get(`http://127.0.0.1:${nginxOf(lab).port}/`, 1_000)).status !== 200,
  },
];

function pairOf({ pair }: Lab) {
  if (pair === undefined) throw new Error('this sandbox has no HAProxy of its own');
  return pair;
}

function nginxOf({ nginx }: Lab) {
  if (nginx === undefined) throw new Error('this sandbox has no nginx');
  return nginx;
}

/** Ten requests in a row: half of a half fails. */
async function isPairUnwell(lab: Lab): Promise<boolean> {
  const { port } = pairOf(lab);
  for (let n = 0; n < 10; n += 1)
    if ((await get(`http://127.0.0.1:${port}/parcels`, 1_000)).status !== 200) return true;
  return false;
}

async function breakNginx(lab: Lab): Promise<Undo> {
  const nginx = nginxOf(lab);
  const right = readFileSync(nginx.config, 'utf8');
  writeFileSync(nginx.config, right.replace('worker_processes 1;', 'worker_processes 1'));
  await nginx.quit();
  await nginx.start().catch(() => {});
  return async () => {
    writeFileSync(nginx.config, right);
    await nginx.start();
  };
}
