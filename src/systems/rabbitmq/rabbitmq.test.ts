import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from 'amqplib';
import { missing } from '../../../test/servers/installed.ts';
import { type RabbitmqServer, rabbitmqServer, startRabbitmq } from '../../../test/servers/rabbitmq.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../test/try-action.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../test/try-target.ts';
import { queues } from './answers.ts';
import { rabbitmq } from './index.ts';
import { bytesOf, diskLimit, memoryLimit } from './limits.ts';
import { withRates } from './rates.ts';

test('limits are read in every form that RabbitMQ writes them', () => {
  assert.equal(bytesOf('50MB'), 50_000_000);
  assert.equal(bytesOf('50MiB'), 52_428_800);
  assert.equal(bytesOf('2G'), 2 * 1024 ** 3);
  assert.deepEqual(memoryLimit('0.4', 1_000).configuredBytes, 400);
  assert.deepEqual(memoryLimit('{absolute,"2GB"}', 1).reset, [
    'set_vm_memory_high_watermark',
    'absolute',
    '2GB',
  ]);
  assert.deepEqual(diskLimit('{mem_relative,1.5}', 1_000).configuredBytes, 1_500);
  assert.deepEqual(diskLimit('"10MB"', 1).reset, ['set_disk_free_limit', '10MB']);
});

test('rates are made of the counters themselves: the API says 0 most of the time', () => {
  const queue = (redeliver: number) =>
    queues.parse([
      { name: 'jobs', vhost: '/', message_stats: { redeliver, redeliver_details: { rate: 0 }, ack: 7 } },
    ])[0];
  const look = (at: number, redeliver: number) => ({
    at,
    counters: new Map([['jobs', { publish: 0, deliver_get: 0, ack: 7, redeliver }]]),
  });
  const rate = (ms: number, before: number, after: number) => {
    const now = queue(after);
    assert.ok(now);
    return withRates(now, look(0, before), look(ms, after)).message_stats?.redeliver_details.rate;
  };
  assert.equal(rate(10_000, 100, 1_100), 100);
  assert.equal(rate(2_000, 100, 1_100), 0, 'too short a time says nothing');
  assert.equal(rate(10_000, 1_100, 100), 0, 'the counters began anew');
});

