/** RabbitMQ: publishers that are blocked, messages that go round, queues that nobody empties. */
import type { Channel, ConfirmChannel } from 'amqplib';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { deadJobs, jobs } from '../parts/rabbitmq.ts';
import { needsCommand, needsSystem } from './needs.ts';

const common = {
  lab: 'broker',
  lacks: ({ systems }) => firstLack(needsSystem(systems, 'rabbitmq'), needsCommand('rabbitmq-server')),
  withinMs: 90_000,
} as const satisfies Partial<Drill>;

export const rabbitmq: readonly Drill[] = [
  {
    ...common,
    id: 'rabbitmq.memory-watermark',
    row: '29',
    title: 'The watermark of memory is set so low that publishers are blocked',
    does: 'rabbitmqctl set_vm_memory_high_watermark 0.001',
    causes: [[{ diagnosis: 'rabbitmq.memory-alarm', target: 'broker' }]],
    mitigation: 'always',
    actions: ['rabbitmq.reset-watermark'],
    inject: limit(['set_vm_memory_high_watermark', '0.001'], ['set_vm_memory_high_watermark', '0.4']),
    symptom: isPublisherBlocked,
  },
  {
    ...common,
    id: 'rabbitmq.disk-limit',
    row: '30',
    title: 'The limit of free disk is set higher than the disk is, so publishers are blocked',
    does: 'rabbitmqctl set_disk_free_limit 999GB',
    causes: [[{ diagnosis: 'rabbitmq.disk-alarm', target: 'broker' }]],
    mitigation: 'always',
    actions: ['rabbitmq.reset-watermark'],
    inject: limit(['set_disk_free_limit', '999GB'], ['set_disk_free_limit', '10MB']),
    symptom: isPublisherBlocked,
  },
  {
    ...common,
    id: 'rabbitmq.poison-message',
    row: '32',
    title: 'One message is refused and delivered again without end',
    does: 'queue jobs with dead letters: a worker refuses one message with requeue, again and again',
    causes: [[{ diagnosis: 'rabbitmq.poison-message', target: 'broker' }]],
    // Whose work the message is only people know.
    mitigation: 'ask',
    actions: ['rabbitmq.move-poison-message'],
    inject: (lab) =>
      work(lab, async (channel) => {
        await channel.prefetch(1);
        let isOver = false;
        await channel.consume(jobs, (message) => {
          if (message === null) return;
          const refuse = () => {
            if (!isOver) channel.nack(message, false, true);
          };
          void lab.clock.sleep(5).then(refuse);
        });
        channel.sendToQueue(jobs, Buffer.from('poison'), { messageId: 'poison' });
        await channel.waitForConfirms();
        return () => {
          isOver = true;
        };
      }),
  },
  {
    ...common,
    id: 'rabbitmq.consumers-gone',
    row: '32',
    title: 'The workers of a queue are gone, and its messages wait',
    does: 'queue jobs without a consumer; 20 messages a second come in',
    causes: [[{ diagnosis: 'rabbitmq.no-consumers', target: 'broker' }]],
    mitigation: 'explain',
    actions: [],
    inject: (lab) => work(lab, (channel) => publish(lab, channel, 20)),
  },
  {
    ...common,
    id: 'rabbitmq.slow-consumer',
    row: '32',
    title: 'A worker is slower than what comes in',
    does: 'queue jobs: 100 messages a second come in, its one worker does 10 a second',
    causes: [[{ diagnosis: 'rabbitmq.slow-consumers', target: 'broker' }]],
    mitigation: 'explain',
    actions: [],
    inject: (lab) =>
      work(lab, async (channel) => {
        await channel.prefetch(1);
        await takeSlowly(lab, channel, 100);
        return publish(lab, channel, 100);
      }),
  },
  {
    ...common,
    id: 'rabbitmq.stuck-consumer',
    row: '32',
    title: 'A worker takes messages and finishes none',
    does: 'queue jobs: 200 messages are delivered to a worker that acknowledges none',
    causes: [[{ diagnosis: 'rabbitmq.slow-consumers', target: 'broker' }]],
    mitigation: 'explain',
    actions: [],
    inject: (lab) =>
      work(lab, async (channel) => {
        await channel.consume(jobs, () => {});
        for (let n = 0; n < 200; n += 1) channel.sendToQueue(jobs, Buffer.from(`job ${n}`));
        await channel.waitForConfirms();
        return () => {};
      }),
  },
];

function brokerOf({ rabbitmq: found }: Lab) {
  if (found === undefined) throw new Error('this sandbox has no RabbitMQ');
  return found;
}

function limit(change: readonly string[], back: readonly string[]): Drill['inject'] {
  return async (lab) => {
    await brokerOf(lab).ctl(...change);
    return () => brokerOf(lab).ctl(...back);
  };
}

async function isPublisherBlocked(lab: Lab): Promise<boolean> {
  return brokerOf(lab).refuses(1_000);
}

/** What is done on a connection of its own; afterwards both queues are empty. */
async function work(lab: Lab, begin: (channel: ConfirmChannel) => Promise<() => void>): Promise<Undo> {
  const connection = await brokerOf(lab).connect();
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => {});
  const undo = async (end: () => void) => {
    end();
    await connection.close().catch(() => {});
    const cleaner = await brokerOf(lab).connect();
    const cleaning = await cleaner.createChannel();
    for (const queue of [jobs, deadJobs]) await cleaning.purgeQueue(queue);
    await cleaner.close();
  };
  try {
    const end = await begin(channel);
    return () => undo(end);
  } catch (error) {
    await undo(() => {}).catch(() => {});
    throw error;
  }
}

async function publish({ clock }: Lab, channel: Channel, perSecond: number): Promise<() => void> {
  let isOver = false;
  const loop = async () => {
    for (let n = 0; !isOver; n += 1) {
      channel.sendToQueue(jobs, Buffer.from(`job ${n}`));
      await clock.sleep(1_000 / perSecond);
    }
  };
  // Ended by the end of its connection at the latest.
  void loop().catch(() => {});
  return () => {
    isOver = true;
  };
}

async function takeSlowly({ clock }: Lab, channel: Channel, eachMs: number): Promise<void> {
  await channel.consume(jobs, (message) => {
    if (message === null) return;
    const done = () => channel.ack(message);
    // The connection may have ended meanwhile.
    void clock
      .sleep(eachMs)
      .then(done)
      .catch(() => {});
  });
}
