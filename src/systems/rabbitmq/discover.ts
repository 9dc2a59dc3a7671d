import type { Proposal, Surroundings } from '../../core/system.ts';

/** The port of the management plugin; AMQP itself tells nothing of queues. */
const managementPort = 15_672;

/** A broker that listens here, or one that an amqp:// address names. */
export async function discover({ urls, listeners }: Surroundings): Promise<Proposal[]> {
  const named = urls.find(({ url }) => URL.canParse(url) && /^amqps?:$/.test(new URL(url).protocol));
  if (named !== undefined) {
    // The login stays where it is kept: a secret does not go into a file that people share.
    const url = `http://${new URL(named.url).hostname}:${managementPort}`;
    return [
      { name: 'rabbitmq', system: 'rabbitmq', config: { url }, found: `${named.variable} in ${named.from}` },
    ];
  }
  const here = listeners.find(
    ({ port, process }) => port === managementPort && /^(beam|erl|$)/.test(process ?? ''),
  );
  if (here === undefined) return [];
  const found = `listening on port ${managementPort} (management plugin of RabbitMQ)`;
  return [
    { name: 'rabbitmq', system: 'rabbitmq', config: { url: `http://127.0.0.1:${managementPort}` }, found },
  ];
}
