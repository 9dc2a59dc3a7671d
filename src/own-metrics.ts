/** Upkeep's own metrics in the Prometheus text format. */
import type { Pipeline } from './pipeline/index.ts';
import type { SampleBuffer } from './pipeline/sample-buffer.ts';

export function ownMetrics(of: {
  readonly pipeline: Pick<Pipeline, 'counts' | 'intake'>;
  readonly buffer: Pick<SampleBuffer, 'counts'>;
  readonly startedAt: number;
  readonly version: string;
}): string {
  const { runs, overruns, running } = of.pipeline.counts;
  const pushed = of.pipeline.intake.pushed.counts;
  const { rss, heapUsed } = process.memoryUsage();
  const cpu = process.cpuUsage();
  const rows: [string, string, string, number][] = [
    ['upkeep_checks_total', 'counter', 'Checks that were run.', runs],
    [
      'upkeep_checks_overrun_total',
      'counter',
      'Checks left out because their last run had not ended.',
      overruns,
    ],
    ['upkeep_checks_running', 'gauge', 'Checks under way.', running],
    ['upkeep_samples_total', 'counter', 'Samples taken in.', of.buffer.counts.taken],
    [
      'upkeep_samples_lost_total',
      'counter',
      'Samples lost because the store did not take them.',
      of.buffer.counts.lost,
    ],
    ['upkeep_pushed_points_total', 'counter', 'Points that were pushed.', pushed.points],
    [
      'upkeep_pushed_points_unclaimed_total',
      'counter',
      'Pushed points that belong to no target.',
      pushed.unclaimed,
    ],
    [
      'upkeep_pushed_points_stale_total',
      'counter',
      'Pushed points too old or from the future.',
      pushed.stale,
    ],
    ['process_start_time_seconds', 'gauge', 'When this process started.', of.startedAt / 1_000],
    ['process_resident_memory_bytes', 'gauge', 'Resident memory.', rss],
    ['nodejs_heap_used_bytes', 'gauge', 'Heap in use.', heapUsed],
    ['process_cpu_seconds_total', 'counter', 'CPU time used.', (cpu.user + cpu.system) / 1e6],
  ];
  const info = `# HELP upkeep_info The version.\n# TYPE upkeep_info gauge\nupkeep_info{version="${of.version}"} 1\n`;
  return (
    info +
    rows
      .map(
        ([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`,
      )
      .join('')
  );
}
