import { emptyInbox } from '../../core/inbox.ts';
import { defineSystem } from '../../core/system.ts';
import { receivedConfig } from './config.ts';
import { pushedProbe } from './probes/pushed.ts';
import { sourceProbe } from './probes/source.ts';
import { createReader, type Received } from './reader.ts';

export const received = defineSystem({
  kind: 'received',
  summary: 'Metrics of an application that are pushed: OTLP or Prometheus remote write',
  config: receivedConfig,
  connect: (config, ctx): Received => ({
    config,
    inbox: ctx.inbox ?? emptyInbox,
    read: createReader(config),
  }),
  close: async () => {},
  address: ({ from }) =>
    Object.entries(from)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  probes: [sourceProbe, pushedProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [],
  receive: ({ config, read }: Received) => ({
    claims: (origin) => Object.entries(config.from).every(([name, value]) => origin[name] === value),
    read,
  }),
});
