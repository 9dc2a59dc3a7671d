import { loadByMetric, scalingMetrics, scalingReadings } from '../../../core/scaling/watch.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import type { ProcessFacts } from '../../../machine/processes.ts';
import type { ProcessConnection } from '../connection.ts';
import { locate } from '../locate.ts';

export const copies: Probe<ProcessConnection> = {
  id: 'process.copies',
  summary: 'With `scale`: how many copies run, their load, and how many there should be',
  metrics: scalingMetrics('process'),
  async run(conn, ctx) {
    const { watch } = conn;
    const { scale } = conn.config;
    if (watch === undefined || scale === undefined) return { ok: true, readings: [] };
    const located = await Promise.all(conn.copies.map((copy) => locate(copy.config, copy.folder)));
    const unclear = located.find(({ kind }) => kind === 'unseen' || kind === 'several');
    if (unclear && unclear.kind !== 'found')
      return { ok: false, why: 'broken-probe', detail: unclear.detail };
    const running = located.flatMap((one) => (one.kind === 'found' ? [one.facts] : []));
    const load = scale.metric ? loadByMetric(scale, running.length, ctx) : meanCpu(running, ctx);
    const { copies: wanted, reason } = watch.see(running.length, load, ctx.clock.now());
    return {
      ok: true,
      detail: `${running.length} of ${scale.min} to ${scale.max} copies run${wanted === running.length ? '' : `, ${wanted} are called for`} (${reason})`,
      readings: watch.last ? scalingReadings('process', scale, watch.last) : [],
    };
  },
};

/** Mean share of a core; undefined until each has been seen twice. */
function meanCpu(running: readonly ProcessFacts[], ctx: ProbeContext): number | undefined {
  const passed = ctx.increase('clock', ctx.clock.monotonic() / 1_000);
  const used = running.map(({ pid, startTicks, cpuSeconds }) =>
    ctx.increase(`${pid}:${startTicks}`, cpuSeconds),
  );
  const known = used.filter((seconds) => seconds !== undefined);
  if (passed === undefined || passed <= 0 || known.length === 0 || known.length < used.length)
    return undefined;
  return known.reduce((sum, seconds) => sum + seconds, 0) / known.length / passed;
}
