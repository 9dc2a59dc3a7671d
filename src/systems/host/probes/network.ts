import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type InterfaceReading, readInterfaces, readTcp } from '../../../machine/interfaces.ts';
import { readPortUse } from '../../../machine/ports.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

/** Shares of fewer packets than this say nothing. */
const fewPackets = 1_000;

export const network: Probe<HostConnection> = {
  id: 'host.network',
  summary: 'Traffic, errors and drops of every interface; TCP segments sent again',
  metrics: {
    'host.network.received': { summary: 'Bytes received', unit: 'bytes', kind: 'counter', isTraffic: true },
    'host.network.sent': { summary: 'Bytes sent', unit: 'bytes', kind: 'counter' },
    'host.network.errors': {
      summary: 'Packets received or sent with errors',
      unit: 'count',
      kind: 'counter',
    },
    'host.network.drops': { summary: 'Packets dropped', unit: 'count', kind: 'counter' },
    'host.network.error-share': {
      summary: 'Packets with errors, of all',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.ports.used': {
      summary: 'Local ports used towards the busiest destination, of those the kernel gives out',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.tcp.resent-share': {
      summary: 'TCP segments sent again, of all sent',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const [interfaces, tcp, ports] = await Promise.all([readInterfaces(), readTcp(), readPortUse()]);
      const readings: Reading[] = interfaces.flatMap((each) => readingsOf(each, ctx));
      const sent = tcp && ctx.increase('segments', tcp.sentSegments);
      const again = tcp && ctx.increase('segments sent again', tcp.retransmittedSegments);
      if (sent !== undefined && again !== undefined) {
        const value = sent < fewPackets ? 0 : Math.min(1, again / sent);
        readings.push({ metric: 'host.tcp.resent-share', value });
      }
      if (ports !== undefined) {
        const value = Math.min(1, (ports.busiest?.used ?? 0) / (ports.to - ports.from + 1));
        readings.push({ metric: 'host.ports.used', value });
      }
      return { ok: true, readings };
    }),
};

function readingsOf(each: InterfaceReading, ctx: ProbeContext): Reading[] {
  const labels = { interface: each.name };
  const errors = each.receiveErrors + each.sendErrors;
  const moreErrors = ctx.increase(`errors ${each.name}`, errors);
  const packets = ctx.increase(`packets ${each.name}`, each.receivedPackets + each.sentPackets);
  const share =
    moreErrors === undefined || packets === undefined
      ? []
      : [
          {
            metric: 'host.network.error-share',
            value: packets < fewPackets ? 0 : Math.min(1, moreErrors / packets),
            labels,
          },
        ];
  return [
    { metric: 'host.network.received', value: each.receivedBytes, labels },
    { metric: 'host.network.sent', value: each.sentBytes, labels },
    { metric: 'host.network.errors', value: errors, labels },
    { metric: 'host.network.drops', value: each.receiveDrops + each.sendDrops, labels },
    ...share,
  ];
}
