/** What is wrong between a queue and those who take from it. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RabbitmqConnection } from '../client.ts';
import { lookAtQueues, onsetEvidence, onsetOf, seenIds } from './evidence.ts';

interface Told {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
  readonly unseen: readonly string[];
  readonly decides?: readonly string[];
  readonly nature?: 'capacity';
  readonly recommendations?: readonly Recommendation[];
}

function ofQueues(
  name: string,
  title: string,
  summary: string,
  explains: readonly string[],
  tell: (queue: Row, target: string) => Told | undefined,
): Diagnosis<RabbitmqConnection> {
  const id = `rabbitmq.${name}`;
  return {
    id,
    title,
    summary,
    explains,
    async gather(conn, target, ctx) {
      return [await lookAtQueues(conn, target, ctx), ...onsetEvidence(target, ctx, explains)];
    },
    conclude: (evidence, target) =>
      rowsOf(find(evidence, target, 'queues'))
        .filter((queue) => queue.isDeadLetters !== true)
        .flatMap((queue) => {
          const told = tell(queue, target);
          return told === undefined ? [] : [findingOf(id, told, evidence, target)];
        })
        .slice(0, 3),
  };
}

function findingOf(id: string, told: Told, evidence: readonly Evidence[], target: string): Finding {
  return {
    id,
    target,
    ...told,
    ...onsetOf(evidence, target),
    evidence: seenIds(evidence),
    unseen: [...unseenOf(evidence), ...told.unseen],
    recommendations: told.recommendations ?? [],
  };
}

/** Below this rate a refused message now and then is daily work. */
const leastRedeliveries = 1;
/** So many rounds a minute of every message there means that the same ones go round. */
const roundsAMinute = 6;

export const poisonMessage = ofQueues(
  'poison-message',
  'one message comes back without end',
  'The same message is refused and delivered again without end',
  ['rabbitmq.redelivery', 'rabbitmq.unacked', 'rabbitmq.backlog'],
  (queue, target) => {
    const redelivered = numberOf(queue.redeliverRate);
    const messages = Math.max(1, numberOf(queue.messages));
    const rounds = (redelivered * 60) / messages;
    if (redelivered < leastRedeliveries || rounds < roundsAMinute) return undefined;
    if (redelivered <= 2 * numberOf(queue.ackRate)) return undefined;
    return {
      summary: `the same ${messages === 1 ? 'message goes' : 'messages go'} round in ${queue.queue}: ${perSecond(redelivered)} redelivered, ${perSecond(numberOf(queue.ackRate))} acknowledged`,
      explanation: `${count(messages, 'message')} in the queue and ${perSecond(redelivered)} redelivered: each would be delivered again ${Math.round(rounds)} times a minute. A consumer refuses it with requeue, or ends each time it gets it, so the queue does not get shorter. ${
        queue.deadLettersGoTo === null
          ? 'The queue names no dead-letter exchange, so the message has no other place: declare one by a policy, or let the consumer reject without requeue.'
          : `Its dead letters go to ${queue.deadLettersGoTo}, where the message can be kept and read.`
      } Never purge: the other messages are work.`,
      confidence: numberOf(queue.ackRate) < redelivered / 10 ? 0.9 : 0.7,
      unseen: ['why the consumer refuses it: its own log says'],
      decides: [`the log of the consumers of ${queue.queue}: do they fail on one and the same message?`],
      recommendations:
        queue.deadLettersGoTo === null
          ? []
          : [
              {
                action: 'rabbitmq.move-poison-message',
                target,
                input: { queue: String(queue.queue) },
                why: 'one message goes to where dead letters are kept; the others are consumed again',
              },
            ],
    };
  },
);

export const noConsumers = ofQueues(
  'no-consumers',
  'nobody consumes a queue',
  'Messages wait in a queue that nobody consumes',
  ['rabbitmq.no-consumers', 'rabbitmq.backlog'],
  (queue) => {
    if (numberOf(queue.consumers) > 0 || numberOf(queue.ready) === 0) return undefined;
    return {
      summary: `nobody consumes ${queue.queue}: ${count(numberOf(queue.ready), 'message waits', 'messages wait')}`,
      explanation: `The queue has no consumer${numberOf(queue.publishRate) > 0 ? ` and ${perSecond(numberOf(queue.publishRate))} come in` : ''}. Its workers do not run, cannot log in, or consume from another queue. Start them; the messages are kept meanwhile.`,
      confidence: 0.9,
      unseen: ['why its workers are gone: their own log or target says'],
    };
  },
);

/** A consumer that acknowledges less than this share of what comes in falls behind. */
const keepsUp = 0.9;
const leastWaiting = 100;

export const slowConsumers = ofQueues(
  'slow-consumers',
  'consumers take less than what comes in',
  'Consumers take less than what comes in, or hold what they took',
  ['rabbitmq.backlog', 'rabbitmq.unacked'],
  (queue) => {
    const consumers = numberOf(queue.consumers);
    const published = numberOf(queue.publishRate);
    const acknowledged = numberOf(queue.ackRate);
    if (consumers === 0 || numberOf(queue.redeliverRate) > acknowledged) return undefined;
    const isHeld = numberOf(queue.unacked) >= leastWaiting && acknowledged === 0;
    const isBehind =
      numberOf(queue.ready) >= leastWaiting && published > 0 && acknowledged < published * keepsUp;
    if (!isHeld && !isBehind) return undefined;
    const many = count(consumers, 'consumer');
    return {
      summary: isHeld
        ? `the ${many} of ${queue.queue} hold ${queue.unacked} messages and acknowledge none`
        : `the ${many} of ${queue.queue} fall behind: ${perSecond(published)} in, ${perSecond(acknowledged)} done, ${queue.ready} wait`,
      explanation: isHeld
        ? 'They took messages and do not finish: they hang, or wait for something they need. Look at what the workers depend on before restarting them; a restart delivers the messages again.'
        : 'They work, and not fast enough for what comes in: either they became slower (look at what they depend on) or more is published than ever (compare the rate with its past); then more workers help.',
      confidence: isHeld ? 0.85 : 0.75,
      ...(isHeld ? {} : { nature: 'capacity' as const }),
      unseen: ['how long a worker needs for one message: its own metrics say'],
      decides: ['whether the publish rate or the time for one message has changed'],
    };
  },
);

function perSecond(rate: number): string {
  return `${Number(rate.toFixed(1))}/s`;
}
