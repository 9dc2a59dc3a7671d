import { often } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { TidbConnection } from '../client.ts';
import { idsOf } from './gather.ts';

const counters = ['tidb.clock.jumps_back', 'tidb.pd.clock_slow'] as const;
const spanMs = 60 * 60_000;

export const clockSkew: Diagnosis<TidbConnection> = {
  id: 'tidb.clock-skew',
  title: 'the clock of a machine is off',
  summary: 'On which machine the clock went back or fell behind',
  explains: ['tidb.clock', 'tidb.pd-clock', 'tidb.tso'],
  async gather(_conn, target, ctx) {
    return [await jumps(target, ctx)];
  },
  conclude,
};

async function jumps(target: string, ctx: DiagnosisContext): Promise<Evidence> {
  const to = ctx.clock.now();
  const rows = await Promise.all(
    counters.map(async (metric) => {
      const series = await ctx.history(target, metric, { from: to - spanMs, to });
      return series.map(({ labels, values, at }) => {
        const grown = values.findIndex((value, index) => index > 0 && value > (values[index - 1] ?? value));
        return {
          metric,
          instance: labels.instance ?? '',
          times: Math.max(0, (values.at(-1) ?? 0) - (values[0] ?? 0)),
          since: at[grown] ?? null,
        };
      });
    }),
  );
  const found = rows.flat();
  return {
    ...{
      id: `${target}.clocks`,
      target,
      title: 'Clocks that went back in the last hour',
      at: to,
      how: counters.join(', '),
    },
    table: tableOf(['metric', 'instance', 'times', 'since'], found),
    ...(found.length === 0
      ? { unseen: 'clocks are told by the metrics of TiDB and PD alone: status: and pd:, or prometheus:' }
      : {}),
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  return rowsOf(find(evidence, target, 'clocks'))
    .filter(({ times }) => numberOf(times) > 0)
    .map((row): Finding => {
      const isPd = row.metric === 'tidb.pd.clock_slow';
      return {
        id: 'tidb.clock-skew',
        target,
        summary: `the clock of ${isPd ? 'PD' : 'TiDB'} ${textOf(row.instance)} ${isPd ? 'fell behind its timestamps' : 'went back'} ${often(numberOf(row.times))} in the last hour`,
        explanation: `${isPd ? 'PD waits until the time has caught up before it hands out timestamps: every transaction waits.' : 'Leases and timeouts of this server go wrong meanwhile.'} Something sets the time of its machine in steps: two time services, a virtual machine that was moved or paused, or a hand.`,
        confidence: 0.9,
        ...(typeof row.since === 'number' ? { onset: row.since } : {}),
        evidence: idsOf(evidence, target),
        unseen: unseenOf(evidence),
        decides: [`chronyc tracking; chronyc sources; timedatectl on the machine of ${textOf(row.instance)}`],
        recommendations: [],
      };
    });
}
