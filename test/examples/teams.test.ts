/** The five teams' own thresholds and escalations, played on their own configurations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, secondMs } from '../simulation/loop.ts';
import { type Simulated, simulate } from './simulated.ts';

const hourMs = 60 * minuteMs;

async function played(path: string, play: (team: Simulated) => Promise<void>): Promise<void> {
  const team = await simulate(path);
  try {
    await play(team);
  } finally {
    await team.loop.end();
  }
}

/** Whether the alert is there after the span, and was not before it. */
async function firesAfter(team: Simulated, alert: string, span: number): Promise<void> {
  await team.loop.pass(span - 30 * secondMs);
  assert.equal((await team.alerts()).includes(alert), false, `${alert} is too early`);
  await team.loop.pass(minuteMs);
  assert.ok(
    (await team.alerts()).includes(alert),
    `${alert} is missing: ${(await team.alerts()).join(', ')}`,
  );
}

test('guildford: CPU above 60 % and 80 %, connections at 70 % and 85 % of the pool', () =>
  played('examples/guildford.yaml', async (team) => {
    team.reports('watchtower', { metric: 'host.cpu.used', value: 0.59 });
    team.reports('database', { metric: 'postgres.connections.used_ratio', value: 0.69 });
    await team.loop.pass(10 * minuteMs);
    assert.deepEqual(await team.alerts(), []);
    team.reports('watchtower', { metric: 'host.cpu.used', value: 0.81 });
    await firesAfter(team, 'watchtower host.cpu high', 5 * minuteMs);
    team.reports('database', { metric: 'postgres.connections.used_ratio', value: 0.86 });
    await firesAfter(team, 'database postgres.connections high', minuteMs);
  }));

test('guildford: more than 1 % of requests that fail; maintenance of the database is told 48 hours before', () =>
  played('examples/guildford.yaml', async (team) => {
    team.reports('app', { metric: 'app.http_requests_error_ratio', value: 0.0009 });
    await team.loop.pass(5 * minuteMs);
    assert.deepEqual(await team.alerts(), []);
    team.reports('app', { metric: 'app.http_requests_error_ratio', value: 0.011 });
    await firesAfter(team, 'app prometheus.error-rate high', 2 * minuteMs);
    const [window] = team.loop.desk.configuration().maintenance;
    assert.deepEqual([window?.noticeBeforeMs, window?.notify], [48 * hourMs, ['team']]);
  }));

test('guildford: a red search cluster, a lost one of two nodes, a full disk; a replica without a node is no call', () =>
  played('examples/guildford.yaml', async (team) => {
    team.reports('search-cluster', { metric: 'opensearch.replicas.unplaceable', value: 1 });
    team.reports('search-cluster', { metric: 'opensearch.yellow', value: 0 });
    await team.loop.pass(5 * minuteMs);
    assert.deepEqual(await team.alerts(), []);
    team.reports('search-cluster', { metric: 'opensearch.red', value: 1 });
    await firesAfter(team, 'search-cluster opensearch.red critical', 2 * minuteMs);
    team.reports('search-cluster', { metric: 'opensearch.data_nodes.missing', value: 1 });
    await firesAfter(team, 'search-cluster opensearch.nodes-missing high', minuteMs);
    team.reports('search-cluster', { metric: 'opensearch.node.disk_ratio', value: 0.91 });
    await firesAfter(team, 'search-cluster opensearch.disk high', minuteMs);
  }));

test('guildford: the platform down is SEV1; the lead is told when nobody acknowledges', () =>
  played('examples/guildford.yaml', async (team) => {
    team.goesDown('website');
    await team.loop.pass(2 * minuteMs);
    assert.deepEqual(team.toldOf('incident.opened').sort(), ['oncall', 'team']);
    const opened = team.told.find(({ message }) => message.event === 'incident.opened');
    assert.equal(opened?.message.incident?.severity, 'SEV1');
    assert.equal(
      team.told.some(({ notifier }) => notifier === 'lead'),
      false,
    );
    await team.loop.pass(15 * minuteMs);
    const calls = team.told.filter(({ notifier, message }) => notifier === 'lead' && !message.notice);
    assert.deepEqual(
      calls.map(({ message }) => message.event),
      ['incident.escalated'],
    );
  }));

test('template: an error rate above 0.1 % and 1 %, a p95 above 500 ms', () =>
  played('examples/template.yaml', async (team) => {
    team.reports('app', { metric: 'app.http_requests_error_ratio', value: 0.002 });
    await firesAfter(team, 'app prometheus.error-rate medium', 2 * minuteMs);
    team.reports('api', { metric: 'http.duration.total', value: 0.6 });
    await firesAfter(team, 'api http.slow low', 5 * minuteMs);
  }));