describe('a real RabbitMQ', { skip: missing(rabbitmqServer) }, () => {
  let server: RabbitmqServer;
  let target: TriedTarget;
  let client: Awaited<ReturnType<typeof connect>>;

  before(async () => {
    server = await startRabbitmq();
    target = tryTarget(rabbitmq, { url: server.url, command: server.command });
    client = await connect(server.amqp);
  });
  after(async () => {
    await client?.close();
    await target?.bound.close();
    await server?.stop();
  });

  test('is up; a wrong password is told from an outage, with the remedy', async () => {
    assert.equal(readingOf(await target.seen('rabbitmq.liveness'), 'rabbitmq.up'), 1);
    const stranger = tryTarget(rabbitmq, { url: server.url.replace('guest:guest', 'guest:wrong') });
    const outcome = await stranger.check('rabbitmq.liveness');
    assert.ok(!outcome.ok && outcome.why === 'denied');
    assert.match(outcome.detail, /set_user_tags upkeep monitoring/);
  });

  for (const [resource, change, alarm] of [
    ['memory', ['set_vm_memory_high_watermark', '0.001'], 'rabbitmq.node.memory_alarm'],
    ['disk', ['set_disk_free_limit', '999GB'], 'rabbitmq.node.disk_alarm'],
  ] as const) {
    test(`a ${resource} limit changed at run time is blamed and put back to the configured one`, async () => {
      const calm = await target.seen('rabbitmq.nodes');
      assert.equal(readingOf(calm, alarm), 0);
      assert.deepEqual((await target.diagnose(`rabbitmq.${resource}-alarm`)).findings, []);
      const input = { resource, node: server.node };
      assert.match(await refusal(target, 'rabbitmq.reset-watermark', input), /really used up/);
      await server.ctl(...change);
      const seen = () => target.seen('rabbitmq.nodes');
      await eventually(seen, (outcome) => readingOf(outcome, alarm) === 1, 20_000);
      const { findings } = await target.diagnose(`rabbitmq.${resource}-alarm`);
      assert.match(findings[0]?.explanation ?? '', /changed it at run time/);
      assert.deepEqual(findings[0]?.recommendations[0]?.input, input);
      const plan = await planned(target, 'rabbitmq.reset-watermark', input);
      await assertGuarded(target, plan);
      assert.equal((await verified(target, plan)).good, false);
      assert.match(await applied(target, plan), /again/);
      await eventually(
        () => verified(target, plan),
        (verdict) => verdict.good,
        120_000,
      );
      assert.match(await applied(target, plan), /already/);
      assert.match(await undone(target, plan), /again$/);
      assert.match(await applied(target, plan), /again$/);
      await eventually(
        () => verified(target, plan),
        (verdict) => verdict.good,
        120_000,
      );
    });
  }

  test('messages that nobody consumes are seen and told', async () => {
    const channel = await client.createConfirmChannel();
    await channel.assertQueue('waiting');
    channel.sendToQueue('waiting', Buffer.from('one'));
    await channel.waitForConfirms();
    const labels = { queue: 'waiting' };
    await eventually(
      () => target.seen('rabbitmq.queues'),
      (outcome) => readingOf(outcome, 'rabbitmq.queue.unconsumed', labels) === 1,
    );
    const { findings } = await target.diagnose('rabbitmq.no-consumers');
    assert.deepEqual(
      findings.map(({ summary }) => summary),
      ['nobody consumes waiting: 1 message waits'],
    );
    await channel.deleteQueue('waiting');
    await channel.close();
  });

  test('a poison message alone is moved to the dead letters; the others stay and are consumed', async () => {
    const channel = await client.createConfirmChannel();
    await channel.assertQueue('jobs.dead');
    await channel.assertQueue('jobs', {
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'jobs.dead' },
    });
    await channel.prefetch(1);
    const done: string[] = [];
    await channel.consume('jobs', (message) => {
      if (message === null) return;
      const text = message.content.toString();
      // The poison blocks its worker as long as it is there.
      if (text === 'poison') setTimeout(() => channel.nack(message, false, true), 5);
      else {
        done.push(text);
        channel.ack(message);
      }
    });
    channel.sendToQueue('jobs', Buffer.from('poison'), { messageId: 'p' });
    await channel.waitForConfirms();
    await eventually(
      () => target.seen('rabbitmq.queues'),
      (outcome) => (readingOf(outcome, 'rabbitmq.queue.fruitless_rate', { queue: 'jobs' }) ?? 0) > 5,
      120_000,
    );
    const { findings } = await target.diagnose('rabbitmq.poison-message');
    assert.match(findings[0]?.summary ?? '', /the same message goes round in jobs/);
    assert.equal(findings[0]?.recommendations[0]?.action, 'rabbitmq.move-poison-message');
    const plan = await planned(target, 'rabbitmq.move-poison-message', { queue: 'jobs' });
    await assertGuarded(target, plan);
    assert.match(await applied(target, plan), /was moved to jobs.dead/);
    channel.sendToQueue('jobs', Buffer.from('good'), { messageId: 'g' });
    await eventually(
      async () => done,
      (texts) => texts.includes('good'),
    );
    const dead = await channel.get('jobs.dead', { noAck: true });
    assert.ok(dead && dead.content.toString() === 'poison');
    await eventually(
      () => verified(target, plan),
      (verdict) => verdict.good,
      120_000,
    );
    assert.equal((await channel.checkQueue('jobs.dead')).messageCount, 0);
    await channel.close();
  });

  test('a queue without a place for dead letters is left alone', async () => {
    const channel = await client.createConfirmChannel();
    await channel.assertQueue('bare');
    channel.sendToQueue('bare', Buffer.from('x'));
    await channel.waitForConfirms();
    let isOver = false;
    await channel.consume('bare', (message) => {
      if (message !== null) setTimeout(() => isOver || channel.nack(message, false, true), 5);
    });
    await eventually(
      () => refusal(target, 'rabbitmq.move-poison-message', { queue: 'bare' }),
      (said) => said.includes('would be lost'),
      120_000,
    );
    isOver = true;
    await channel.close();
  });
});
