import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type DeviceReading, readDevices } from '../../../machine/block-devices.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

/** The mean of fewer requests says little. */
const fewRequests = 10;

export const devices: Probe<HostConnection> = {
  id: 'host.devices',
  summary: 'How long requests to disks take, and how busy each disk is',
  metrics: {
    'host.device.latency': {
      summary: 'Mean time a request to the disk took since the last look; 0 where there were hardly any',
      unit: 'seconds',
      kind: 'gauge',
    },
    'host.device.busy': {
      summary: 'Share of the time in which a request was under way',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.device.read': { summary: 'Bytes read from the disk', unit: 'bytes', kind: 'counter' },
    'host.device.written': { summary: 'Bytes written to the disk', unit: 'bytes', kind: 'counter' },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const elapsedMs = ctx.increase('elapsed', ctx.clock.monotonic());
      const all = await readDevices();
      return { ok: true, readings: all.flatMap((each) => readingsOf(each, elapsedMs, ctx)) };
    }),
};

function readingsOf(each: DeviceReading, elapsedMs: number | undefined, ctx: ProbeContext): Reading[] {
  const labels = { device: each.name };
  const requests = ctx.increase(`requests ${each.name}`, each.requests);
  const requestMs = ctx.increase(`request time ${each.name}`, each.requestMs);
  const busyMs = ctx.increase(`busy ${each.name}`, each.busyMs);
  const readings: Reading[] = [
    { metric: 'host.device.read', value: each.readBytes, labels },
    { metric: 'host.device.written', value: each.writtenBytes, labels },
  ];
  if (requests !== undefined && requestMs !== undefined) {
    const value = requests < fewRequests ? 0 : requestMs / requests / 1_000;
    readings.push({ metric: 'host.device.latency', value, labels });
  }
  if (busyMs !== undefined && elapsedMs !== undefined && elapsedMs > 0)
    readings.push({ metric: 'host.device.busy', value: Math.min(1, busyMs / elapsedMs), labels });
  return readings;
}
