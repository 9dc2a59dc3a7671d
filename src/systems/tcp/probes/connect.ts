import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { type Conversation, converse, type TcpClient } from '../client.ts';

export const connectProbe: Probe<TcpClient> = {
  id: 'tcp.connect',
  summary: 'Connects and, where declared, compares the greeting or the answer',
  liveness: true,
  metrics: {
    'tcp.up': { summary: '1 when it connects and answers as declared, else 0', unit: 'state', kind: 'gauge' },
    'tcp.duration.total': {
      summary: 'From the name lookup to the expected text',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'tcp.duration.connect': { summary: 'TCP connect', unit: 'seconds', kind: 'gauge' },
  },
  async run(client, ctx) {
    const began = ctx.clock.monotonic();
    try {
      const seen = await converse(client, ctx);
      noteListener(client.to, ctx.clock);
      return judge(client, seen);
    } catch (error) {
      return { ok: false, ...networkFailure(error, client.to, ctx.clock.monotonic() - began) };
    }
  },
};

function judge(client: TcpClient, seen: Conversation): Outcome {
  const total = (seen.dnsSeconds ?? 0) + seen.connectSeconds + (seen.answerSeconds ?? 0);
  const readings: Reading[] = [
    { metric: 'tcp.up', value: seen.isAsExpected ? 1 : 0 },
    { metric: 'tcp.duration.total', value: total },
    { metric: 'tcp.duration.connect', value: seen.connectSeconds },
  ];
  const wanted = client.config.expect?.contains;
  const detail = seen.isAsExpected
    ? wanted === undefined
      ? 'connected'
      : 'answers as declared'
    : `connected; what came lacks ${JSON.stringify(wanted)}`;
  return { ok: true, readings, detail };
}
