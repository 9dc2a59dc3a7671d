/** What an application needs of the world: its release, a partner, a way to its database, ports, the right time, a job that runs. */
import { get } from '../../demo/http.ts';
import { type Drill, firstLack, type Lab } from '../drill.ts';
import type { Outside } from '../parts/outside.ts';
import type { Passage } from '../parts/route.ts';
import { lacksNamespaces } from '../parts/route.ts';
import { needsCommand, needsLinux, needsRoot, nothing } from './needs.ts';

const common = {
  lab: 'outside',
  mitigation: 'explain',
  actions: [],
  lacks: nothing,
} as const satisfies Partial<Drill>;
const lacksRoute = () =>
  firstLack(
    needsLinux(),
    needsRoot(),
    lacksNamespaces(),
    needsCommand('ip', 'iproute2'),
    needsCommand('iptables'),
  );

export const outside: readonly Drill[] = [
  {
    ...common,
    id: 'release.fails-in-part',
    row: '56',
    title: 'A new release answers a third of its requests with 500',
    does: 'the link to the current release is switched from r1 to r2',
    causes: [
      [
        { diagnosis: 'http.bad-release', target: 'release' },
        { diagnosis: 'http.bad-release', target: 'store' },
      ],
    ],
    mitigation: 'ask',
    actions: ['delivery.rollback-release'],
    inject: change(
      (one) => one.switchTo('r2'),
      (one) => one.switchTo('r1'),
    ),
    symptom: async (lab) => (await answers(lab, '/', 6)).some((status) => status !== 200),
  },
  {
    ...common,
    id: 'partner.rate-limited',
    row: '59',
    title: 'A partner answers 429: one feature of the application fails',
    does: 'the API of the partner answers each request with 429',
    causes: [[{ diagnosis: 'http.own-error', target: 'partner' }]],
    inject: change(
      (one) => (one.partner.status = 429),
      (one) => (one.partner.status = 200),
    ),
    symptom: async (lab) => (await answers(lab, '/pay', 1))[0] !== 200,
  },
  {
    ...common,
    id: 'partner.failing',
    row: '59',
    title: 'A partner answers 500: one feature of the application fails',
    does: 'the API of the partner answers each request with 500',
    causes: [[{ diagnosis: 'http.own-error', target: 'partner' }]],
    inject: change(
      (one) => (one.partner.status = 500),
      (one) => (one.partner.status = 200),
    ),
    symptom: async (lab) => (await answers(lab, '/pay', 1))[0] !== 200,
  },
  {
    ...common,
    id: 'network.delay',
    row: '50',
    title: 'The way to the database takes 400 ms more; its statements take no longer',
    does: 'a proxy between the application and PostgreSQL holds each piece back for 200 ms, both ways',
    causes: [[{ diagnosis: 'postgres.slow-way', target: 'far-db' }]],
    inject: change(
      (one) => (one.way.delayMs = 200),
      (one) => (one.way.delayMs = 0),
    ),
    symptom: async (lab) => (await slowest(lab, '/orders')) > 300,
  },
  {
    ...common,
    id: 'network.loss',
    row: '49',
    title: 'A third of the packets to one server are lost; all else is well',
    does: 'in a network namespace between: iptables -A FORWARD -m statistic --probability 0.35 -j DROP',
    causes: [[{ diagnosis: 'http.lossy-way', target: 'beyond' }]],
    withinMs: 90_000,
    lacks: lacksRoute,
    inject: passing('lossy'),
  },
  {
    ...common,
    id: 'network.port-dropped',
    row: '51',
    title: 'A new rule of a firewall drops what goes to a server that listens',
    does: 'in a network namespace between: iptables -A FORWARD -p tcp --dport 8000 -j DROP',
    causes: [[{ diagnosis: 'http.unreachable', target: 'beyond' }]],
    lacks: lacksRoute,
    inject: passing('dropped'),
  },
  {
    ...common,
    id: 'network.port-refused',
    row: '51',
    title: 'A new rule of a firewall refuses what goes to a server that listens',
    does: 'in a network namespace between: iptables -A FORWARD -p tcp --dport 8000 -j REJECT',
    causes: [
      [
        { diagnosis: 'http.unreachable', target: 'beyond' },
        { diagnosis: 'http.backend-down', target: 'beyond' },
      ],
    ],
    lacks: lacksRoute,
    inject: passing('refused'),
  },
  {
    ...common,
    id: 'network.no-local-port',
    row: '52',
    title: 'The application finds no local port for another connection',
    does: 'the application answers as Node does when the kernel gives it no local port (EADDRNOTAVAIL)',
    causes: [[{ diagnosis: 'http.ports-exhausted', target: 'pay' }]],
    inject: change(
      (one) => (one.noPort = `connect EADDRNOTAVAIL 127.0.0.1:${one.partner.port} - Local (0.0.0.0:0)`),
      (one) => (one.noPort = null),
    ),
    symptom: async (lab) => (await answers(lab, '/pay', 1))[0] !== 200,
  },
  {
    ...common,
    id: 'host.clock-off',
    row: '54',
    title: 'The clock of the machine and its time server are two hours apart',
    does: 'the time server that the machine asks is two hours ahead',
    causes: [[{ diagnosis: 'host.clock-skew', target: 'machine' }]],
    lacks: needsLinux,
    inject: change(
      (one) => (one.time.aheadMs = 2 * 3_600_000),
      (one) => (one.time.aheadMs = 0),
    ),
  },
  {
    ...common,
    id: 'job.silent',
    row: '61',
    title: 'The line of a nightly job is taken out of its crontab, and nothing happens',
    does: 'the job reports no run any more; nothing reports a failure',
    causes: [[{ diagnosis: 'heartbeat.silent', target: 'nightly' }]],
    inject: change(
      (one) => (one.job.runs = false),
      (one) => (one.job.runs = true),
    ),
  },
];

function outsideOf({ outside: found }: Lab): Outside {
  if (found === undefined) throw new Error('this sandbox has no application with an outside');
  return found;
}

function change(how: (one: Outside) => unknown, back: (one: Outside) => unknown): Drill['inject'] {
  return async (lab) => {
    how(outsideOf(lab));
    return async () => void back(outsideOf(lab));
  };
}

function passing(how: Passage): Drill['inject'] {
  return async (lab) => {
    const { route } = outsideOf(lab);
    if (route === undefined) throw new Error('no network of its own could be made here');
    await route.pass(how);
    return () => route.pass('free');
  };
}

async function answers(lab: Lab, path: string, times: number): Promise<number[]> {
  const seen: number[] = [];
  for (let n = 0; n < times; n += 1)
    seen.push((await get(`http://127.0.0.1:${outsideOf(lab).app}${path}`, 2_000)).status);
  return seen;
}

async function slowest(lab: Lab, path: string): Promise<number> {
  const began = lab.clock.monotonic();
  await answers(lab, path, 1);
  return lab.clock.monotonic() - began;
}