test('template: P0 pages who is on call at once and the lead after 15 minutes, each once', () =>
  played('examples/template.yaml', async (team) => {
    team.goesDown('edge');
    await team.loop.pass(2 * minuteMs);
    const [first] = team.toldOf('incident.opened').filter((one) => one.startsWith('pager '));
    assert.ok(first, team.toldOf('incident.opened').join(', '));
    assert.equal(team.told[0]?.message.incident?.severity, 'P0');
    // The step of 15 minutes is taken when the response clock is about to be missed, at 12.
    await team.loop.pass(9 * minuteMs);
    const pages = () => team.told.flatMap(({ message }) => message.to?.person ?? []);
    assert.equal(pages().includes('lead'), false);
    await team.loop.pass(5 * minuteMs);
    assert.deepEqual(pages().sort(), [first.slice('pager '.length), 'lead'].sort());
  }));

test('protocol-guide: 5 % of requests failing is high, a third party down is high', () =>
  played('examples/protocol-guide.yaml', async (team) => {
    team.reports('app', { metric: 'app.http_error_ratio', value: 0.02 });
    await firesAfter(team, 'app prometheus.error-rate medium', minuteMs);
    team.reports('app', { metric: 'app.http_error_ratio', value: 0.06 });
    await team.loop.pass(2 * minuteMs);
    const raised = await team.loop.journal('alert.raised');
    assert.deepEqual(
      raised.map(({ payload }) => [payload.target, payload.level]),
      [['app', 'high']],
    );
    team.reports('server', { metric: 'host.cpu.used', value: 0.91 });
    await firesAfter(team, 'server host.cpu high', 5 * minuteMs);
  }));

test('protocol-guide: a complete outage reaches the engineer at once, the lead after 5 minutes, the CTO after 30', () =>
  played('examples/protocol-guide.yaml', async (team) => {
    const began = team.loop.clock.now();
    team.goesDown('database');
    await team.loop.pass(40 * minuteMs);
    const when = (person: string) => {
      const first = team.told.find(({ message }) => message.to?.person === person);
      return first && Math.round((first.at - began) / minuteMs);
    };
    const engineer = when('dana') ?? when('eli');
    assert.ok(engineer !== undefined && engineer <= 1, `the engineer was paged after ${engineer} minutes`);
    assert.ok((when('lead') ?? 0) >= 4 && (when('lead') ?? 99) <= 6, `${when('lead')}`);
    assert.ok((when('cto') ?? 0) >= 28 && (when('cto') ?? 99) <= 31, `${when('cto')}`);
  }));

test('studio: CPU above 70 % for 5 minutes, a queue above 1,000 messages', () =>
  played('examples/studio.yaml', async (team) => {
    team.reports('host', { metric: 'host.cpu.used', value: 0.71 });
    await firesAfter(team, 'host host.cpu high', 5 * minuteMs);
    team.reports('queue', { metric: 'app.rabbitmq_queue_messages', value: 1_001, labels: { queue: 'mail' } });
    await firesAfter(team, 'queue prometheus.queue-depth high', 2 * minuteMs);
  }));

test('studio: down is critical; both of the team are called when whoever is on duty does not answer', () =>
  played('examples/studio.yaml', async (team) => {
    team.goesDown('database');
    await team.loop.pass(2 * minuteMs);
    assert.equal(team.told[0]?.message.incident?.severity, 'Critical');
    await team.loop.pass(10 * minuteMs);
    const people = new Set(team.told.flatMap(({ message }) => message.to?.person ?? []));
    assert.deepEqual([...people].sort(), ['finn', 'gwen']);
  }));

test('earningsnerd: storage at 70 % and 85 %, queries at 1 s and 5 s, a replica 30 s behind', () =>
  played('examples/earningsnerd.yaml', async (team) => {
    team.reports(
      'app',
      { metric: 'app.db_storage_used_ratio', value: 0.86 },
      { metric: 'app.db_query_duration_seconds.p95', value: 1.2 },
    );
    await firesAfter(team, 'app prometheus.storage critical', 5 * minuteMs);
    assert.ok((await team.alerts()).includes('app prometheus.query-p95 medium'));
    team.reports('replica', { metric: 'postgres.replication.lag', value: 31 });
    await firesAfter(team, 'replica postgres.replication-lag medium', minuteMs);
  }));

test('earningsnerd: the owner is called by message and mail, and again until the database is looked at', () =>
  played('examples/earningsnerd.yaml', async (team) => {
    team.goesDown('database');
    await team.loop.pass(minuteMs);
    const told = team.told.map(({ notifier, message }) => [notifier, message.to?.person ?? null].join(' '));
    assert.ok(told.includes('me owner') && told.includes('mail owner'), told.join(', '));
    const pagesNow = team.told.length;
    await team.loop.pass(20 * minuteMs);
    assert.ok(team.told.length > pagesNow);
    const [incident] = await team.loop.incidents();
    await team.loop.pipeline.assessor.acknowledge(incident?.id ?? '', 'owner');
    const calls = () => team.told.filter(({ message }) => message.event === 'incident.escalated').length;
    const before = calls();
    await team.loop.pass(2 * hourMs);
    assert.equal(calls(), before, 'an acknowledgement ends the calls');
  }));
