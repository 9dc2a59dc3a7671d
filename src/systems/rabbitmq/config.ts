import { z } from 'zod';

const isAddress = (text: string, protocols: RegExp): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  try {
    // A lone percent sign in a password cannot be decoded.
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return protocols.test(protocol);
};

export const rabbitmqConfig = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => isAddress(text, /^https?:$/),
      'must be the address of the management API such as http://user:password@host:15672; percent-encode special characters',
    )
    .meta({ secret: true })
    .describe('Address of the management plugin.'),
  amqp: z
    .string()
    .refine((text) => isAddress(text, /^amqps?:$/), 'must be a URL such as amqp://user:password@host:5672')
    .meta({ secret: true })
    .optional()
    .describe(
      'Where messages are moved over; the port that the management API names, with the same login, where left out.',
    ),
  command: z
    .array(z.string().min(1))
    .min(1)
    .default(['rabbitmqctl'])
    .describe(
      'How rabbitmqctl is run, without a shell: [sudo, -n, rabbitmqctl]. It alone knows and resets limits; needs Upkeep on the same machine.',
    ),
  deadLetterQueues: z
    .array(z.string().min(1))
    .default([])
    .describe('Queues of dead letters beside those that other queues name by their arguments or policies.'),
});

export type RabbitmqConfig = z.output<typeof rabbitmqConfig>;
